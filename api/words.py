"""What the document says of operations and their parameters."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_DATA: Final = _("顧客データ")
_FILES: Final = _("CSVの取り込み")

#: Operation → under which heading it stands.
HEADINGS: Final[Mapping[str, Promise]] = {
    "listItems": _DATA,
    "upsertRecords": _DATA,
    "listRecords": _DATA,
    "getRecord": _DATA,
    "deleteRecord": _DATA,
    "getState": _("kintoneへの連携の状態"),
    "importFile": _FILES,
    "getImport": _FILES,
    "getRefusedLines": _FILES,
}

#: Operation → what it is called, what it does.
OPERATIONS: Final[Mapping[str, tuple[Promise, Promise]]] = {
    "listItems": (
        _("項目の一覧"),
        _("対象データの項目を、カスタム項目も含めて返します。"),
    ),
    "upsertRecords": (
        _("データの追加と更新"),
        _(
            "外部IDが同じデータを更新し、ない場合は追加します。1回に1,000件まで送信できます。"
            "取り込めないデータは理由とともに返し、ほかのデータは取り込みます。"
            "送信しない項目の値は変わりません。nullまたは空の文字列を送信すると空になります。"
            "会社、部署、上位部署は、外部IDで指定します。"
        ),
    ),
    "listRecords": (
        _("データの一覧"),
        _(
            "IDの順に、すべての項目を返します。続きがある場合は、nextの値をafterに指定します。"
            "続きがない場合、nextはnullです。"
        ),
    ),
    "getRecord": (_("1件のデータ"), _("すべての項目を返します。")),
    "deleteRecord": (
        _("データの削除"),
        _(
            "hpsyncのデータを削除します。kintoneのレコードは削除されません。"
            "部署またはリードが属する会社と、下位の部署がある部署は削除できません。"
        ),
    ),
    "getState": (
        _("1件のデータの状態"),
        _("連携先のkintoneアプリごとに、連携済みか、待機中か、連携できない理由を返します。"),
    ),
    "importFile": (
        _("ファイルの送信"),
        _(
            "CSVファイルを、本文またはmultipart/form-dataのfileで送信します。"
            "列は、画面で前回選択した対応または見出しで判断します。"
            "大きなファイルは、応答の後も取り込みが続きます。"
            "状態は、応答のLocationヘッダーのアドレスで確認します。"
        ),
    ),
    "getImport": (
        _("取り込みの状態"),
        _("件数と、取り込めない行の理由を返します。"),
    ),
    "getRefusedLines": (
        _("取り込めない行のファイル"),
        _("理由を付けたCSVファイルです。修正して、もう一度送信できます。"),
    ),
}

PARAMETERS: Final[Mapping[str, Promise]] = {
    "record_type": _("対象データ"),
    "external_id": _("外部ID"),
    "run_id": _("取り込みのID"),
    "after": _("前のページのnext"),
    "limit": _("1ページの件数"),
    "updated_since": _(
        "この日時以降に変更されたデータだけを返します。関連するデータの変更も含みます。"
    ),
    "file_name": _("取り込みの結果に表示するファイル名"),
    "Idempotency-Key": _(
        "同じリクエストを二重に処理しないためのキー。24時間以内に同じキーで再送信すると、"
        "処理せずに前回の応答を返します。"
    ),
}

"""What puts a cause right for all of its records at once: one sentence, where there is one way.

By the problem's code; of a refusal of kintone `kintone.` and kintone's code. Only what is the same
for all records of a cause is named: the field, its limits.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_BY_ITSELF: Final = _("操作は不要です。自動で再試行します。")
_BY_TABLE: Final = _(
    "読み取れない値を値の変換表で置き換えるか、連携先を文字列（1行）のフィールドに変更してください。"
)
_TO_TEXT: Final = _(
    "値を修正しない場合は、連携先を文字列（1行）のフィールドに変更すると、すべて連携できます。"
)
_DATE: Final = _("データの日付を修正するか、連携先を文字列（1行）のフィールドに変更してください。")
_DUPLICATE: Final = _(
    "重複している値を修正するか、kintoneで「%(field)s」の［値の重複を禁止する］を外して"
    "［読み込み］を押してください。"
)
_TIES: Final = _("［kintoneユーザーとの対応］で、社員ごとにkintoneのユーザーを選択してください。")

REMEDIES: Final[Mapping[str, Promise]] = {
    "empty_key": _(
        "すべてのデータに値がある項目を、更新キー「%(field)s」に連携してください。"
        "そのままにする場合、操作は不要です。"
    ),
    "required_empty": _(
        "「%(field)s」の行で、値が空のときに入れる固定値を設定すると、すべて連携できます。"
    ),
    "required_without_rule": _("「%(field)s」に連携する項目または固定値を設定してください。"),
    "too_long": _(
        "kintoneで「%(field)s」の最大文字数を増やして［読み込み］を押すか、"
        "データの値を%(max)s文字以内に短くしてください。"
    ),
    "too_short": _(
        "kintoneで「%(field)s」の最小文字数を減らして［読み込み］を押すか、"
        "データの値を%(min)s文字以上にしてください。"
    ),
    "not_a_number": _BY_TABLE,
    "too_many_digits": _TO_TEXT,
    "too_many_integer_digits": _(
        "kintoneのアプリの設定で［数値と計算の精度］の全体の桁数を増やして"
        "［読み込み］を押してください。"
    ),
    "broken_character": _("取り込み元のデータで、途中で切れた文字を入力し直してください。"),
    "too_small": _(
        "kintoneで「%(field)s」の最小値を小さくして［読み込み］を押すか、"
        "データの値を%(min)s以上にしてください。"
    ),
    "too_large": _(
        "kintoneで「%(field)s」の最大値を大きくして［読み込み］を押すか、"
        "データの値を%(max)s以下にしてください。"
    ),
    "no_option": _(
        "値の変換表で選択肢に置き換えるか、kintoneで「%(field)s」に選択肢を追加して"
        "［読み込み］を押してください。"
    ),
    "several_values": _(
        "連携先を、複数の値を登録できるフィールド（チェックボックス、複数選択、テーブルなど）に"
        "変更してください。"
    ),
    "not_a_date": _BY_TABLE,
    "not_a_time": _BY_TABLE,
    "not_a_datetime": _BY_TABLE,
    "date_out_of_range": _DATE,
    "not_a_url": _TO_TEXT,
    "not_an_email": _TO_TEXT,
    "not_a_phone": _TO_TEXT,
    "no_login": _TIES,
    "key_taken": _(
        "重複しているデータを1件にまとめるか、データごとに値が異なる項目を更新キーに選択してください。"
    ),
    "value_taken": _DUPLICATE,
    "value_held": _DUPLICATE,
    "key_waits": _("操作は不要です。更新キーが空くと、自動で再試行します。"),
    "not_visible": _("連携ユーザーを変更するか、リードの公開範囲を変更してください。"),
    "kintone.GAIA_LO04": _(
        "関連付けるアプリにコピー元のレコードを登録するか、閲覧のアクセス権を追加してください。"
        "その後、自動で再試行します。"
    ),
    "kintone.GAIA_LO04.parent": _(
        "コピー元のデータを先に連携してください。その後、自動で再試行します。"
    ),
    "kintone.GAIA_IL26": _TIES,
    "kintone.GAIA_IL28": _(
        "値の変換表で、値をkintoneの組織コードまたはグループコードに置き換えてください。"
    ),
    "kintone.GAIA_CO02": _BY_ITSELF,
    "kintone.CB_VA01": _(
        "kintoneの「%(field)s」の設定を確認して［読み込み］を押すか、データの値を修正してください。"
    ),
    "kintone.CB_VA01.duplicate": _DUPLICATE,
    "kintone.kintone": _(
        "データを表示してkintoneの応答を確認し、値またはkintoneの設定を修正してください。"
    ),
}

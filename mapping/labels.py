"""kintone's words for its field types, and ours for what becomes of a value in a field."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.kintone.form import FieldType, FormField
from mapping.converters import Fit, Verdict

TYPE_LABELS: Final[Mapping[FieldType, Promise]] = {
    FieldType.SINGLE_LINE_TEXT: _("文字列（1行）"),
    FieldType.MULTI_LINE_TEXT: _("文字列（複数行）"),
    FieldType.RICH_TEXT: _("リッチエディター"),
    FieldType.NUMBER: _("数値"),
    FieldType.CALC: _("計算"),
    FieldType.RADIO_BUTTON: _("ラジオボタン"),
    FieldType.CHECK_BOX: _("チェックボックス"),
    FieldType.MULTI_SELECT: _("複数選択"),
    FieldType.DROP_DOWN: _("ドロップダウン"),
    FieldType.DATE: _("日付"),
    FieldType.TIME: _("時刻"),
    FieldType.DATETIME: _("日時"),
    FieldType.LINK: _("リンク"),
    FieldType.USER_SELECT: _("ユーザー選択"),
    FieldType.ORGANIZATION_SELECT: _("組織選択"),
    FieldType.GROUP_SELECT: _("グループ選択"),
    FieldType.FILE: _("添付ファイル"),
    FieldType.SUBTABLE: _("テーブル"),
    FieldType.REFERENCE_TABLE: _("関連レコード一覧"),
    FieldType.GROUP: _("グループ"),
    FieldType.RECORD_NUMBER: _("レコード番号"),
    FieldType.CREATOR: _("作成者"),
    FieldType.MODIFIER: _("更新者"),
    FieldType.CREATED_TIME: _("作成日時"),
    FieldType.UPDATED_TIME: _("更新日時"),
    FieldType.STATUS: _("ステータス"),
    FieldType.STATUS_ASSIGNEE: _("作業者"),
    FieldType.CATEGORY: _("カテゴリー"),
    FieldType.UNKNOWN: _("未対応の種類"),
}

VERDICT_LABELS: Final[Mapping[Verdict, Promise]] = {
    Verdict.FITS: _("そのまま"),
    Verdict.CONVERTS: _("変換"),
    Verdict.MAY_LOSE: _("一部失われる"),
    Verdict.IMPOSSIBLE: _("連携不可"),
}

VERDICT_TONES: Final[Mapping[Verdict, str]] = {
    Verdict.FITS: "plain",
    Verdict.CONVERTS: "plain",
    Verdict.MAY_LOSE: "warn",
    Verdict.IMPOSSIBLE: "err",
}

VERDICT_ICONS: Final[Mapping[Verdict, str]] = {
    Verdict.FITS: "check",
    Verdict.CONVERTS: "swap",
    Verdict.MAY_LOSE: "triangle",
    Verdict.IMPOSSIBLE: "cross",
}

#: What is said about a pair, by `Fit.note`.
NOTES: Final[Mapping[str, Promise]] = {
    "must_be_option": _("選択肢にない値はエラーになります。"),
    "options_apart": _(
        "選択肢にない値はエラーになります。改行や「、」で区切った複数の選択肢も読み取ります。"
    ),
    "flag_option": _("オンとオフを、対応する選択肢に変換します。"),
    "flag_needs_values": _("オンとオフにあたる選択肢を、値の変換表で指定してください。"),
    "only_one": _("値が2つ以上あるデータはエラーになります。"),
    "as_text": _("文字列に変換します。日時は日本時間です。"),
    "flag_words": _("「はい」「いいえ」に変換します。"),
    "flag_number": _("オンは1、オフは0に変換します。"),
    "user_name": _("氏名を連携します。"),
    "user_email": _("メールアドレスを連携します。"),
    "joined": _("複数の値を「、」でつなぎます。"),
    "one_a_line": _("複数の値を1行ずつ並べます。"),
    "line_breaks": _("改行は空白に変わります。"),
    "markup": _("文字の装飾は失われます。"),
    "escaped": _("文字をそのまま表示するHTMLに変換します。"),
    "app_digits": _("小数は、kintoneアプリに設定した桁数に丸められます。"),
    "number_text": _("数値として読めない値はエラーになります。先頭の0は失われます。"),
    "date_text": _("日付として読めない値はエラーになります。"),
    "time_text": _("時刻として読めない値はエラーになります。"),
    "datetime_text": _("日時として読めない値はエラーになります。日本時間として読み取ります。"),
    "to_minute": _("秒は切り捨てます。"),
    "midnight": _("その日の0:00（日本時間）に変換します。"),
    "time_of_day": _("時刻は失われます。"),
    "day": _("日付は失われます。"),
    "by_login": _("kintoneのログイン名を使用します。未登録の場合はメールアドレスを使用します。"),
    "login_text": _("値をkintoneのログイン名として使用します。"),
    "organization_text": _("値をkintoneの組織コードとして使用します。"),
    "group_text": _("値をkintoneのグループコードとして使用します。"),
    "url_text": _("URLとして読めない値はエラーになります。"),
    "email_text": _("メールアドレスとして読めない値はエラーになります。"),
    "phone_text": _("電話番号として読めない値はエラーになります。"),
    # Why a field does not take values of a kind.
    "no_choice": _("選択肢を指す値ではありません。"),
    "no_number": _("数値ではありません。"),
    "phone_digits": _("数値にすると、電話番号の先頭の0が失われます。"),
    "no_day": _("値に日付がありません。"),
    "no_time": _("値に時刻がありません。"),
    "no_person": _("kintoneのユーザーを指す値ではありません。"),
    "no_organization": _("kintoneの組織を指す値ではありません。"),
    "no_group": _("kintoneのグループを指す値ではありません。"),
    "no_url": _("URLではありません。"),
    "no_email": _("メールアドレスではありません。"),
    "no_phone": _("電話番号ではありません。"),
    # Why a field takes nothing.
    "system_field": _("kintoneが自動で設定するフィールドです。"),
    "auto_calculated": _("kintoneで［自動計算］が設定されています。"),
    "copied_by_lookup": _("ルックアップでコピーされるフィールドです。"),
    "choose_column": _("テーブル内のフィールドを選択してください。"),
    "no_files": _("添付ファイルの連携には対応していません。"),
}


def type_label(field: FormField) -> str:
    """The field's type in kintone's words; a lookup is one whatever its base type."""
    if field.is_lookup:
        return str(_("ルックアップ"))
    return str(TYPE_LABELS[field.type])


def note_text(fit: Fit) -> str:
    """What is to be said about the pair, "" if nothing."""
    return str(NOTES.get(fit.note, ""))

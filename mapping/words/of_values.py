"""Why one record's values are not sent."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from mapping.words.entry import Words

#: One value of one record cannot stand in its field (`mapping.converters`).
VALUES: Final[Mapping[str, Words]] = {
    "empty_key": Words(
        _("更新キーの値が空です"),
        _("「%(field)s」に連携する値がありません。値を入力すると連携します。"),
    ),
    "required_empty": Words(
        _("必須フィールドの値が空です"),
        _("「%(field)s」はkintoneの必須フィールドです。データに値を入力してください。"),
    ),
    "too_long": Words(
        _("文字数が上限を超えています"),
        _(
            "「%(value)s」は%(length)s文字です。「%(field)s」に登録できるのは%(max)s文字までです。"
            "値を短くするか、kintoneで上限を変更して［読み込み］を押してください。"
        ),
    ),
    "too_short": Words(
        _("文字数が足りません"),
        _(
            "「%(value)s」は%(length)s文字です。「%(field)s」には%(min)s文字以上が必要です。"
            "値を修正してください。"
        ),
    ),
    "not_a_number": Words(
        _("数値ではありません"),
        _("「%(value)s」は、数値フィールド「%(field)s」に登録できません。数字に修正してください。"),
    ),
    "too_many_digits": Words(
        _("数値の桁数が上限を超えています"),
        _(
            "「%(value)s」は、kintoneの数値の上限である%(max)s桁を超えています。"
            "値を修正するか、文字列（1行）のフィールドに連携してください。"
        ),
    ),
    "too_many_integer_digits": Words(
        _("数値の桁数が上限を超えています"),
        _(
            "「%(value)s」の整数部は、このkintoneアプリの上限である%(max)s桁を超えています。"
            "kintoneのアプリの設定で［数値と計算の精度］の全体の桁数を増やして［読み込み］を押すか、"
            "文字列（1行）のフィールドに連携してください。"
        ),
    ),
    "broken_character": Words(
        _("文字が壊れています"),
        _(
            "「%(field)s」に連携する値に、壊れた文字があります。"
            "絵文字などが途中で切れていないか確認し、値を入力し直してください。"
        ),
    ),
    "too_small": Words(
        _("数値が下限より小さい値です"),
        _("「%(value)s」は、「%(field)s」の下限の%(min)sより小さい値です。値を修正してください。"),
    ),
    "too_large": Words(
        _("数値が上限より大きい値です"),
        _("「%(value)s」は、「%(field)s」の上限の%(max)sより大きい値です。値を修正してください。"),
    ),
    "no_option": Words(
        _("値が選択肢にありません"),
        _(
            "「%(value)s」は、%(type)s「%(field)s」の選択肢にありません。値の変換表で選択肢に"
            "置き換えるか、kintoneに選択肢を追加して［読み込み］を押してください。"
        ),
    ),
    "several_values": Words(
        _("値が2つ以上あります"),
        _(
            "「%(value)s」のうち、%(type)s「%(field)s」に登録できるのは1つだけです。"
            "値を1つにするか、複数の値を選択できるフィールドに連携してください。"
        ),
    ),
    "not_a_date": Words(
        _("日付ではありません"),
        _("「%(value)s」を日付として読み取れません。「2026-01-31」のように修正してください。"),
    ),
    "not_a_time": Words(
        _("時刻ではありません"),
        _("「%(value)s」を時刻として読み取れません。「09:30」のように修正してください。"),
    ),
    "not_a_datetime": Words(
        _("日時ではありません"),
        _(
            "「%(value)s」を日時として読み取れません。"
            "「2026-01-31 09:30」のように修正してください。"
        ),
    ),
    "date_out_of_range": Words(
        _("kintoneで扱えない日付です"),
        _("「%(value)s」は、kintoneの日付の範囲（1000年から9999年）の外です。修正してください。"),
    ),
    "not_a_url": Words(
        _("URLではありません"),
        _("「%(value)s」は、リンク「%(field)s」に登録できません。URLに修正してください。"),
    ),
    "not_an_email": Words(
        _("メールアドレスではありません"),
        _(
            "「%(value)s」は、リンク「%(field)s」に登録できません。"
            "1つのメールアドレスに修正してください。"
        ),
    ),
    "not_a_phone": Words(
        _("電話番号ではありません"),
        _("「%(value)s」は、リンク「%(field)s」に登録できません。電話番号に修正してください。"),
    ),
    "no_login": Words(
        _("kintoneのログイン名がわかりません"),
        _(
            "「%(value)s」に、ログイン名もメールアドレスもありません。"
            "社員の［kintoneのログイン名］を入力してください。"
        ),
    ),
    "key_taken": Words(
        _("更新キーの値が重複しています"),
        _(
            "「%(label)s」と「%(other_label)s」の更新キーが、どちらも「%(key)s」です。"
            "どちらかの値を修正してください。kintoneには「%(other_label)s」だけを連携しています。"
        ),
        without=_("同じ更新キーのデータがほかにあります。どちらかの値を修正してください。"),
    ),
    "value_taken": Words(
        _("値がほかのデータと重複しています"),
        _(
            "フィールド「%(field)s」は値の重複を禁止していますが、「%(value)s」は"
            "「%(other_label)s」にもあります。どちらかの値を修正してください。"
            "kintoneには「%(other_label)s」だけを登録できます。"
        ),
        without=_(
            "値の重複を禁止したフィールドの値が、ほかのデータにもあります。修正してください。"
        ),
    ),
    "value_held": Words(
        _("値がkintoneのほかのレコードと重複しています"),
        _(
            "フィールド「%(field)s」は値の重複を禁止していますが、「%(value)s」は"
            "kintoneのレコード番号%(record)sにあります。どちらかの値を修正してください。"
        ),
        without=_(
            "値の重複を禁止したフィールドの値が、kintoneのほかのレコードにもあります。修正してください。"
        ),
    ),
    "key_waits": Words(
        _("更新キーが空くのを待っています"),
        _(
            "更新キー「%(value)s」をほかのデータが使用しています。"
            "そのデータの変更を連携した後に、自動で再試行します。"
        ),
    ),
    "not_visible": Words(
        _("連携ユーザーが参照できません"),
        _(
            "このリードは、連携ユーザーに公開されていません。"
            "公開範囲を変更すると、自動で再試行します。"
        ),
    ),
}

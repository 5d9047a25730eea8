"""Why a mapping cannot run, or what to know before it does."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from mapping.words.entry import Words

#: The mapping and the app's form do not go together (`mapping.checks`).
MAPPING: Final[Mapping[str, Words]] = {
    "field_gone": Words(
        _("連携先のフィールドがありません"),
        _(
            "フィールドコード「%(code)s」は、kintoneで変更または削除されています。"
            "連携先を選択し直してください。"
        ),
    ),
    "field_not_writable": Words(
        _("値を登録できないフィールドです"),
        _("「%(field)s」には連携できません。%(reason_text)s別のフィールドを選択してください。"),
    ),
    "kind_does_not_fit": Words(
        _("項目とフィールドの種類が合いません"),
        _(
            "この項目は、%(type)s「%(field)s」に連携できません。%(reason_text)s"
            "別のフィールドを選択してください。"
        ),
    ),
    "field_taken": Words(
        _("同じフィールドを2つ以上の項目に設定しています"),
        _("「%(field)s」を、1つの項目だけに設定してください。"),
    ),
    "item_taken": Words(
        _("同じ項目を2つ以上のフィールドに設定しています"),
        _("項目「%(item)s」の連携先を、1つのフィールドだけにしてください。"),
    ),
    "item_unknown": Words(
        _("連携する項目がありません"),
        _("項目「%(item)s」は削除されています。「%(field)s」に連携する項目を選択してください。"),
    ),
    "template_unreadable": Words(
        _("テンプレートを読み取れません"),
        _(
            "「%(field)s」のテンプレートに誤りがあります。"
            "「{family_name} {first_name}」のように、項目のキーを波かっこで囲んでください。"
        ),
    ),
    "rule_without_origin": Words(
        _("連携する値が決まっていません"),
        _("「%(field)s」に、項目、テンプレート、固定値のどれか1つを設定してください。"),
    ),
    "value_table_unreadable": Words(
        _("値の変換表を読み取れません"),
        _("「%(value)s」の行を、「元の値 → 連携する値」の形で入力してください。"),
    ),
    "fixed_empty": Words(
        _("固定値が空です"),
        _("「%(field)s」の固定値を入力してください。"),
    ),
    "no_unique_field": Words(
        _("更新キーにできるフィールドがありません"),
        _(
            "［値の重複を禁止する］を設定した文字列（1行）または数値のフィールドがありません。"
            "kintoneで設定して［アプリを更新］を押してから、［読み込み］を押してください。"
        ),
    ),
    "key_missing": Words(
        _("更新キーを選択していません"),
        _("更新キーにするフィールドを1つ選択してください。"),
    ),
    "key_gone": Words(
        _("更新キーのフィールドがありません"),
        _(
            "フィールドコード「%(code)s」は、kintoneで変更または削除されています。"
            "更新キーを選択し直してください。"
        ),
    ),
    "key_not_allowed": Words(
        _("更新キーにできないフィールドです"),
        _(
            "「%(field)s」に、kintoneで［値の重複を禁止する］を設定してください。"
            "設定できるのは文字列（1行）と数値です。設定後に［読み込み］を押してください。"
        ),
    ),
    "key_without_rule": Words(
        _("更新キーに連携する項目がありません"),
        _("更新キー「%(field)s」に連携する項目を選択してください。"),
    ),
    "key_fixed": Words(
        _("更新キーに固定値は使用できません"),
        _(
            "すべてのデータが同じレコードになります。「%(field)s」に連携する項目を選択してください。"
        ),
    ),
    "form_mismatch": Words(
        _("マッピングとkintoneのフォームが合いません"),
        _("項目のマッピングを開き、［マッピング設定を再読み込み］を押して確認してください。"),
    ),
    "form_not_loaded": Words(
        _("kintoneのフォームを読み込んでいません"),
        _("［読み込み］を押して、kintoneアプリのフィールドを取得してください。"),
    ),
    "required_without_rule": Words(
        _("必須フィールドに連携する項目がありません"),
        _(
            "「%(field)s」には、kintoneで%(min)s文字以上の値が必要です。このままでは新規のレコードを"
            "登録できません。項目または固定値を選択してください。"
        ),
        without=_(
            "「%(field)s」はkintoneの必須フィールドです。このままでは新規のレコードを"
            "登録できません。項目または固定値を選択してください。"
        ),
    ),
    "kept_empty": Words(
        _("値が空のデータは、新規に登録できません"),
        _(
            "「%(field)s」は、kintoneで必須または最小文字数が設定されたフィールドです。"
            "値が空のデータは、kintoneにレコードがあるときだけ連携できます。"
        ),
    ),
    "may_lose": Words(_("値の一部が失われます"), _("「%(field)s」：%(note_text)s")),
    "thirteen_digits": Words(
        _("13桁の数値は登録できないことがあります"),
        _(
            "このkintoneアプリの数値は、整数部が%(max)s桁までです。13桁の値はエラーになります。"
            "kintoneのアプリの設定で［数値と計算の精度］の全体の桁数を増やして［読み込み］を押すか、"
            "文字列（1行）に連携してください。"
        ),
        without=_(
            "kintoneの数値は、初期設定では整数部が12桁までです。kintoneのアプリの設定で"
            "［数値と計算の精度］の全体の桁数を確認するか、文字列（1行）に連携してください。"
        ),
    ),
    "lookup_unseen": Words(
        _("ルックアップの関連付けるアプリを参照できません"),
        _(
            "「%(field)s」のルックアップは、関連付けるアプリの閲覧のアクセス権が必要です。"
            "kintoneでアクセス権を追加するか、そのアプリのAPIトークンも登録してください。"
        ),
    ),
    "lookup_source": Words(
        _("ルックアップで値を取得します"),
        _(
            "「%(field)s」の値は、アプリID「%(app)s」の「%(key)s」に登録されている必要があります。"
            "登録されていないデータは、登録されるまで待ってから再試行します。"
        ),
    ),
    "unique_field": Words(
        _("値の重複を禁止したフィールドです"),
        _(
            "「%(field)s」の値が同じデータが2件以上あると、kintoneは1件しか登録しません。"
            "事前チェックで、重複しているデータを確認できます。"
        ),
    ),
    "table_replaced": Words(
        _("テーブルの行はすべて置き換わります"),
        _("連携のたびに、「%(field)s」の行を置き換えます。kintoneで追加した行は失われます。"),
    ),
    "table_kept": Words(
        _("テーブルの同じ内容の行を維持します"),
        _(
            "連携する列の値が同じ行は、そのほかの列の値とともに残します。値の異なる行や、kintoneで追加した行は"
            "失われます。添付ファイルの列は維持できません。"
            "書き込む前に「%(field)s」の行を読むため、送信1回につきAPIリクエストを1件多く使用します。"
        ),
    ),
    "rowsets_mixed": Words(
        _("異なる一覧を1つのテーブルに並べます"),
        _("「%(field)s」では、無関係な値が同じ行に並びます。別のテーブルに分けてください。"),
    ),
}

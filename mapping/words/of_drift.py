"""What is not any more in a form as it was when the rules were made on it (`mapping.drift`)."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from mapping.words.entry import Words

DRIFT: Final[Mapping[str, Words]] = {
    "drift.renamed": Words(
        _("フィールドコードが変更されました"),
        _(
            "「%(field)s」（%(code)s）は、「%(to)s」に変更されたと見られます。"
            "このフィールドの連携だけを止めています。"
        ),
    ),
    "drift.renamed_key": Words(
        _("更新キーのフィールドコードが変更されました"),
        _(
            "「%(field)s」（%(code)s）は、「%(to)s」に変更されたと見られます。"
            "連携先を変更するまで、この連携を止めています。"
        ),
    ),
    "drift.gone": Words(
        _("連携先のフィールドがなくなりました"),
        _(
            "「%(field)s」（%(code)s）は、kintoneで変更または削除されています。"
            "このフィールドの連携だけを止めています。連携先を選択し直してください。"
        ),
    ),
    "drift.gone_key": Words(
        _("更新キーのフィールドがなくなりました"),
        _(
            "「%(field)s」（%(code)s）は、kintoneで変更または削除されています。"
            "この連携を止めています。更新キーを選択し直してください。"
        ),
    ),
    "drift.retyped": Words(
        _("フィールドの種類が変更されました"),
        _(
            "「%(field)s」は、%(former_type)sから%(type)sに変わりました。"
            "kintoneで、これまでの値が失われた可能性があります。連携は続いています。"
        ),
    ),
    "drift.retyped_unfit": Words(
        _("フィールドの種類が変更されました"),
        _(
            "「%(field)s」は、%(former_type)sから%(type)sに変わり、値を登録できません。"
            "このフィールドの連携だけを止めています。連携先を選択し直してください。"
        ),
    ),
    "drift.retyped_key": Words(
        _("更新キーの種類が変更されました"),
        _(
            "「%(field)s」は、%(former_type)sから%(type)sに変わりました。"
            "レコードが重複しないように、この連携を止めています。"
            "kintoneのレコードに、更新キーの値があることを確認してください。"
        ),
    ),
    "drift.unwritable": Words(
        _("値を登録できないフィールドになりました"),
        _(
            "「%(field)s」には登録できません。%(reason_text)s"
            "このフィールドの連携だけを止めています。"
            "kintoneの設定を戻すか、連携先を選択し直してください。"
        ),
    ),
    "drift.unfit": Words(
        _("連携する値に合わないフィールドになりました"),
        _(
            "「%(field)s」の設定が、連携する値に合わなくなりました。"
            "このフィールドの連携だけを止めています。連携先または連携する値を変更してください。"
        ),
    ),
    "drift.key_not_unique": Words(
        _("更新キーにできないフィールドになりました"),
        _(
            "「%(field)s」は、［値の重複を禁止する］が外されたか、種類が変更されています。"
            "この連携を止めています。"
            "kintoneの設定を戻すか、更新キーを選択し直してください。"
        ),
    ),
    "drift.options_renamed": Words(
        _("選択肢の名前が変更されました"),
        _(
            "「%(field)s」の選択肢の名前が変更されたと見られます（%(value)s）。"
            "変更前の選択肢を持つデータは、エラーになります。"
        ),
    ),
    "drift.options_removed": Words(
        _("選択肢がなくなりました"),
        _(
            "「%(field)s」から選択肢が削除されました（%(value)s）。"
            "この選択肢を持つデータは、エラーになります。"
            "値の変換表で置き換えるか、kintoneに選択肢を追加してください。"
        ),
    ),
    "drift.required": Words(
        _("必須のフィールドが増えました"),
        _(
            "「%(field)s」が必須になりましたが、連携する項目がありません。"
            "新規のレコードは登録できません。項目または固定値を設定してください。"
        ),
    ),
    "drift.required_value": Words(
        _("必須のフィールドになりました"),
        _("「%(field)s」が必須になりました。値が空のデータは、エラーになります。"),
    ),
    "drift.unique": Words(
        _("値の重複が禁止されました"),
        _(
            "「%(field)s」に、［値の重複を禁止する］が設定されました。"
            "値が重複するデータは、エラーになります。"
        ),
    ),
    "drift.max_length": Words(
        _("フィールドの制限が厳しくなりました"),
        _("「%(field)s」は、%(limit)s文字までになりました。これより長い値は、エラーになります。"),
    ),
    "drift.min_length": Words(
        _("フィールドの制限が厳しくなりました"),
        _("「%(field)s」は、%(limit)s文字以上になりました。これより短い値は、エラーになります。"),
    ),
    "drift.max_value": Words(
        _("フィールドの制限が厳しくなりました"),
        _("「%(field)s」は、%(limit)s以下になりました。これより大きい値は、エラーになります。"),
    ),
    "drift.min_value": Words(
        _("フィールドの制限が厳しくなりました"),
        _("「%(field)s」は、%(limit)s以上になりました。これより小さい値は、エラーになります。"),
    ),
    "drift.protocol": Words(
        _("リンクの種類が変更されました"),
        _("「%(field)s」のリンクの種類が変わりました。形式の合わない値は、エラーになります。"),
    ),
    "drift.lookup": Words(
        _("ルックアップの設定が変更されました"),
        _(
            "「%(field)s」のコピー元が変わりました。"
            "コピー元のレコードがない値は、エラーになります。"
        ),
    ),
    "table_left_out": Words(
        _("テーブルの連携を止めています"),
        _(
            "テーブル「%(table)s」には、連携できない列があります。"
            "kintoneの行を失わないように、テーブル全体の連携を止めています。"
        ),
    ),
    "drift.changes": Words(
        _("kintoneのフォームが変更されました"),
        _("項目のマッピングを開き、変更の内容を確認してください。"),
    ),
}

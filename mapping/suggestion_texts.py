"""Why something is proposed, and what to look at before it is taken, in words."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mapping.suggestions import Doubt, Why

WHYS: Final[Mapping[Why, Promise]] = {
    Why.SAME_LABEL: _("名前が同じ"),
    Why.LABEL: _("名前の意味が同じ"),
    Why.CODE: _("フィールドコードが一致"),
    Why.LOOKUP_KEY: _("ルックアップのコピー元のキーが一致"),
    Why.OPTIONS: _("値がすべて選択肢にある"),
    Why.PARTS: _("複数の項目の組み合わせ"),
    Why.VALUES_FIT: _("サンプルの値も登録できる"),
}

DOUBTS: Final[Mapping[Doubt, Promise]] = {
    Doubt.NOT_ALL_READ: _("名前の一部が一致しません。同じ内容のフィールドか確認してください。"),
    Doubt.ONLY_CODE: _("フィールドコードだけが一致しています。"),
    Doubt.CODE_DIFFERS: _("フィールドコードは別の内容を表しています。"),
    Doubt.ONLY_OPTIONS: _("選択肢だけが一致しています。"),
    Doubt.LOOKUP_UNSEEN: _("ルックアップのコピー元のフィールドを確認できません。"),
    Doubt.LOOKUP_KEY_DIFFERS: _(
        "フィールド名と、ルックアップのコピー元のフィールドの内容が異なります。"
    ),
    Doubt.SOME_REFUSED: _("サンプルの一部の値がエラーになります。"),
    Doubt.ALL_REFUSED: _("サンプルの値がすべてエラーになります。値の変換表が必要です。"),
    Doubt.ALL_EMPTY: _("最新のデータに値がありません。連携するとフィールドが空になります。"),
    Doubt.UNTRIED: _("変換できるか確認できるデータがありません。"),
    Doubt.MAY_LOSE: _("値の一部が失われます。"),
    Doubt.JOINED: _("複数の値を1つのフィールドに入れます。"),
    Doubt.FLAG_WORDS: _("オンとオフを文字または数値に変換します。"),
    Doubt.FLAG_NEEDS_VALUES: _("オンとオフにあたる選択肢を、値の変換表で指定する必要があります。"),
    Doubt.THIRTEEN_DIGITS: _(
        "13桁の数値は、kintoneの初期設定では登録できません。文字列のフィールドを使用してください。"
    ),
    Doubt.TABLE_REPLACED: _("テーブルの行は、連携のたびにすべて置き換わります。"),
    Doubt.SEVERAL_FIELDS: _("ほかにも合うフィールドがあります。"),
    Doubt.TEMPLATE: _("1つの項目では埋められないため、テンプレートを使用します。"),
    Doubt.KEY_NOT_FILLED: _("サンプルに、値が空または重複しているデータがあります。"),
}


def why_text(why: Why) -> str:
    """The reason in the reader's language."""
    return str(WHYS[why])


def doubt_text(doubt: Doubt) -> str:
    """What to look at, in the reader's language."""
    return str(DOUBTS[doubt])

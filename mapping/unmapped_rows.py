"""The rows of items without a field, made without a template: they are most of a wide mapping."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from mapping.edit_page import Row

#: As `templates/mapping/row.html`, which says what each part is for.
_ROW: Final = (
    '<tr role="row" id="row-{number}" data-kind="{item_kind}" data-words="{words}"'
    ' data-show="all unmapped"{hidden}>'
    '<th role="rowheader" scope="row" class="line" id="item-{key}">'
    '<input type="hidden" name="item" value="{key}">'
    '<span class="strong" lang="{language}">{label}</span> '
    '<span class="muted nowrap">{kind}</span></th>'
    '<td role="cell" class="line">{choice}</td>'
    '<td role="cell">{update_key}</td>'
    '<td role="cell" class="line" lang="ja">{sample}</td></tr>\n'
)
_CHOICE: Final = (
    '<div class="pick"><select name="to:{key}" id="to-{number}" aria-label="{choice_label}"{focus}>'
    '<option value="">{none}</option>{options}</select>{opener}</div>'
)
_OPENER: Final = (
    '<button class="button button-small without-script" name="open" value="{key}">{choices}'
    '<span class="visually-hidden">{colon}{label}</span></button>'
)
_KEY: Final = (
    '<label class="choice"><input type="radio" name="key" value="{key}">'
    '<span class="visually-hidden">{key_label}</span>'
    '<span class="narrow-only" aria-hidden="true">{key_word}</span></label>'
)


def unmapped_rows(rows: Iterable["Row"]) -> SafeString:
    """The `<tr>`s, in the active language; every value in them is escaped."""
    words = {
        "none": escape(_("連携しない")),
        "choices": escape(_("選択肢を表示")),
        "colon": escape(_("：")),
        "key_word": escape(_("更新キー")),
        "language": "en" if (get_language() or "").startswith("en") else "ja",
    }
    no_choice = f'<span class="muted">{escape(_("連携できるフィールドがありません"))}</span>'
    return mark_safe("".join(_row(row, words, no_choice=no_choice) for row in rows))  # noqa: S308


def _row(row: "Row", words: dict[str, str], *, no_choice: str) -> str:
    said = {
        **words,
        "number": row.number,
        "item_kind": row.item.kind.value,
        "words": escape(row.words),
        "hidden": "" if row.is_shown else " hidden",
        "key": escape(row.item.key),
        "label": escape(row.item.label),
        "kind": escape(row.kind),
        "choice_label": escape(row.choice_label),
        "key_label": escape(row.key_label),
        "focus": " data-focus autofocus" if row.is_open else "",
        "options": conditional_escape(row.options),
        "sample": escape(row.sample.before) if row.sample else "",
    }
    said["opener"] = "" if row.is_whole else _OPENER.format_map(said)
    said["choice"] = _CHOICE.format_map(said) if row.has_choices else no_choice
    said["update_key"] = _KEY.format_map(said) if row.may_be_key else ""
    return _ROW.format_map(said)

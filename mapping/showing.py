"""Which rows of the mapping page are shown, and which of them carry all their choices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.searching.texts import words_of
from mapping.options import Choices

if TYPE_CHECKING:
    from mapping.edit_page import Row

#: So many choices all rows together may carry; beyond, a row has those that it needs, and all of
#: them when it is opened. The page's script needs none: it has each field once (`choice_list`).
MOST_CHOICES: Final = 1000

#: What the script makes the settings of a row from; it puts the row's own in place of these.
BLANK_ROW: Final = {
    "number": "__number__",
    "item": {"key": "__key__", "label": "__label__"},
    "rule": {"table": True, "empty": "clear", "empty_value": "", "keep_rows": False},
    "place": {"path": "__path__"},
    "value_table": "",
    "takes_options": True,
    "is_open": True,
}


class Show(models.TextChoices):
    """Which rows the page shows."""

    ALL = "all", _("すべて")
    PROBLEMS = "problems", _("要確認")
    UNMAPPED = "unmapped", pgettext_lazy("判定", "未設定")
    MAPPED = "mapped", _("設定済み")


def belongs(row: "Row", show: Show) -> bool:
    """Whether the row is one of those."""
    if show is Show.MAPPED:
        return row.rule is not None
    if show is Show.UNMAPPED:
        return row.rule is None
    return show is Show.ALL or row.has_problems


def shown(
    rows: Sequence["Row"], *, choices: Choices, show: Show, search: str, opened: str
) -> Iterator["Row"]:
    """The rows, those hidden that are not asked for, with as many choices as they carry.

    Hidden ones are sent all the same: what was chosen in them is not lost under a filter.

    Args:
        opened: The item whose row was opened, "" if none.
    """
    words = words_of(search)
    marked = [
        replace(
            row,
            is_shown=belongs(row, show) and all(word in row.words for word in words),
            is_open=row.item.key == opened,
        )
        for row in rows
    ]
    asked_for = [row for row in marked if row.is_shown]
    all_whole = _choices_in(asked_for, choices) <= MOST_CHOICES
    for row in marked:
        if row.is_open or (row.is_shown and all_whole):
            options = choices.whole(row.item.kind, chosen=row.chosen)
            yield replace(row, options=options, is_whole=True)
        else:
            yield row


def _choices_in(rows: Iterable["Row"], choices: Choices) -> int:
    return sum(len(choices.fitting(row.item.kind)) for row in rows)

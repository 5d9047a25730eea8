"""All fields of an app once, as the mapping page's script offers them for every item."""

import json
from collections.abc import Iterable
from typing import Final

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.types import Kind
from mapping.converters import Fit, Verdict
from mapping.labels import VERDICT_LABELS, note_text
from mapping.options import Choices, Place
from mapping.readings import reading

#: Never ends the script element that the text stands in, nor begins a comment in it.
_ESCAPES: Final = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def choice_list(choices: Choices, *, kinds: Iterable[Kind]) -> SafeString:
    """JSON for a `<script type="application/json">`, which a browser never runs.

    `fields`: what is said of each field, in the order of the form, the columns of tables last.
    `fits`: kind of item → for each field which of `notes` is said of the pair; `notes`: whether it
    may be chosen, and the words. `taken`: field → what fills it. `words`: the script's own.
    """
    notes: dict[Fit, int] = {}
    fits = {
        kind.value: [notes.setdefault(fit, len(notes)) for fit in choices.fits(kind)]
        for kind in dict.fromkeys(kinds)
    }
    told = {
        "fields": [_field(place) for place in choices.places],
        "fits": fits,
        "notes": [[int(fit.possible), _said(fit)] for fit in notes],
        "taken": dict(choices.taken),
        "words": _words(),
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_ESCAPES))  # noqa: S308 — escaped


def _field(place: Place) -> list[object]:
    """Path, name, type with marks, the table's name, whether it may be the key, its reading."""
    label = place.field.label or place.field.code
    said = reading(label)
    return [
        place.path,
        place.own_name,
        "　".join([place.type_label, *place.marks]),
        (place.table.label or place.table.code) if place.table else "",
        int(place.can_be_key),
        said if said != label else "",
    ]


def _said(fit: Fit) -> str:
    """Of a field that is none why not; of another what becomes of values, "" if nothing."""
    if not fit.possible:
        return note_text(fit)
    return "" if fit.verdict is Verdict.FITS else str(VERDICT_LABELS[fit.verdict])


def _words() -> dict[str, object]:
    return {
        "none": _("連携しない"),
        "taken": _("「%s」に設定済み"),
        "table": _("テーブル：%s"),
        "unfit": _("連携できないフィールド"),
        "cannot": _("このフィールドには連携できません。%s"),
        "found": _("選択できるフィールド：%s個"),
        "nothing": _("該当するフィールドはありません。"),
        "chosen": _("「%s」を選択しました。"),
        "cleared": _("連携しない設定にしました。"),
    }

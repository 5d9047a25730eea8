"""The fields of an app as a mapping page offers them: choices by kind, and why others are none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.types import Kind
from common.wording import in_brackets, listed
from crm.labels import kind_label
from integrations.kintone.form import FieldType, Form, FormField
from mapping.converters import Fit, fit, fit_in_table, unwritable
from mapping.converters.choices import fitting_flag_options
from mapping.labels import NOTES, type_label


@dataclass(frozen=True, kw_only=True)
class Place:
    """A field that a value can go to, or not; `path` is its code, with its table's before a dot.

    Its words are found once, in the language of the moment: it lives as long as a page.
    """

    path: str
    table: FormField | None
    field: FormField

    @cached_property
    def own_name(self) -> str:
        """Its label, with the field code where that says something else; without its table."""
        label = self.field.label or self.field.code
        return label if label == self.field.code else f"{label}{in_brackets(self.field.code)}"

    @cached_property
    def name(self) -> str:
        """The same, after the name of its table."""
        own = self.own_name
        return f"{self.table.label or self.table.code}{_('：')}{own}" if self.table else own

    @cached_property
    def type_label(self) -> str:
        """Its type in kintone's words."""
        return type_label(self.field)

    @cached_property
    def marks(self) -> list[str]:
        """What kintone demands of its values."""
        marks = [_("必須")] if self.field.required else []
        return [*marks, _("重複禁止")] if self.field.unique else marks

    @cached_property
    def description(self) -> str:
        """Label, code, type and marks on one line."""
        return "　".join([self.name, self.type_label, *self.marks])

    @property
    def reason(self) -> str:
        """Why nothing can go there, "" if something can."""
        note = unwritable(self.field)
        return str(NOTES[note]) if note else ""

    @cached_property
    def can_be_key(self) -> bool:
        """Whether it may be the update key."""
        return self.table is None and self.field.can_be_update_key

    def fit(self, kind: Kind) -> Fit:
        """What becomes of values of this kind there."""
        return (fit_in_table if self.table else fit)(kind, self.field)

    @property
    def kinds(self) -> str:
        """The kinds of items that fit there, in words."""
        kinds = [kind for kind in Kind if self.fit(kind).possible]
        if len(kinds) == len(Kind):
            return _("すべて")
        return listed(map(kind_label, kinds))


_CHOSEN: Final = '<option value="{}" selected>{}</option>'
#: Fields that hold no value of a record: not worth a line anywhere.
_NO_VALUE = (FieldType.GROUP, FieldType.SUBTABLE, FieldType.REFERENCE_TABLE)


def places_of(form: Form) -> tuple[Place, ...]:
    """Every field of the form that holds a value, the columns of tables after all others."""
    plain = [
        Place(path=code, table=None, field=field)
        for code, field in form.fields.items()
        if field.type not in _NO_VALUE
    ]
    columns = [
        Place(path=f"{table.code}.{code}", table=table, field=column)
        for table in form.fields.values()
        for code, column in table.columns.items()
    ]
    return (*plain, *columns)


class Choices:
    """What the fields of an app are to items of each kind; each found once per page."""

    def __init__(self, places: tuple[Place, ...], *, taken: Mapping[str, str]) -> None:
        """`taken`: path → label of the item that fills it."""
        self.places = places
        self.taken = taken
        self.fits = cache(self._fits)
        self.fitting = cache(self._fitting)
        self._texts = cache(self._texts_of)
        self._numbers = {place.path: number for number, place in enumerate(places)}
        self._alike = [_alike(place) for place in places]

    def can_hold_key(self, kind: Kind) -> bool:
        """Whether an item of the kind can go into a field that may be the update key."""
        return any(place.can_be_key for place in self.fitting(kind))

    def whole(self, kind: Kind, *, chosen: str) -> SafeString:
        """`<option>`s of the fitting fields, tables grouped, and of `chosen` wherever it is."""
        html = "".join(self._grouped(kind, chosen=chosen))
        if chosen and not self._takes(chosen, kind):
            html += self.only(kind, chosen=chosen)
        return mark_safe(html)  # noqa: S308 — made of escaped parts

    def only(self, kind: Kind, *, chosen: str) -> SafeString:
        """The `<option>` of `chosen` alone, even where it is gone or unfit."""
        if not chosen:
            return mark_safe("")
        if chosen not in self._numbers:
            name = _("%(code)s　（kintoneにないフィールド）") % {"code": chosen}
            return format_html(_CHOSEN, chosen, name)
        place = self.places[self._numbers[chosen]]
        name = place.description
        if not self._takes(chosen, kind):
            name = _("%(field)s　（連携不可）") % {"field": name}
        html = '<option value="{}" data-key selected>{}</option>' if place.can_be_key else _CHOSEN
        return format_html(html, chosen, name)

    def _takes(self, path: str, kind: Kind) -> bool:
        number = self._numbers.get(path)
        return number is not None and self.fits(kind)[number].possible

    def _fits(self, kind: Kind) -> tuple[Fit, ...]:
        """What becomes of values of the kind in each field, in the order of `places`."""
        found: dict[tuple[object, ...], Fit] = {}
        fits = []
        for place, alike in zip(self.places, self._alike, strict=True):
            if alike not in found:
                found[alike] = place.fit(kind)
            fits.append(found[alike])
        return tuple(fits)

    def _fitting(self, kind: Kind) -> tuple[Place, ...]:
        fits = zip(self.places, self.fits(kind), strict=True)
        return tuple(place for place, fit in fits if fit.possible)

    def _texts_of(self, kind: Kind) -> tuple[tuple[Place, str, str], ...]:
        return tuple(
            (place, escape(place.path), escape(place.description)) for place in self.fitting(kind)
        )

    def _grouped(self, kind: Kind, *, chosen: str) -> Iterator[str]:
        table: FormField | None = None
        for place, value, text in self._texts(kind):
            if place.table is not None and place.table is not table:
                if table is not None:
                    yield "</optgroup>"
                table = place.table
                label = escape(_("テーブル：%(name)s") % {"name": table.label or table.code})
                yield f'<optgroup label="{label}">'
            key = " data-key" if place.can_be_key else ""
            if place.path == chosen:
                yield f'<option value="{value}"{key} selected>{text}</option>'
            else:
                taken_by = self._taken_by(place.path)
                yield f'<option value="{value}"{key}>{text}{taken_by}</option>'
        if table is not None:
            yield "</optgroup>"

    def _taken_by(self, path: str) -> str:
        label = self.taken.get(path)
        return escape(_("　（「%(item)s」に設定済み）") % {"item": label}) if label else ""


def _alike(place: Place) -> tuple[object, ...]:
    """The same for fields of which the same becomes of values of any kind."""
    field = place.field
    return (
        *(place.table is None, field.type, field.protocol, unwritable(field)),
        fitting_flag_options(field.options),
    )

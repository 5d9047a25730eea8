"""The fields of an app as a mapping page offers them: choices by kind, and why others are none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.types import Kind
from common.wording import in_brackets, listed
from crm.labels import kind_label
from integrations.kintone.form import FieldType, Form, FormField
from mapping.converters import Fit, fit, fit_in_table, unwritable
from mapping.labels import NOTES, type_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field that a value can go to, or not; `path` is its code, with its table's before a dot."""

    path: str
    table: FormField | None
    field: FormField

    @property
    def name(self) -> str:
        """Its label, with the field code where that says something else."""
        label = self.field.label or self.field.code
        name = label if label == self.field.code else f"{label}{in_brackets(self.field.code)}"
        return f"{self.table.label or self.table.code}{_('：')}{name}" if self.table else name

    @property
    def type_label(self) -> str:
        """Its type in kintone's words."""
        return type_label(self.field)

    @property
    def marks(self) -> list[str]:
        """What kintone demands of its values."""
        marks = [_("必須")] if self.field.required else []
        return [*marks, _("重複禁止")] if self.field.unique else marks

    @property
    def description(self) -> str:
        """Label, code, type and marks on one line."""
        return "　".join([self.name, self.type_label, *self.marks])

    @property
    def reason(self) -> str:
        """Why nothing can go there, "" if something can."""
        note = unwritable(self.field)
        return str(NOTES[note]) if note else ""

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
    """The `<option>`s of each kind of item, made once per kind and page."""

    def __init__(self, places: tuple[Place, ...], *, taken: Mapping[str, str]) -> None:
        """`taken`: path → label of the item that fills it."""
        self._places = places
        self._taken = taken
        self.fitting = cache(self._fitting)
        self._texts = cache(self._texts_of)

    def can_hold_key(self, kind: Kind) -> bool:
        """Whether an item of the kind can go into a field that may be the update key."""
        return any(place.field.can_be_update_key for place in self.fitting(kind) if not place.table)

    def html(self, kind: Kind, *, chosen: str) -> SafeString:
        """The fitting fields, tables grouped, and `chosen` even where it is gone or unfit."""
        html = "".join(self._grouped(kind, chosen=chosen))
        if chosen and not any(place.path == chosen for place in self.fitting(kind)):
            html += format_html(
                '<option value="{}" selected>{}</option>',
                chosen,
                self._name_of_unfit(chosen),
            )
        return mark_safe(html)  # noqa: S308 — made of escaped parts

    def _fitting(self, kind: Kind) -> tuple[Place, ...]:
        return tuple(place for place in self._places if place.fit(kind).possible)

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
            key = " data-key" if place.field.can_be_update_key and not place.table else ""
            if place.path == chosen:
                yield f'<option value="{value}"{key} selected>{text}</option>'
            else:
                taken_by = self._taken_by(place.path)
                yield f'<option value="{value}"{key}>{text}{taken_by}</option>'
        if table is not None:
            yield "</optgroup>"

    def _taken_by(self, path: str) -> str:
        label = self._taken.get(path)
        return escape(_("　（「%(item)s」に設定済み）") % {"item": label}) if label else ""

    def _name_of_unfit(self, path: str) -> str:
        for place in self._places:
            if place.path == path:
                return _("%(field)s　（連携不可）") % {"field": place.description}
        return _("%(code)s　（kintoneにないフィールド）") % {"code": path}

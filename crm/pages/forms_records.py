"""The form for one row of customer data, made of the items that may be filled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from common.types import ItemValue, ItemValues, Kind, RecordType, UserRef
from crm.catalogue import Item, items_of
from crm.catalogue.lead import VISIBILITY_NAMES
from crm.models import Lead, Member
from crm.templatetags.customer_data import shown
from crm.writing.results import IncomingRow, RowProblem

#: Other names of rows that the form already names, by e-mail or by external ID.
NOT_EDITED = frozenset({"owner.name", "company.name", "company.corporate_number"})
LONG_KINDS = frozenset({Kind.LONG_TEXT, Kind.RICH_TEXT})
SEVERAL_KINDS = frozenset({Kind.CHOICES, Kind.ROWS, Kind.USERS})
INPUT_TYPES: Mapping[Kind, str] = {
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DATETIME: "datetime-local",
    Kind.EMAIL: "email",
    Kind.PHONE: "tel",
}


def edited_items(record_type: RecordType) -> list[Item]:
    """The items of a type that the form shows."""
    return [item for item in items_of(record_type) if item.writable and item.key not in NOT_EDITED]


class RecordForm(forms.Form):
    """A row's items as fields; which values fit is for `crm.writing` to say."""

    def __init__(self, data: Any = None, *, items: Sequence[Item], values: ItemValues) -> None:
        initial = {item.key: as_input(values.get(item.key), kind=item.kind) for item in items}
        super().__init__(data, initial=initial)
        for item in items:
            self.fields[item.key] = _field(item, current=initial[item.key])

    def changes(self) -> IncomingRow:
        """The items that the person changed, with what was typed."""
        return {key: self.cleaned_data[key] for key in self.changed_data}

    def refuse(self, problems: Sequence[RowProblem]) -> None:
        """Say beside each field why its value was refused."""
        for problem in problems:
            known = problem.item in self.fields
            self.add_error(
                problem.item if known else None, problem.reason if known else str(problem)
            )


def as_input(value: ItemValue, *, kind: Kind) -> object:
    """The value as its input shows it."""
    if isinstance(value, UserRef):
        return value.email
    if isinstance(value, tuple):
        return "\n".join(part.email if isinstance(part, UserRef) else part for part in value)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date | time):
        return value.isoformat()
    return value if kind is Kind.FLAG else shown(value)


def _field(item: Item, *, current: object) -> forms.Field:
    if item.kind is Kind.FLAG:
        return forms.BooleanField(label=item.label, required=False)
    if item.key == "owner.email":
        return _choice(item, _members(), current=current, label=_("営業担当者"))
    if item.kind is Kind.USER:
        return _choice(item, _members(), current=current)
    if item.key == "visibility":
        names = [(VISIBILITY_NAMES[value], label) for value, label in Lead.Visibility.choices]
        return _choice(item, names, current=current)
    return forms.CharField(
        label=item.label,
        required=item.required,
        strip=False,
        help_text=_("1行に1つずつ入力してください。") if item.kind in SEVERAL_KINDS else "",
        error_messages={"required": _("%sを入力してください。") % item.label},
        widget=_widget(item),
    )


def _choice(
    item: Item, choices: Sequence[tuple[str, Any]], *, current: object, label: str = ""
) -> forms.Field:
    blank = [] if item.key == "visibility" else [("", _("なし"))]
    # A value that is not on offer any more stays, for as long as nobody chooses another.
    gone = current and current not in [value for value, _label in choices]
    return forms.ChoiceField(
        label=label or item.label,
        required=item.required,
        choices=[*blank, *choices, *([(current, current)] if gone else [])],
    )


def _members() -> list[tuple[str, str]]:
    members = Member.objects.order_by("-active", "name").values_list("email", "name")
    return [(email, f"{name}（{email}）") for email, name in members]


def _widget(item: Item) -> forms.Widget:
    if item.kind in LONG_KINDS or item.kind in SEVERAL_KINDS:
        return forms.Textarea(attrs={"rows": 3})
    widget = forms.TextInput()
    widget.input_type = INPUT_TYPES.get(item.kind, "text")
    if item.kind is Kind.DATETIME:
        widget.attrs["step"] = "1"
    return widget

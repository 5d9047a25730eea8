"""What a record in kintone holds, against what we would send: alike, or which cells are not.

kintone stores some values in another form than they came in (kintone-api.md §5): numbers without
idle zeros and with the app's decimals, moments in UTC without seconds, options in the order of the
field, users with their names, rows with ids. None of that is a difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from integrations.kintone.form import FieldType, Form, FormField
from integrations.kintone.values import JsonValue, Record
from mapping.converters.markup import without_markup
from mapping.converters.refusals import ValueRefusedError
from mapping.converters.values import plain_number

_EMPTY: tuple[JsonValue, ...] = (None, "", [])
_NEW_APP_DECIMALS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field in which kintone and we differ."""

    field: str
    ours: JsonValue
    kintone: JsonValue


def differences(sent: Record, held: Mapping[str, JsonValue], *, form: Form) -> tuple[Cell, ...]:
    """The cells of `sent` that kintone holds otherwise; a field that is gone is left to others.

    Args:
        sent: Field code → what we would send, as in `mapping.payload`.
        held: Field code → kintone's value, as `KintoneClient.get_records` reads it.
    """
    return tuple(
        Cell(field=code, ours=value, kintone=held[code])
        for code, value in sent.items()
        if code in form.fields
        and code in held
        and not is_same(value, held[code], field=form.fields[code])
    )


def is_same(ours: JsonValue, theirs: JsonValue, *, field: FormField) -> bool:
    """Whether kintone holds what we would send, in whatever form."""
    if ours in _EMPTY or theirs in _EMPTY:
        return ours in _EMPTY and theirs in _EMPTY
    match field.type:
        case FieldType.NUMBER:
            return _same_number(str(ours), str(theirs), field=field)
        case FieldType.DATETIME:
            return _minute(str(ours)) == _minute(str(theirs))
        case FieldType.CHECK_BOX | FieldType.MULTI_SELECT:
            return set(_listed(ours)) == set(_listed(theirs))
        case FieldType.USER_SELECT | FieldType.ORGANIZATION_SELECT | FieldType.GROUP_SELECT:
            return _codes(ours) == _codes(theirs)
        case FieldType.SUBTABLE:
            return _same_rows(_listed(ours), _listed(theirs), field=field)
        case FieldType.RICH_TEXT:
            # kintone cleans the markup in ways of its own.
            return without_markup(str(ours)).split() == without_markup(str(theirs)).split()
        case _:
            return _lines(ours) == _lines(theirs)


def as_compared(held: JsonValue, *, field: FormField) -> str:
    """A value that kintone holds, in the form in which it tells values from one another."""
    text = "" if held is None else str(held)
    if field.type is not FieldType.NUMBER:
        return text
    try:
        return plain_number(Decimal(text))
    except (InvalidOperation, ValueRefusedError):
        return text


def _same_number(ours: str, theirs: str, *, field: FormField) -> bool:
    """Equal as numbers, once ours has no more decimals than kintone keeps."""
    try:
        mine, held = Decimal(ours), Decimal(theirs)
    except InvalidOperation:
        return ours == theirs
    # How kintone rounds is a setting of the app: either neighbour will do.
    return mine == held or abs(mine - held) < _step(held, field)


def _step(held: Decimal, field: FormField) -> Decimal:
    """The distance of the neighbours between which the app rounds, as far as it is known."""
    if field.precision is not None:
        return Decimal(1).scaleb(-field.precision.decimals)
    shown = held.as_tuple().exponent
    assert isinstance(shown, int)  # kintone has no infinities
    # kintone drops idle zeros: what shows no decimals may be rounded too.
    return Decimal(1).scaleb(shown if shown < 0 else -_NEW_APP_DECIMALS)


def _minute(text: str) -> datetime | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else []


def _codes(value: JsonValue) -> set[object]:
    return {one.get("code") for one in _listed(value) if isinstance(one, Mapping)}


def _lines(value: JsonValue) -> str:
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _same_rows(ours: Sequence[JsonValue], theirs: Sequence[JsonValue], *, field: FormField) -> bool:
    """Row by row in their order; columns that we do not send say nothing."""
    return len(ours) == len(theirs) and all(
        all(
            is_same(value, held.get(code), field=field.columns[code])
            for code, value in _cells(mine).items()
            if code in field.columns
        )
        for mine, held in ((row, _cells(other)) for row, other in zip(ours, theirs, strict=True))
    )


def _cells(row: JsonValue) -> dict[str, JsonValue]:
    cells = row.get("value") if isinstance(row, Mapping) else None
    if not isinstance(cells, Mapping):
        return {}
    return {code: cell.get("value") for code, cell in cells.items() if isinstance(cell, Mapping)}

"""The conditions of a query as functions from a record to yes or no."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox import scalars
from sandbox.building import JAPAN
from sandbox.errors import ApiError, bad_input
from sandbox.form import Field
from sandbox.model import App, Record
from sandbox.query_parser import Condition, Junction, Tree
from sandbox.reading import stored_value

_ORDERED = frozenset({"=", "!=", "<", ">", "<=", ">="})
_LISTED = frozenset({"in", "not in"})
_LIKE = frozenset({"like", "not like"})
_EMPTY = frozenset({"is empty", "is not empty"})
_EQUAL = frozenset({"=", "!="})

#: Field type → the operators that a query may use on it; another one is GAIA_IQ03.
OPERATORS: dict[str, frozenset[str]] = {
    "SINGLE_LINE_TEXT": _EQUAL | _LISTED | _LIKE,
    "LINK": _EQUAL | _LISTED | _LIKE,
    "MULTI_LINE_TEXT": _LIKE | _EMPTY,
    "RICH_TEXT": _LIKE | _EMPTY,
    "NUMBER": _ORDERED | _LISTED,
    "CALC": _ORDERED | _LISTED,
    "RECORD_NUMBER": _ORDERED | _LISTED,
    "DATE": _ORDERED,
    "TIME": _ORDERED,
    "DATETIME": _ORDERED,
    "CREATED_TIME": _ORDERED,
    "UPDATED_TIME": _ORDERED,
    "RADIO_BUTTON": _LISTED,
    "DROP_DOWN": _LISTED,
    "CHECK_BOX": _LISTED,
    "MULTI_SELECT": _LISTED,
    "USER_SELECT": _LISTED,
    "ORGANIZATION_SELECT": _LISTED,
    "GROUP_SELECT": _LISTED,
    "CREATOR": _LISTED,
    "MODIFIER": _LISTED,
    "STATUS": _EQUAL | _LISTED,
    "FILE": _LIKE | _EMPTY,
}
_NUMERIC = frozenset({"NUMBER", "CALC", "RECORD_NUMBER"})
_READERS: dict[str, Callable[[str], str]] = {
    "DATE": scalars.day,
    "TIME": scalars.time_of_day,
    "DATETIME": scalars.moment,
    "CREATED_TIME": scalars.moment,
    "UPDATED_TIME": scalars.moment,
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
ID = Field(code="$id", label="$id", type="RECORD_NUMBER")

Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Asker:
    """What the functions of a query stand for."""

    login: str
    now: datetime


def record_test(app: App, tree: Tree, *, asker: Asker) -> Test:
    if isinstance(tree, Junction):
        tests = [record_test(app, part, asker=asker) for part in tree.parts]
        together = all if tree.every else any
        return lambda record: together(test(record) for test in tests)
    return _condition(app, tree, asker=asker)


def _condition(app: App, condition: Condition, *, asker: Asker) -> Test:
    field = field_of(app, condition.field)
    table = _table_of(app, condition.field)
    if condition.operator not in OPERATORS.get(field.type, frozenset()):
        raise ApiError("GAIA_IQ03", field=field.label, operator=condition.operator)
    if table is not None and condition.operator in _EQUAL:
        raise ApiError("GAIA_IQ07", field=field.label, operator=condition.operator)
    values = [_operand(field, value, condition, asker=asker) for value in condition.values]
    compare = _comparison(field, condition.operator, values)
    if table is None:
        return lambda record: compare(stored_value(app, record, condition.field))
    return lambda record: any(
        compare(row["value"].get(field.code, field.empty))
        for row in record.values.get(table.code, ())
    )


def field_of(app: App, code: str) -> Field:
    if code == "$id":
        return ID
    table = _table_of(app, code)
    field = table.columns[code] if table else app.form.fields.get(code)
    if field is None:
        raise ApiError("GAIA_IQ11", field=code)
    return field


def _table_of(app: App, code: str) -> Field | None:
    if code in app.form.fields:
        return None
    return next((each for each in app.form.fields.values() if code in each.columns), None)


def _operand(field: Field, value: str, condition: Condition, *, asker: Asker) -> Any:
    if value in condition.functions:
        value = _called(value, field, asker=asker)
    if field.type in _NUMERIC and value != "":
        return _decimal(value)
    if field.type in _READERS and value != "":
        try:
            return _READERS[field.type](value)
        except scalars.NotReadable:
            raise bad_input("query", "bad_query") from None
    return value


def _called(function: str, field: Field, *, asker: Asker) -> str:
    if function == "LOGINUSER":
        return asker.login
    if field.type == "DATE":
        return asker.now.astimezone(JAPAN).date().isoformat()
    if function == "TODAY":
        midnight = asker.now.astimezone(JAPAN).replace(hour=0, minute=0)
        return scalars.to_minute(midnight)
    return scalars.to_minute(asker.now)


def _decimal(value: str) -> Decimal:
    try:
        return Decimal(value.rpartition("-")[2] if "-" in value[1:] else value)
    except InvalidOperation:
        raise bad_input("query", "bad_query") from None


def _comparison(field: Field, sign: str, values: list[Any]) -> Callable[[Any], bool]:
    if sign in _LISTED:
        wanted = {None if value == "" else value for value in values}
        return lambda stored: _listed(field, stored, wanted) == (sign == "in")
    if sign in _LIKE:
        part = str(values[0]).casefold()
        return lambda stored: (part in str(stored or "").casefold()) == (sign == "like")
    if sign in _EMPTY:
        return lambda stored: (not str(stored or "").strip()) == (sign == "is empty")
    return _ordered(field, sign, values[0])


def _listed(field: Field, stored: Any, wanted: set[Any]) -> bool:
    if isinstance(stored, list):
        return bool(wanted & set(stored)) if stored else None in wanted
    value = comparable(field, stored)
    return value in wanted


def _ordered(field: Field, sign: str, wanted: Any) -> Callable[[Any], bool]:
    compare = _COMPARE[sign]

    def test(stored: Any) -> bool:
        value = comparable(field, stored)
        if value is None or wanted == "":
            return compare(value, None if wanted == "" else wanted) if sign in _EQUAL else False
        return compare(value, wanted)

    return test


def comparable(field: Field, stored: Any) -> Any:
    if stored in (None, ""):
        return None
    return _decimal(stored) if field.type in _NUMERIC else stored


def stored_form(field: Field, value: str) -> str:
    try:
        if field.type == "NUMBER":
            return scalars.number(value, field.precision)
        return _READERS[field.type](value) if field.type in _READERS else value
    except (scalars.NotReadable, scalars.TooManyDigits):
        return value

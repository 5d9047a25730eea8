"""A sent record and the one it changes → the values that will be stored, checked as one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.auth import Actor
from sandbox.errors import ApiError
from sandbox.form import PEOPLE_TYPES, SYSTEM_TYPES, Field
from sandbox.lookups import copy_from_source
from sandbox.model import App, Domain, Record, Undo, Values
from sandbox.values import Checking, Place, check_empty_length, convert, unwrap

JAPAN = timezone(timedelta(hours=9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What all writes of one request share."""

    domain: Domain
    actor: Actor
    checking: Checking
    undo: Undo
    now: datetime
    stamp: str
    """Now, as kintone stores it."""


def build_values(
    app: App, sent: Any, *, old: Record | None, place: Place, writing: Writing
) -> Values:
    """The values of the record as it would be after this write.

    Unknown field codes are ignored; defaults are filled in on insert only; required fields, minimum
    lengths and duplicates are checked on the merged record. What is wrong is noted in the issues.

    Raises:
        ApiError: a JSON type is wrong, or a field may not be written.
    """
    if not isinstance(sent, dict):
        raise ApiError("CB_IJ01")
    values = dict(old.values) if old else _defaults(app.form.stored, sent, writing=writing)
    for code, wrapped in sent.items():
        field = app.form.fields.get(code)
        if field is None or _is_ignored(
            app, field, wrapped, inserting=old is None, writing=writing
        ):
            continue
        raw = unwrap(wrapped)
        if field.type == "SUBTABLE":
            values[code] = _rows(app, field, raw, old=old, place=place, writing=writing)
        else:
            values[code] = convert(field, raw, place=place, checking=writing.checking)
    unsettled = _look_up(app.form.lookups, sent, values, fields=app.form.fields, writing=writing)
    required = [field for field in app.form.required if field.code not in unsettled]
    _check_filled(required, values, place=place, writing=writing)
    _check_whole(app, values, record_id=old.id if old else None, place=place, writing=writing)
    return values


def _look_up(
    lookups: Iterable[Field],
    sent: dict[str, Any],
    values: Values,
    *,
    fields: Mapping[str, Field],
    writing: Writing,
) -> set[str]:
    """Fill in what the keys that were sent bring along; the fields that failing ones leave open."""
    unsettled: set[str] = set()
    for field in lookups:
        assert field.lookup is not None
        if field.code in sent and not copy_from_source(
            field,
            values,
            fields=fields,
            domain=writing.domain,
            actor=writing.actor,
            issues=writing.checking.issues,
        ):
            unsettled |= {here for here, _ in field.lookup.copies}
    return unsettled


def _is_ignored(app: App, field: Field, wrapped: Any, *, inserting: bool, writing: Writing) -> bool:
    """Whether kintone passes over what is sent for this field; refuses what it never takes."""
    if field.code in app.form.settable and field.code not in app.read_only:
        return False
    if field.type in SYSTEM_TYPES:
        _check_system_field(app, field, inserting=inserting, writing=writing)
        return True
    if field.code in app.read_only:
        raise ApiError("GAIA_FU01", field=field.code)
    if field.type == "CALC" and isinstance(unwrap(wrapped), int | float):
        raise ApiError("CB_IJ01")
    return True


def _check_system_field(app: App, field: Field, *, inserting: bool, writing: Writing) -> None:
    if not inserting or field.type in {"STATUS", "STATUS_ASSIGNEE"}:
        raise ApiError("GAIA_UN10", type=SYSTEM_TYPES[field.type])
    if not writing.actor.may(app, "manage"):
        raise ApiError("GAIA_BF02", field=field.code)


def _defaults(fields: Iterable[Field], sent: dict[str, Any], *, writing: Writing) -> Values:
    """The values of a record that was not filled in yet; a code that is sent stays empty."""
    return {
        field.code: field.empty
        if field.code in sent or field.copied or field.calculated
        else _default(field, writing=writing)
        for field in fields
    }


def _default(field: Field, *, writing: Writing) -> Any:
    if field.default_now:
        return _now_as(field, writing=writing)
    if not field.default:
        return field.empty
    if field.type in PEOPLE_TYPES:
        return _default_people(field, writing=writing)
    return convert(field, field.default, place=Place("default"), checking=writing.checking)


def _now_as(field: Field, *, writing: Writing) -> str:
    local = writing.now.astimezone(JAPAN)
    if field.type == "DATETIME":
        return writing.stamp
    return local.strftime("%H:%M" if field.type == "TIME" else "%Y-%m-%d")


def _default_people(field: Field, *, writing: Writing) -> list[str]:
    codes = [
        writing.actor.login if entity["code"] == "LOGINUSER()" else entity["code"]
        for entity in field.default
    ]
    known = {**writing.domain.users, **writing.domain.organizations, **writing.domain.groups}
    return [code for code in codes if code in known]


def _check_whole(
    app: App, values: Values, *, record_id: int | None, place: Place, writing: Writing
) -> None:
    issues = writing.checking.issues
    _check_empty_lengths(app.form.stored, values, place=place, writing=writing)
    for field in app.form.unique:
        holder = app.unique[field.code].get(values.get(field.code) or "")
        if holder is not None and holder != record_id:
            issues.add(place.key(field), "unique")


def _check_empty_lengths(
    fields: Iterable[Field], values: Values, *, place: Place, writing: Writing
) -> None:
    for field in fields:
        if field.min_length and values.get(field.code) == "" and not field.required:
            check_empty_length(field, place=place, issues=writing.checking.issues)


def _check_filled(
    fields: Iterable[Field], values: Values, *, place: Place, writing: Writing
) -> None:
    for field in fields:
        if values.get(field.code) in (None, "", []):
            writing.checking.issues.add(place.key(field), "required")


def _rows(
    app: App, table: Field, raw: Any, *, old: Record | None, place: Place, writing: Writing
) -> list[dict[str, Any]]:
    """The rows that stand in the table afterwards: those that are sent, and no others."""
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise ApiError("CB_IJ01")
    known = {row["id"]: row["value"] for row in old.values.get(table.code, ())} if old else {}
    rows: list[dict[str, Any]] = []
    for index, sent in enumerate(raw):
        if not isinstance(sent, dict):
            raise ApiError("CB_IJ01")
        row_id = str(sent.get("id") or "")
        if any(row["id"] == row_id for row in rows):
            writing.checking.issues.defer(ApiError("GAIA_SI01", id=row_id))
        row_place = place.row(table, index)
        cells = _cells(table, sent, old=known.get(row_id), place=row_place, writing=writing)
        rows.append({"id": row_id if row_id in known else app.take_row_id(), "value": cells})
    return rows


def _cells(
    table: Field, row: dict[str, Any], *, old: Values | None, place: Place, writing: Writing
) -> Values:
    """A row's values: what is not sent stays in a known row and takes its default in a new one."""
    sent = row.get("value") or {}
    if not isinstance(sent, dict):
        raise ApiError("CB_IJ01")
    columns = table.columns
    cells = dict(old) if old is not None else _defaults(columns.values(), sent, writing=writing)
    for code, wrapped in sent.items():
        column = columns.get(code)
        if column is None or column.calculated or column.copied:
            continue
        cells[code] = convert(column, unwrap(wrapped), place=place, checking=writing.checking)
    lookups = [column for column in columns.values() if column.lookup]
    unsettled = _look_up(lookups, sent, cells, fields=columns, writing=writing)
    required = [
        column for column in columns.values() if column.required and column.code not in unsettled
    ]
    _check_filled(required, cells, place=place, writing=writing)
    _check_empty_lengths(columns.values(), cells, place=place, writing=writing)
    return cells

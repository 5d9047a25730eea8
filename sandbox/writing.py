"""Adding, updating, upserting and deleting records (kintone-api.md §2, §2.1).

Nothing here commits: whoever calls rolls `Writing.undo` back when an error comes out.
"""

from typing import Any

from sandbox import scalars
from sandbox.building import Writing, build_values
from sandbox.errors import ApiError, bad_input
from sandbox.form import UPDATE_KEY_TYPES, Field
from sandbox.model import App, Record, Values
from sandbox.params import whole_number
from sandbox.values import Place, unwrap

LONGEST_KEY = 64


def add_records(
    app: App, sent: list[Any], *, writing: Writing, prefix: str = "records[{}]"
) -> list[Record]:
    """Add the records, all or none; `prefix` says how `errors` name them."""
    added = [
        _insert(app, record, place=Place(prefix.format(index)), writing=writing)
        for index, record in enumerate(sent)
    ]
    writing.checking.issues.raise_any()
    return added


def put_records(
    app: App, items: list[Any], *, upsert: bool, writing: Writing, prefix: str = "records[{}]"
) -> list[tuple[Record, str]]:
    """Update the records (with `upsert`: or add them), all or none.

    Returns:
        Each record as it stands now, with INSERT or UPDATE, in the order given.
    """
    _check_targets(app, items, writing=writing, prefix=prefix)
    results = [
        _put(app, item, upsert=upsert, place=Place(prefix.format(index)), writing=writing)
        for index, item in enumerate(items)
    ]
    writing.checking.issues.raise_any()
    return results


def delete_records(app: App, ids: list[Any], revisions: list[Any], *, writing: Writing) -> None:
    """Delete the records, all or none."""
    for index, given in enumerate(ids):
        record = _by_id(app, whole_number(given, key=f"ids[{index}]"))
        expected = revisions[index] if index < len(revisions) else None
        _check_revision(record, expected, key=f"revisions[{index}]")
        app.remove(record.id, writing.undo)


def _put(
    app: App, item: dict[str, Any], *, upsert: bool, place: Place, writing: Writing
) -> tuple[Record, str]:
    key = _key(app, item, place=place, writing=writing)
    old = _target(app, item, key=key, upsert=upsert, place=place)
    sent = item.get("record") or {}
    if key is not None and isinstance(sent, dict) and key[0].code in sent:
        writing.checking.issues.add(place.beside(f"record[{key[0].code}]"), "update_key_in_record")
        sent = {code: value for code, value in sent.items() if code != key[0].code}
    if old is None:
        if key is not None:
            sent = {**sent, key[0].code: {"value": key[1]}}
        return _insert(app, sent, place=place, writing=writing), "INSERT"
    _check_revision(old, item.get("revision"), key=place.beside("revision"))
    return _update(app, old, sent, place=place, writing=writing), "UPDATE"


def _target(
    app: App,
    item: dict[str, Any],
    *,
    key: tuple[Field, str] | None,
    upsert: bool,
    place: Place,
) -> Record | None:
    """The record to update; None: add one."""
    if key is None:
        record_id = whole_number(item["id"], key=place.beside("id"))
        return app.records.get(record_id) if upsert else _by_id(app, record_id)
    held_by = app.unique[key[0].code].get(key[1])
    if held_by is None and not upsert:
        raise ApiError("GAIA_RE20")
    return None if held_by is None else app.records[held_by]


def _check_targets(app: App, items: list[Any], *, writing: Writing, prefix: str) -> None:
    """Each item names one record by id or key, and no key comes twice."""
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise ApiError("CB_IJ01")
        place = Place(prefix.format(index))
        if ("id" in item) == ("updateKey" in item):
            complaint = "id_or_update_key" if "id" in item else "missing_parameter"
            writing.checking.issues.add(place.beside("id"), complaint)
            continue
        key = _key(app, item, place=place, writing=writing)
        if key is None:
            continue
        if (key[0].code, key[1]) in seen:
            raise ApiError("GAIA_IQ28")
        seen.add((key[0].code, key[1]))
    writing.checking.issues.raise_any()


def _key(
    app: App, item: dict[str, Any], *, place: Place, writing: Writing
) -> tuple[Field, str] | None:
    """The field and the stored form of the value of an item's updateKey; None without one."""
    if "updateKey" not in item:
        return None
    given = item["updateKey"]
    if not isinstance(given, dict):
        raise ApiError("CB_IJ01")
    field = app.form.fields.get(str(given.get("field")))
    if field is None:
        raise ApiError("GAIA_IQ11", field=given.get("field"))
    if not field.unique or field.type not in UPDATE_KEY_TYPES:
        raise ApiError("GAIA_IQ27", field=field.code)
    value = unwrap(given)
    if isinstance(value, bool | list | dict):
        raise ApiError("CB_IJ01")
    text, complaint = _key_text(field, "" if value is None else str(value))
    if complaint:
        where = place.beside("updateKey.value")
        writing.checking.issues.add(where, complaint, limit=LONGEST_KEY + 1)
    return field, text


def _key_text(field: Field, value: str) -> tuple[str, str]:
    """A key as it would be stored, and what is wrong with it ("": nothing)."""
    if value == "":
        return value, "required"
    if len(value) > LONGEST_KEY:
        return value, "too_long"
    if field.type != "NUMBER":
        return value, ""
    try:
        return scalars.number(value, field.precision), ""
    except scalars.NotReadable:
        return value, "not_a_number"
    except scalars.TooManyDigits:
        return value, ""  # the value itself is checked when the record is built


def _insert(app: App, sent: Any, *, place: Place, writing: Writing) -> Record:
    found = len(writing.checking.issues)
    values = build_values(app, sent, old=None, place=place, writing=writing)
    creator, created = _origin(app, sent, writing=writing)
    record = Record(
        id=app.take_id(),
        revision=1,
        values=values,
        creator=creator,
        created=created,
        modifier=writing.actor.login,
        updated=writing.stamp,
    )
    if len(writing.checking.issues) == found:
        app.put(record, writing.undo)
    return record


def _origin(app: App, sent: dict[str, Any], *, writing: Writing) -> tuple[str, str]:
    """Creator and time of a new record; those with the right may set them."""
    creator, created = writing.actor.login, writing.stamp
    for code, wrapped in sent.items():
        field = app.form.fields.get(code)
        if field is None or field.type not in {"CREATOR", "CREATED_TIME"}:
            continue
        value = unwrap(wrapped)
        if field.type == "CREATOR" and isinstance(value, dict):
            creator = str(value.get("code"))
        elif field.type == "CREATED_TIME" and isinstance(value, str):
            created = _moment(value, code=code)
    if creator not in writing.domain.users and creator != writing.actor.login:
        raise ApiError("GAIA_IL26", person=creator)
    return creator, created


def _moment(value: str, *, code: str) -> str:
    try:
        return scalars.moment(value)
    except scalars.NotReadable:
        raise bad_input(f"record.{code}.value", "not_a_datetime") from None


def _update(app: App, old: Record, sent: Any, *, place: Place, writing: Writing) -> Record:
    if sent == {}:
        return old
    found = len(writing.checking.issues)
    values: Values = build_values(app, sent, old=old, place=place, writing=writing)
    record = Record(
        id=old.id,
        revision=old.revision + 1,
        values=values,
        creator=old.creator,
        created=old.created,
        modifier=writing.actor.login,
        updated=writing.stamp,
    )
    if len(writing.checking.issues) == found:
        app.put(record, writing.undo)
    return record


def _by_id(app: App, record_id: int) -> Record:
    if record_id not in app.records:
        raise ApiError("GAIA_RE01", id=record_id)
    return app.records[record_id]


def _check_revision(record: Record, expected: Any, *, key: str) -> None:
    """Refuse a write that was meant for another revision; none or -1 is not checked."""
    if expected in (None, "") or str(expected) == "-1":
        return
    if whole_number(expected, key=key) != record.revision:
        raise ApiError("GAIA_CO02")

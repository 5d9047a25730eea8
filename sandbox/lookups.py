"""Lookups: the values that a key brings along from another app (kintone-api.md §5.2)."""

from collections.abc import Mapping

from sandbox.auth import Actor
from sandbox.errors import ApiError, Issues
from sandbox.form import Field
from sandbox.model import App, Domain, Record, Values
from sandbox.reading import stored_value


def copy_from_source(
    field: Field,
    values: Values,
    *,
    fields: Mapping[str, Field],
    domain: Domain,
    actor: Actor,
    issues: Issues,
) -> bool:
    """Fill the mapped fields in `values` from the record that the key names; without key, clear.

    Returns False where there is nothing to fill in: GAIA_LO04 is noted for a key without a record
    and for a source that the caller may not see.
    """
    assert field.lookup is not None
    key = values.get(field.code)
    source = domain.apps.get(field.lookup.app)
    record = None
    if key:
        record = _source_record(field, key, source=source, actor=actor, issues=issues)
        if record is None:
            return False
    for here, there in field.lookup.copies:
        if here in fields:
            copied = stored_value(source, record, there) if source and record else None
            values[here] = fields[here].empty if copied is None else copied
    return True


def _source_record(
    field: Field, key: str, *, source: App | None, actor: Actor, issues: Issues
) -> Record | None:
    assert field.lookup is not None
    record_id: int | None = None
    if source is not None and actor.may(source, "view"):
        key_field = source.form.fields.get(field.lookup.key_field)
        if key_field is not None and key_field.type == "RECORD_NUMBER":
            number = key.removeprefix(f"{source.code}-")
            record_id = int(number) if number.isascii() and number.isdecimal() else None
        elif field.lookup.key_field in source.unique:
            record_id = source.unique[field.lookup.key_field].get(key)
        else:
            issues.defer(ApiError("GAIA_LO03", field=field.lookup.key_field))
    record = source.records.get(record_id) if source and record_id is not None else None
    if record is None:
        issues.defer(ApiError("GAIA_LO04", field=field.code, value=key))
    return record

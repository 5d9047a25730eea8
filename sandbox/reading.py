"""Records as kintone shows them: ids and numbers as text, each value with its type."""

from collections.abc import Collection
from typing import Any

from sandbox.form import Field
from sandbox.model import App, Domain, Record, Values


def stored_value(app: App, record: Record, code: str) -> Any:
    """What stands in a field, those included that kintone itself keeps; None: no such field."""
    field = app.form.fields.get(code)
    if code == "$id":
        return str(record.id)
    if field is None:
        return None
    if field.type in _KEPT:
        return _KEPT[field.type](app, record)
    return record.values.get(code, field.empty)


_KEPT: dict[str, Any] = {
    "RECORD_NUMBER": lambda app, record: f"{app.code}-{record.id}" if app.code else str(record.id),
    "CREATOR": lambda _app, record: record.creator,
    "MODIFIER": lambda _app, record: record.modifier,
    "CREATED_TIME": lambda _app, record: record.created,
    "UPDATED_TIME": lambda _app, record: record.updated,
    "STATUS": lambda _app, _record: "未処理",
    "STATUS_ASSIGNEE": lambda _app, _record: [],
    "CATEGORY": lambda _app, _record: [],
}


def show_record(
    domain: Domain, app: App, record: Record, *, fields: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """The record as record.json and records.json answer; only `fields` where some are named."""
    shown: dict[str, dict[str, Any]] = {}
    for code, field in app.form.fields.items():
        if field.in_records and (not fields or code in fields):
            value = stored_value(app, record, code)
            shown[code] = {"type": field.type, "value": _show(domain, field, value)}
    if not fields or "$id" in fields:
        shown["$id"] = {"type": "__ID__", "value": str(record.id)}
    if not fields or "$revision" in fields:
        shown["$revision"] = {"type": "__REVISION__", "value": str(record.revision)}
    return shown


def _show(domain: Domain, field: Field, value: Any) -> Any:
    if field.type in {"CREATOR", "MODIFIER"}:
        return _person(domain, value)
    if field.type == "USER_SELECT":
        return [_person(domain, login) for login in value]
    if field.type == "ORGANIZATION_SELECT":
        return [{"code": code, "name": domain.organizations.get(code, code)} for code in value]
    if field.type == "GROUP_SELECT":
        return [{"code": code, "name": domain.groups.get(code, code)} for code in value]
    if field.type == "SUBTABLE":
        return [_row(domain, field, row) for row in value]
    return value


def _person(domain: Domain, login: str) -> dict[str, str]:
    user = domain.users.get(login)
    return {"code": login, "name": user.name if user else login}


def _row(domain: Domain, table: Field, row: Values) -> dict[str, Any]:
    cells = {
        code: {
            "type": column.type,
            "value": _show(domain, column, row["value"].get(code, column.empty)),
        }
        for code, column in table.columns.items()
    }
    return {"id": row["id"], "value": cells}

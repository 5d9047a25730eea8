"""The calls that read and write records: record.json and records.json (kintone-api.md §2)."""

from collections.abc import Iterator
from typing import Any

from sandbox import params
from sandbox.calls import Call, Json
from sandbox.conditions import Asker
from sandbox.errors import ApiError, bad_input
from sandbox.model import App, Record
from sandbox.query import find_records
from sandbox.query_parser import parse_query
from sandbox.reading import show_record
from sandbox.writing import add_records, delete_records, put_records

MOST_RECORDS = 100


def get_record(call: Call) -> Json:
    """GET record.json."""
    record_id = params.required_number(call.params, "id")
    app = call.app("view")
    if record_id not in app.records:
        raise ApiError("GAIA_RE01", id=record_id)
    return {"record": show_record(call.domain, app, app.records[record_id])}


def get_records(call: Call) -> Json:
    """GET records.json."""
    app = call.app("view")
    query = parse_query(params.text(call.params, "query"))
    fields = frozenset(params.items(call.params, "fields"))
    found, total = find_records(
        app,
        query,
        asker=Asker(login=call.actor.login, now=call.world.clock()),
        count=params.flag(call.params, "totalCount"),
    )
    records = [show_record(call.domain, app, record, fields=fields) for record in found]
    return {"records": records, "totalCount": None if total is None else str(total)}


def post_record(call: Call) -> Json:
    """POST record.json."""
    app = call.app("add")
    record = call.params.get("record") or {}
    (added,) = add_records(app, [record], writing=call.writing(), prefix="record")
    return {"id": str(added.id), "revision": str(added.revision)}


def post_records(call: Call) -> Json:
    """POST records.json."""
    app = call.app("add")
    records = _records(call, "add_at_most_hundred")
    added = add_records(app, records, writing=call.writing())
    return {
        "ids": [str(record.id) for record in added],
        "revisions": [str(record.revision) for record in added],
    }


def put_record(call: Call) -> Json:
    """PUT record.json; there is no upsert here."""
    app = call.app("edit")
    item = {name: value for name, value in call.params.items() if name != "app"}
    ((record, _),) = put_records(app, [item], upsert=False, writing=call.writing(), prefix="record")
    return {"revision": str(record.revision)}


def put_records_call(call: Call) -> Json:
    """PUT records.json, with or without upsert; upsert needs the rights to edit and to add."""
    upsert = params.flag(call.params, "upsert")
    app = call.app("edit", "add") if upsert else call.app("edit")
    items = _records(call, "update_at_most_hundred")
    results = put_records(app, items, upsert=upsert, writing=call.writing())
    return {"records": [_put_result(record, done, upsert=upsert) for record, done in results]}


def _put_result(record: Record, operation: str, *, upsert: bool) -> Json:
    result = {"id": str(record.id), "revision": str(record.revision)}
    return {**result, "operation": operation} if upsert else result


def delete_records_call(call: Call) -> Json:
    """DELETE records.json."""
    app = call.app("delete")
    ids = params.items(call.params, "ids")
    if not ids:
        raise bad_input("ids", "missing_parameter", "delete_one_to_hundred")
    if len(ids) > MOST_RECORDS:
        raise bad_input("ids", "delete_one_to_hundred")
    delete_records(app, ids, params.items(call.params, "revisions"), writing=call.writing())
    return {}


def evaluate_rights(call: Call) -> Json:
    """GET records/acl/evaluate.json: what the user may do with records; not for API tokens."""
    if call.actor.user is None:
        raise ApiError("GAIA_NO01")
    app = call.app("view", "add", any_right=True)
    ids = [params.whole_number(each, key="ids") for each in params.items(call.params, "ids")]
    if not ids:
        raise bad_input("ids", "missing_parameter")
    if len(ids) > MOST_RECORDS:
        raise bad_input("ids", "at_most", limit=MOST_RECORDS)
    for record_id in ids:
        if record_id not in app.records:
            raise ApiError("GAIA_RE01", id=record_id)
    view, edit, delete = (call.actor.may(app, right) for right in ("view", "edit", "delete"))
    return {
        "rights": [
            {
                "id": str(record_id),
                "record": {"viewable": view, "editable": edit, "deletable": delete},
                "fields": {
                    code: {"viewable": view, "editable": edit and code not in app.read_only}
                    for code in _codes_with_rights(app)
                },
            }
            for record_id in ids
        ]
    }


def _codes_with_rights(app: App) -> Iterator[str]:
    """The fields that a write may carry; a table's columns stand beside the others."""
    for code in app.form.settable:
        yield code
        yield from app.form.fields[code].columns


def _records(call: Call, too_many: str) -> list[Any]:
    records = call.params.get("records")
    if records is None:
        raise bad_input("records", "missing_parameter")
    if not isinstance(records, list):
        raise ApiError("CB_IJ01")
    if len(records) > MOST_RECORDS:
        raise bad_input("records", too_many)
    return records

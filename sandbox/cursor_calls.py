"""Reading very many records: records/cursor.json."""

import secrets
from datetime import timedelta

from sandbox import params
from sandbox.calls import Call, Json
from sandbox.conditions import Asker
from sandbox.errors import ApiError, bad_input
from sandbox.query import all_records
from sandbox.query_parser import parse_query
from sandbox.reading import show_record
from sandbox.world import Cursor

MOST_CURSORS = 10
LIFE = timedelta(minutes=10)
LARGEST_SIZE = 500


def post_cursor(call: Call) -> Json:
    """POST records/cursor.json."""
    app = call.app("view")
    _drop_expired(call)
    if len(call.world.cursors) >= MOST_CURSORS:
        raise ApiError("GAIA_TM12")
    size = params.whole_number(call.params.get("size") or 100, key="size")
    if size > LARGEST_SIZE:
        raise bad_input("size", "at_most", limit=LARGEST_SIZE)
    now = call.world.clock()
    found = all_records(
        app,
        parse_query(params.text(call.params, "query")),
        asker=Asker(login=call.actor.login, now=now),
    )
    cursor_id = secrets.token_hex(16)
    call.world.cursors[cursor_id] = Cursor(
        app=app.id,
        fields=tuple(params.items(call.params, "fields")),
        size=size,
        ids=[record.id for record in found],
        used=now,
    )
    return {"id": cursor_id, "totalCount": str(len(found))}


def get_cursor(call: Call) -> Json:
    """GET records/cursor.json: the next records; the last part closes the cursor."""
    _drop_expired(call)
    cursor_id = params.text(call.params, "id")
    cursor = _cursor(call, cursor_id)
    app = call.inner({"app": cursor.app}).app("view")
    part, cursor.ids = cursor.ids[: cursor.size], cursor.ids[cursor.size :]
    cursor.used = call.world.clock()
    if not cursor.ids:
        del call.world.cursors[cursor_id]
    records = [
        show_record(call.domain, app, app.records[record_id], fields=cursor.fields)
        for record_id in part
        if record_id in app.records
    ]
    return {"records": records, "next": bool(cursor.ids)}


def delete_cursor(call: Call) -> Json:
    """DELETE records/cursor.json."""
    cursor_id = params.text(call.params, "id")
    _cursor(call, cursor_id)
    del call.world.cursors[cursor_id]
    return {}


def _cursor(call: Call, cursor_id: str) -> Cursor:
    if cursor_id not in call.world.cursors:
        raise ApiError("GAIA_CN01")
    return call.world.cursors[cursor_id]


def _drop_expired(call: Call) -> None:
    cursors = call.world.cursors
    oldest = call.world.clock() - LIFE
    for cursor_id in [key for key, cursor in cursors.items() if cursor.used < oldest]:
        del cursors[cursor_id]

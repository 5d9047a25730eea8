"""Which call answers which method and path, and bulkRequest, which runs several as one."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sandbox import app_calls, cursor_calls, preview_calls, record_calls
from sandbox.calls import Call, Json
from sandbox.errors import ApiError, bad_input
from sandbox.faults import Faults

Handler = Callable[[Call], Json]

HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "record.json"): record_calls.get_record,
    ("POST", "record.json"): record_calls.post_record,
    ("PUT", "record.json"): record_calls.put_record,
    ("GET", "records.json"): record_calls.get_records,
    ("POST", "records.json"): record_calls.post_records,
    ("PUT", "records.json"): record_calls.put_records_call,
    ("DELETE", "records.json"): record_calls.delete_records_call,
    ("POST", "records/cursor.json"): cursor_calls.post_cursor,
    ("GET", "records/cursor.json"): cursor_calls.get_cursor,
    ("DELETE", "records/cursor.json"): cursor_calls.delete_cursor,
    ("GET", "app.json"): app_calls.get_app,
    ("GET", "apps.json"): app_calls.get_apps,
    ("GET", "app/form/fields.json"): app_calls.get_form,
    ("GET", "app/settings.json"): app_calls.get_settings,
    ("GET", "app/acl.json"): app_calls.get_rights,
    ("GET", "records/acl/evaluate.json"): record_calls.evaluate_rights,
    ("GET", "users.json"): app_calls.get_users,
}
#: Calls of /preview/ that there are besides those that read.
PREVIEW_HANDLERS: dict[tuple[str, str], Handler] = {
    ("POST", "app.json"): preview_calls.post_app,
    ("POST", "app/form/fields.json"): preview_calls.post_fields,
    ("POST", "app/deploy.json"): preview_calls.post_deploy,
}
#: What may stand inside a bulkRequest, and writes.
WRITES = frozenset(
    {
        ("POST", "record.json"),
        ("PUT", "record.json"),
        ("POST", "records.json"),
        ("PUT", "records.json"),
        ("DELETE", "records.json"),
    }
)
#: Calls that kintone does not count against an app's day.
UNCOUNTED = frozenset({"apps.json", "file.json", "users.json", "bulkRequest.json"})
MOST_REQUESTS = 20

API_PATH = re.compile(
    r"/k(?:/guest/(?P<guest>[0-9]+))?/v1/(?P<preview>preview/)?(?P<name>[a-zA-Z/]+\.json)"
    r"|/v1/(?P<user_api>users\.json)"
)


class BulkError(Exception):
    """A bulkRequest failed: the slot of the failing request holds its error, the others {}."""

    def __init__(self, *, index: int, length: int, error: ApiError) -> None:
        super().__init__(error.code)
        self.error = error
        self._index = index
        self._length = length

    def body(self, language: str) -> Json:
        """The answer: no top-level code."""
        results: list[Json] = [{} for _ in range(self._length)]
        results[self._index] = self.error.body(language)
        return {"results": results}


def run(call: Call, *, method: str, name: str, faults: Faults) -> Json:
    """Carry out one call; with an error the caller must roll `call.undo` back.

    Raises:
        ApiError, BulkError: nothing was carried out.
    """
    if (method, name) == ("POST", "bulkRequest.json"):
        return _bulk(call, faults=faults)
    handlers = {**HANDLERS, **PREVIEW_HANDLERS} if call.preview else HANDLERS
    handler = handlers.get((method, name))
    if handler is None:
        raise ApiError("CB_IL02")
    return handler(call)


def _bulk(call: Call, *, faults: Faults) -> Json:
    requests = call.params.get("requests")
    if requests is None:
        raise bad_input("requests", "missing_parameter")
    if not isinstance(requests, list):
        raise ApiError("CB_IJ01")
    if len(requests) > MOST_REQUESTS:
        raise bad_input("requests", "at_most_twenty_requests")
    results = []
    for index, request in enumerate(requests):
        try:
            results.append(_inner(call, request, faults=faults))
        except ApiError as error:
            raise BulkError(index=index, length=len(requests), error=error) from error
    return {"results": results}


def _inner(call: Call, request: Any, *, faults: Faults) -> Json:
    method, path, payload = inner_request(request)
    found = API_PATH.fullmatch(path)
    if found is None or (method, found["name"]) not in WRITES:
        raise ApiError("CB_IL02")
    fault = faults.take_inner(path=path, method=method, payload=payload)
    if fault is not None:
        raise fault.error()
    guest = int(found["guest"]) if found["guest"] else None
    return HANDLERS[method, found["name"]](replace(call.inner(payload), guest_space=guest))


def inner_request(request: Any) -> tuple[str, str, Json]:
    """Method, path and payload of a request inside a bulkRequest."""
    if not isinstance(request, dict) or not isinstance(request.get("payload"), dict):
        raise ApiError("CB_IJ01")
    return str(request.get("method")), str(request.get("api")), request["payload"]


def counted_apps(name: str, body: Any) -> Iterator[int]:
    """The app of each request that kintone counts (inner ones of a bulkRequest each, §2.2)."""
    if not isinstance(body, dict):
        return
    if name == "bulkRequest.json":
        for request in body.get("requests") or ():
            payload = request.get("payload") if isinstance(request, dict) else None
            yield from counted_apps("records.json", payload)
    elif name not in UNCOUNTED:
        number = str(body.get("id" if name == "app.json" else "app") or "")
        if number.isascii() and number.isdecimal():
            yield int(number)


def count_records(body: Any) -> int:
    """How many records a request body carries, for latency per record."""
    if not isinstance(body, dict):
        return 0
    if "requests" in body:
        requests = body["requests"] if isinstance(body["requests"], list) else ()
        return sum(
            count_records(each.get("payload")) for each in requests if isinstance(each, dict)
        )
    records = body.get("records", body.get("ids"))
    return len(records) if isinstance(records, list) else int("record" in body)

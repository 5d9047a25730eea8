"""What the stand-in answers: the calls of kintone that a push makes, on records in memory.

Only what a measurement needs: forms as they were configured, upserts by key and by id, bulkRequest,
reading by `$id` pages. No rights, no checks of values but those that a measurement asks for. A
record's values stand as JSON text, so that a million of them are a few hundred MB and no work for
the garbage collector.
"""

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

Json = dict[str, Any]

MOST_RECORDS = 100
MOST_REQUESTS = 20
MOST_READ = 500

_PATH = re.compile(r"/k(?:/guest/[0-9]+)?/v1/([a-zA-Z/]+\.json)")
_QUERY = re.compile(
    r"(?:\$id > \"?(?P<after>[0-9]+)\"?)?\s*(?:order by \$id (?P<order>asc|desc))?"
    r"\s*(?:limit (?P<limit>[0-9]+))?\s*(?:offset (?P<offset>[0-9]+))?"
)
_PERSON = {"code": "sync", "name": "連携ユーザー"}
_CREATED = "2026-01-05T00:00:00.000Z"

_COMMON: Json = {"noLabel": False, "required": False}
_LENGTHS: Json = {"maxLength": "", "minLength": ""}
_SETTINGS: dict[str, Json] = {
    "SINGLE_LINE_TEXT": {
        "unique": False,
        **_LENGTHS,
        "defaultValue": "",
        "expression": "",
        "hideExpression": False,
    },
    "MULTI_LINE_TEXT": {"defaultValue": ""},
    "NUMBER": {
        "unique": False,
        "maxValue": "",
        "minValue": "",
        "defaultValue": "",
        "digit": False,
        "displayScale": "",
        "unit": "",
        "unitPosition": "BEFORE",
    },
    "DATETIME": {"unique": False, "defaultValue": "", "defaultNowValue": False},
    "LINK": {"unique": False, **_LENGTHS, "defaultValue": "", "protocol": "WEB"},
}


class RefusedError(Exception):
    """The answer is a refusal; nothing of the request was carried out."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """Records that are not taken, by their update keys, and how that is said.

    `CB_VA01` names all of a request by index; any other code is of the first, and names no index:
    `GAIA_LO04` names field and value in its message, others nothing at all.
    """

    keys: frozenset[str] = frozenset()
    code: str = "CB_VA01"
    field: str = ""


#: Undoes one write of one record.
Undo = Callable[[], None]


@dataclass(slots=True)
class App:
    """One app: its form, and its records by id and by the one unique field."""

    number: int
    name: str
    form: dict[str, Json]
    key_field: str
    ids: dict[str, int] = field(default_factory=dict)
    records: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """Id → revision, and field code → {"value": …} as JSON."""
    last_id: int = 0

    def put(self, item: Json, *, upsert: bool, undo: list[Undo]) -> Json:
        """Insert or update one record.

        Raises:
            RefusedError: GAIA_RE20, GAIA_RE01, GAIA_IQ27.
        """
        record_id, key = self._target(item)
        sent: Json = item.get("record") or {}
        if record_id is None or record_id not in self.records:
            if not upsert:
                raise _refused("GAIA_RE20") if key else _refused("GAIA_RE01", status=404)
            return self._insert(sent, key=key, undo=undo)
        return self._update(record_id, sent, undo=undo)

    def _target(self, item: Json) -> tuple[int | None, str]:
        """The id that is meant, if it exists, and the key, if it is found by one."""
        if "updateKey" not in item:
            return int(item["id"]), ""
        if item["updateKey"]["field"] != self.key_field:
            raise _refused("GAIA_IQ27")
        key = str(item["updateKey"]["value"])
        return self.ids.get(key), key

    def _insert(self, sent: Json, *, key: str, undo: list[Undo]) -> Json:
        if key:
            sent[self.key_field] = {"value": key}
        self.last_id += 1
        record_id = self.last_id
        key = str(sent.get(self.key_field, {}).get("value") or "")
        self.records[record_id] = 1, orjson.dumps(sent)
        self._index(key, record_id)

        def take_back() -> None:
            del self.records[record_id]
            self.ids.pop(key, None)

        undo.append(take_back)
        return {"id": str(record_id), "revision": "1", "operation": "INSERT"}

    def _update(self, record_id: int, sent: Json, *, undo: list[Undo]) -> Json:
        before = self.records[record_id]
        revision, old = before
        if not sent:
            return {"id": str(record_id), "revision": str(revision), "operation": "UPDATE"}
        values = orjson.loads(old)
        old_key = str(values.get(self.key_field, {}).get("value") or "")
        values.update(sent)
        key = str(values.get(self.key_field, {}).get("value") or "")
        self.records[record_id] = revision + 1, orjson.dumps(values)
        if key != old_key:
            self.ids.pop(old_key, None)
            self._index(key, record_id)

        def take_back() -> None:
            self.records[record_id] = before
            if key != old_key:
                self.ids.pop(key, None)
                self._index(old_key, record_id)

        undo.append(take_back)
        return {"id": str(record_id), "revision": str(revision + 1), "operation": "UPDATE"}

    def _index(self, key: str, record_id: int) -> None:
        if key:
            self.ids[key] = record_id

    def shown(self, record_id: int, *, fields: Collection[str]) -> Json:
        """A record as records.json shows it."""
        revision, text = self.records[record_id]
        values = orjson.loads(text)
        record = {
            code: {"type": settings["type"], "value": values.get(code, {}).get("value", "")}
            for code, settings in self.form.items()
        }
        record["$id"] = {"type": "__ID__", "value": str(record_id)}
        record["$revision"] = {"type": "__REVISION__", "value": str(revision)}
        return {code: cell for code, cell in record.items() if not fields or code in fields}

    def key_of(self, item: Json) -> str:
        """The update key of the record that an item of a PUT is about."""
        if "updateKey" in item:
            return str(item["updateKey"]["value"])
        sent = (item.get("record") or {}).get(self.key_field)
        if sent:
            return str(sent["value"])
        _, text = self.records.get(int(item["id"]), (0, b"{}"))
        return str(orjson.loads(text).get(self.key_field, {}).get("value") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, read: which call, with what, for how many records, counted how often."""

    method: str
    name: str
    params: Json
    records: int
    counted: int


class Kintone:
    """The apps, and which records are refused in them."""

    def __init__(self) -> None:
        self.apps: dict[int, App] = {}
        self.refusing = Refusing()

    def add_app(self, name: str, fields: Mapping[str, Json]) -> int:
        """A new app; the first unique field is the one that records can be found by."""
        number = len(self.apps) + 1
        form = {
            code: {"code": code, "label": code, **_COMMON, **_SETTINGS[given["type"]], **given}
            for code, given in fields.items()
        }
        key_field = next(code for code, settings in form.items() if settings.get("unique"))
        self.apps[number] = App(number=number, name=name, form=form, key_field=key_field)
        return number

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Status and body of the answer; all of a request's writes are kept, or none."""
        undo: list[Undo] = []
        try:
            return 200, orjson.dumps(self._run(asked, undo=undo))
        except RefusedError as refused:
            for take_back in reversed(undo):
                take_back()
            return refused.status, orjson.dumps(refused.body)

    def _run(self, asked: Asked, *, undo: list[Undo]) -> Json:
        match asked.method, asked.name:
            case "PUT", "records.json":
                return self._put_records(asked.params, undo=undo)
            case "POST", "bulkRequest.json":
                return self._bulk(asked.params, undo=undo)
            case "GET", "records.json":
                return self._get_records(asked.params)
            case "GET", "app/form/fields.json":
                return {"properties": self._app(asked.params).form, "revision": "1"}
            case "GET", "app.json":
                return _shown_app(self._app(asked.params, key="id"))
        raise _refused("CB_IL02")

    def _app(self, params: Json, *, key: str = "app") -> App:
        app = self.apps.get(int(params.get(key) or 0))
        if app is None:
            raise _refused("GAIA_AP01", status=404)
        return app

    def _put_records(self, params: Json, *, undo: list[Undo]) -> Json:
        app, items = self._app(params), params["records"]
        if len(items) > MOST_RECORDS:
            raise _refused("CB_VA01", errors={"records": _messages("100件までです。")})
        self._check(app, items)
        upsert = bool(params.get("upsert"))
        return {"records": [app.put(item, upsert=upsert, undo=undo) for item in items]}

    def _check(self, app: App, items: Sequence[Json]) -> None:
        """Refuse what kintone would (a key twice, or among the values), and what is configured."""
        keys = [item["updateKey"]["value"] for item in items if "updateKey" in item]
        if len(set(keys)) < len(keys):
            raise _refused("GAIA_IQ28")
        errors = {
            f"records[{index}].record[{app.key_field}]": _messages("updateKeyと重複しています。")
            for index, item in enumerate(items)
            if "updateKey" in item and app.key_field in (item.get("record") or {})
        }
        if errors:
            raise _refused("CB_VA01", errors=errors)
        if self.refusing.keys:
            self._refuse(app, items)

    def _refuse(self, app: App, items: Sequence[Json]) -> None:
        refusing = self.refusing
        bad = [index for index, item in enumerate(items) if app.key_of(item) in refusing.keys]
        if not bad:
            return
        if refusing.code == "CB_VA01":
            messages = _messages("値がほかのレコードと重複しています。")
            errors = {f"records[{index}].{refusing.field}.value": messages for index in bad}
            raise _refused("CB_VA01", errors=errors)
        value = items[bad[0]]["record"].get(refusing.field, {}).get("value", "")
        raise _refused(refusing.code, field=refusing.field, value=value)

    def _bulk(self, params: Json, *, undo: list[Undo]) -> Json:
        requests = params["requests"]
        if len(requests) > MOST_REQUESTS:
            raise _refused("CB_VA01", errors={"requests": _messages("20件までです。")})
        results: list[Json] = []
        for request in requests:
            try:
                if (request["method"], _name(request["api"])) != ("PUT", "records.json"):
                    raise _refused("CB_IL02")
                results.append(self._put_records(request["payload"], undo=undo))
            except RefusedError as refused:
                slots: list[Json] = [{} for _ in requests]
                slots[len(results)] = refused.body
                raise RefusedError(refused.status, {"results": slots}) from None
        return {"results": results}

    def _get_records(self, params: Json) -> Json:
        app = self._app(params)
        query = _QUERY.fullmatch(str(params.get("query") or "").strip())
        limit = int((query and query["limit"]) or MOST_RECORDS)
        if query is None or limit > MOST_READ:
            raise _refused("CB_VA01", errors={"query": _messages("$idだけで読めます。")})
        after, offset = int(query["after"] or 0), int(query["offset"] or 0)
        total = len(app.records) if after == 0 else sum(one > after for one in app.records)
        found = list(_some(app, after=after, order=query["order"], wanted=offset + limit))[offset:]
        fields = frozenset(params.get("fields") or ())
        counted = str(params.get("totalCount")).lower() == "true"
        return {
            "records": [app.shown(record_id, fields=fields) for record_id in found],
            "totalCount": str(total) if counted else None,
        }


def _some(app: App, *, after: int, order: str | None, wanted: int) -> Iterator[int]:
    """The first ids in that order; an app's ids are all from 1 to its last, some are gone."""
    whole = range(after + 1, app.last_id + 1)
    ids: Iterable[int] = whole if order == "asc" else reversed(whole)
    for record_id in ids:
        if wanted == 0:
            return
        if record_id in app.records:
            wanted -= 1
            yield record_id


def read(method: str, target: str, body: bytes | bytearray) -> Asked | None:
    """The call that a request is; None if its path is none of kintone's."""
    path, _, query = target.partition("?")
    name = _name(path)
    if not name:
        return None
    params: Json = orjson.loads(body) if body else _from_query(query)
    parts = [each["payload"] for each in params["requests"]] if "requests" in params else [params]
    records = sum(len(part.get("records", ())) for part in parts)
    return Asked(method=method, name=name, params=params, records=records, counted=len(parts))


def _name(path: str) -> str:
    found = _PATH.fullmatch(path)
    return found[1] if found else ""


def _from_query(query: str) -> Json:
    """`fields[0]`, `fields[1]` … become a list."""
    params: Json = {}
    for name, value in parse_qsl(query):
        if name.endswith("]"):
            params.setdefault(name.partition("[")[0], []).append(value)
        else:
            params[name] = value
    return params


def _shown_app(app: App) -> Json:
    return {
        "appId": str(app.number),
        "code": "",
        "name": app.name,
        "description": "",
        "createdAt": _CREATED,
        "creator": _PERSON,
        "modifiedAt": _CREATED,
        "modifier": _PERSON,
        "spaceId": None,
        "threadId": None,
    }


def _messages(*messages: str) -> Json:
    return {"messages": list(messages)}


_TEXTS = {
    "CB_VA01": "入力内容が正しくありません。",
    "GAIA_LO04": "フィールド「{field}」の値「{value}」が、ルックアップの参照先のフィールドに"
    "ないか、またはアプリやフィールドの閲覧権限がありません。",
    "GAIA_TO04": "同時アクセス数の上限を超えています。時間をおいて再度お試しください。",
}


def error_body(code: str, *, errors: Json | None = None, **params: str) -> Json:
    """A refusal in kintone's form."""
    message = _TEXTS.get(code, code).format(**params)
    body: Json = {"code": code, "id": secrets.token_urlsafe(15), "message": message}
    return body if errors is None else {**body, "errors": errors}


def _refused(
    code: str, *, status: int = 400, errors: Json | None = None, **params: str
) -> RefusedError:
    return RefusedError(status, error_body(code, errors=errors, **params))

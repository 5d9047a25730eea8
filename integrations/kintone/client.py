"""kintone's calls as methods: typed values in, typed values out, errors named by what to do."""

import random as chance
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Self

from integrations.kintone import transport
from integrations.kintone.credentials import Credentials
from integrations.kintone.errors import (
    KintoneConfigError,
    KintoneProtocolError,
    KintoneRejection,
)
from integrations.kintone.exchange import Call
from integrations.kintone.form import Form, parse_form
from integrations.kintone.rights import record_rights, rights_rows
from integrations.kintone.transport import Transport
from integrations.kintone.trust import tls_context
from integrations.kintone.values import (
    AppInfo,
    JsonValue,
    KintonePerson,
    Meter,
    Operation,
    PutResult,
    Record,
    RecordPut,
    RecordRights,
    RightsRow,
)

#: Longest time that a single exchange may be alive at kintone after it was begun.
REQUEST_LIFE: timedelta = transport.REQUEST_LIFE

#: Longest time that a call with all its attempts may be alive at kintone after it was begun.
CALL_LIFE: timedelta = transport.CALL_LIFE

#: Source: PUT records.json: records of one request.
MOST_RECORDS = 100

#: Most people of one answer. Source: GET /v1/users.json.
_USERS_AT_ONCE = 100

#: Source: POST bulkRequest.json: requests inside one.
MOST_PARTS = 20


class KintoneClient:
    """One kintone with one login, in one space. Several threads may use it at once.

    All methods raise, besides what they name:
        KintoneTransientError: still failing when the attempts were used up.
        KintoneConfigError: `.reason` says what a person must mend.
        KintoneProtocolError: not the answer that kintone promises.
        AllowanceSpentError: the meter refused; nothing was carried out.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credentials: Credentials,
        guest_space: int | None = None,
        meter: Meter | None = None,
        ca_bundle: str | None = None,
        timeout: float = transport.READ_TIMEOUT,
        attempts: int = transport.ATTEMPTS,
        connections: int = 16,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = chance.random,
    ) -> None:
        """A client for the kintone at `base_url`.

        Args:
            base_url: Scheme and host, perhaps with a path; `http` within this machine only.
            meter: Asked before every exchange.
            ca_bundle: PEM file of authorities to trust besides the system's.
            timeout: Seconds to wait for an answer; not beyond what `REQUEST_LIFE` counts on.
            attempts: How often a call is tried in all; not beyond what `CALL_LIFE` counts on.
            connections: How many requests may be in flight at once; more wait.
            sleep: Waits for so many seconds.
            random: A number from 0 up to 1, for the jitter.

        Raises:
            KintoneConfigError: the client certificate cannot be read.
        """
        if not transport.is_safe(base_url):
            message = "Credentials travel over https, or http within this machine."
            raise ValueError(message)
        space = f"/guest/{guest_space}" if guest_space else ""
        self._prefix = f"/k{space}/v1/"
        self._transport = Transport(
            base_url=base_url,
            headers=credentials.headers(),
            tls=partial(tls_context, ca_bundle=ca_bundle, certificate=credentials.certificate),
            meter=meter,
            timeout=min(timeout, transport.READ_TIMEOUT),
            attempts=min(attempts, transport.ATTEMPTS),
            connections=connections,
            sleep=sleep,
            random=random,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._transport.close()

    def check_login(self) -> None:
        """Returns where a login name and password are right, whatever app; not for tokens.

        Source: GET apps.json, which kintone counts against no app and refuses to tokens.
        """
        self._get("apps.json", app=None, query={"limit": "1"})

    def get_app(self, app: int) -> AppInfo:
        """The app's id and name.

        Source: GET app.json.
        """
        answer = self._get("app.json", app=app, query={"id": str(app)})
        try:
            return AppInfo(app=int(str(answer["appId"])), name=str(answer["name"]))
        except (KeyError, ValueError):
            raise self._unexpected("app.json") from None

    def get_form(self, app: int) -> Form:
        """The app's form as it is in use, not its draft; with the precision of its numbers, if any.

        Source: GET app/form/fields.json, and app/settings.json where the form has numbers.
        """
        answer = self._get("app/form/fields.json", app=app, query={"app": str(app)})
        form = parse_form(answer)
        if not form.has_numbers:
            return form
        return parse_form({**answer, "numberPrecision": self._number_precision(app)})

    def get_draft_form(self, app: int) -> Form:
        """The app's form as somebody would publish it; for who manages the app.

        Source: GET preview/app/form/fields.json (kintone-openapi).
        """
        name = "preview/app/form/fields.json"
        return parse_form(self._get(name, app=app, query={"app": str(app)}))

    def _number_precision(self, app: int) -> object:
        """The app's `numberPrecision`; None where kintone does not tell it to this login.

        Which right that takes is not known (kintone-api.md §1.3), and all works without.
        """
        try:
            answer = self._get("app/settings.json", app=app, query={"app": str(app)})
        except (KintoneConfigError, KintoneProtocolError, KintoneRejection):
            return None
        return answer.get("numberPrecision")

    def get_records(
        self, app: int, *, query: str = "", fields: Sequence[str] = ()
    ) -> list[Mapping[str, JsonValue]]:
        """Up to 500 records as field code → value, `$id` and `$revision` as numbers.

        Args:
            query: kintone's query language, with its `order by`, `limit` and `offset`.
            fields: Codes of the fields wanted; all if none are named.

        Source: GET records.json; 100 records unless the query says otherwise.
        """
        parameters = {"app": str(app)} | ({"query": query} if query else {})
        parameters |= {f"fields[{index}]": code for index, code in enumerate(fields)}
        answer = self._get("records.json", app=app, query=parameters)
        records = answer.get("records")
        if not isinstance(records, list):
            raise self._unexpected("records.json")
        try:
            return [_values(record) for record in records]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise self._unexpected("records.json") from None

    def count_records(self, app: int) -> int:
        """How many records of the app this login may see.

        Source: GET records.json, "totalCount".
        """
        query = {"app": str(app), "query": "limit 1", "totalCount": "true", "fields[0]": "$id"}
        answer = self._get("records.json", app=app, query=query)
        try:
            return int(str(answer["totalCount"]))
        except (KeyError, ValueError):
            raise self._unexpected("records.json") from None

    def get_record_rights(self, app: int, record_id: int) -> RecordRights:
        """What this login may do with a record that exists; not for API tokens.

        Source: GET records/acl/evaluate.json; a table's columns stand beside the other fields.
        """
        query = {"app": str(app), "ids[0]": str(record_id)}
        answer = self._get("records/acl/evaluate.json", app=app, query=query)
        try:
            return record_rights(answer)
        except (AttributeError, IndexError, KeyError, TypeError):
            raise self._unexpected("records/acl/evaluate.json") from None

    def get_app_rights(self, app: int) -> list[RightsRow]:
        """Who may do what with the app's records, first come first; for who manages the app.

        Source: GET app/acl.json.
        """
        answer = self._get("app/acl.json", app=app, query={"app": str(app)})
        try:
            return rights_rows(answer)
        except (AttributeError, KeyError, TypeError):
            raise self._unexpected("app/acl.json") from None

    def get_users(self) -> list[KintonePerson]:
        """Everybody who has a login name in this kintone; one request for 100 of them.

        Raises:
            KintoneConfigError: API tokens of apps may not ask this.

        Source: GET /v1/users.json, which kintone counts against no app.
        """
        people: list[KintonePerson] = []
        while True:
            query = {"size": str(_USERS_AT_ONCE), "offset": str(len(people))}
            call = Call(method="GET", path="/v1/users.json", app=None, query=query)
            try:
                page = [_person(one) for one in self._transport.send(call)["users"]]  # type: ignore[attr-defined]  # whatever it is not is caught
            except (AttributeError, KeyError, TypeError):
                raise self._unexpected("users.json") from None
            people += page
            if len(page) < _USERS_AT_ONCE:
                return people

    def create_app(self, name: str) -> int:
        """A new app without fields, which somebody must publish in kintone; returns its id.

        Call it with a client that tries once: a second attempt would make a second app.

        Args:
            name: 1 to 64 characters.

        Raises:
            KintoneConfigError: this login may create no apps; API tokens never may.
            KintoneTransientError: with `may_have_written`, the app may be there or not.

        Source: POST preview/app.json (kintone-openapi).
        """
        call = Call(
            method="POST",
            path=self._prefix + "preview/app.json",
            app=None,
            body={"name": name},
        )
        answer = self._transport.send(call)
        try:
            return int(str(answer["app"]))
        except (KeyError, ValueError):
            raise self._unexpected("preview/app.json", may_have_written=True) from None

    def add_fields(self, app: int, properties: Mapping[str, JsonValue]) -> None:
        """Add fields to the settings of an app, all or none; in use once somebody publishes them.

        Args:
            properties: Field code → settings, as in app/form/fields.json.

        Raises:
            KintoneRejection: kintone takes them not; nothing was added.

        Source: POST preview/app/form/fields.json (kintone-openapi).
        """
        call = Call(
            method="POST",
            path=self._prefix + "preview/app/form/fields.json",
            app=app,
            body={"app": app, "properties": properties},
        )
        self._transport.send(call)

    def put_records(
        self, puts: Sequence[RecordPut], *, app: int, key_field: str, upsert: bool = True
    ) -> list[PutResult]:
        """Insert or update up to 100 records in one request, all or none.

        A record put by id that is gone is inserted under a new id. Without `upsert`, records are
        only updated.

        Args:
            puts: 1 to 100, no key twice; by key, the key field must not be in the record.
            key_field: Field code of the update key: single-line text or number, unique.

        Returns:
            One result per put, in the order given.

        Raises:
            KintoneRejection: nothing was written; `.problems` maps an index in `puts` to what is
                wrong with its fields.

        Source: PUT records.json, "upsert" (kintone-api.md §2.1).
        """
        call = Call(
            method="PUT",
            path=self._prefix + "records.json",
            app=app,
            body=_put_body(puts, app=app, key_field=key_field, upsert=upsert),
            parts=[len(puts)],
            key_field=key_field,
        )
        answer = self._transport.send(call)
        return self._put_results(call, answer, [answer], [puts])[0]

    def put_in_bulk(
        self, parts: Sequence[Sequence[RecordPut]], *, app: int, key_field: str
    ) -> list[list[PutResult]]:
        """Insert or update up to 20 × 100 records on one journey, all or none.

        kintone carries the parts out one after another, and counts each of them.

        Args:
            parts: 1 to 20 requests, each as in `put_records`.
            key_field: Field code of the update key.

        Returns:
            One list of results per part, in the order given.

        Raises:
            KintoneRejection: nothing was written; `.part` is the part that was refused, the only
                one that kintone names, and `.problems` is about its records.

        Source: POST bulkRequest.json (kintone-api.md §2.2).
        """
        if not 1 <= len(parts) <= MOST_PARTS:
            message = f"A bulkRequest takes 1 to {MOST_PARTS} requests, not {len(parts)}."
            raise ValueError(message)
        requests: list[JsonValue] = [
            {
                "method": "PUT",
                "api": self._prefix + "records.json",
                "payload": _put_body(puts, app=app, key_field=key_field, upsert=True),
            }
            for puts in parts
        ]
        call = Call(
            method="POST",
            path=self._prefix + "bulkRequest.json",
            app=app,
            body={"requests": requests},
            parts=[len(puts) for puts in parts],
            key_field=key_field,
        )
        answer = self._transport.send(call)
        answers = answer.get("results")
        if not isinstance(answers, list) or len(answers) != len(parts):
            raise self._broken_promise(call, answer)
        return self._put_results(call, answer, answers, parts)

    def _put_results(
        self,
        call: Call,
        answer: Mapping[str, object],
        answers: Sequence[Mapping[str, object]],
        parts: Sequence[Sequence[object]],
    ) -> list[list[PutResult]]:
        """What kintone says of each record; fewer or other answers are a broken promise."""
        try:
            return [
                [_put_result(result) for _, result in zip(puts, answer["records"], strict=True)]  # type: ignore[call-overload]  # whatever it is not is caught
                for puts, answer in zip(parts, answers, strict=True)
            ]
        except (AttributeError, KeyError, TypeError, ValueError):
            raise self._broken_promise(call, answer) from None

    def _broken_promise(self, call: Call, answer: Mapping[str, object]) -> KintoneProtocolError:
        """What to raise where records were sent, and nobody can tell what became of them."""
        name = call.path.removeprefix(self._prefix)
        error = self._unexpected(name, may_have_written=True)
        error.exchange = self._transport.unexpected(call, answer)
        return error

    def _get(self, name: str, *, app: int | None, query: Mapping[str, str]) -> Mapping[str, object]:
        call = Call(method="GET", path=self._prefix + name, app=app, query=query)
        return self._transport.send(call)

    def _unexpected(self, name: str, *, may_have_written: bool = False) -> KintoneProtocolError:
        summary = f"{self._prefix}{name}: 200, but not the answer that kintone promises"
        return KintoneProtocolError(summary, status=200, may_have_written=may_have_written)


def _person(user: Mapping[str, object]) -> KintonePerson:
    return KintonePerson(
        code=str(user["code"]),
        name=str(user.get("name") or ""),
        email=str(user.get("email") or ""),
        active=user.get("valid") is not False,
    )


def _check_puts(puts: Sequence[RecordPut], *, key_field: str) -> None:
    """Refuse here, as our own mistake, what kintone would refuse for the whole request."""
    if not 1 <= len(puts) <= MOST_RECORDS:
        message = f"A request takes 1 to {MOST_RECORDS} records, not {len(puts)}."
        raise ValueError(message)
    keys = [put.key for put in puts if put.record_id is None]
    if "" in keys:
        message = "A put needs a key or a record id."
        raise ValueError(message)
    if len(set(keys)) < len(keys):
        message = "An update key is twice in one request."
        raise ValueError(message)
    if any(put.record_id is None and key_field in put.record for put in puts):
        message = "By update key, the key field must not be in the record."
        raise ValueError(message)


def _put_body(
    puts: Sequence[RecordPut], *, app: int, key_field: str, upsert: bool
) -> dict[str, JsonValue]:
    _check_puts(puts, key_field=key_field)
    records = [_put(put, key_field=key_field) for put in puts]
    body: dict[str, JsonValue] = {"app": app, "records": records}
    return body | {"upsert": True} if upsert else body


def _put(put: RecordPut, *, key_field: str) -> dict[str, JsonValue]:
    found: dict[str, JsonValue]
    if put.record_id is None:
        found = {"updateKey": {"field": key_field, "value": put.key}}
    else:
        found = {"id": put.record_id}
    return found | {"record": {code: {"value": value} for code, value in put.record.items()}}


def _put_result(result: Mapping[str, object]) -> PutResult:
    return PutResult(
        record_id=int(str(result["id"])),
        revision=int(str(result["revision"])),
        # Without upsert kintone names none: it only updates.
        operation=Operation(str(result.get("operation", "UPDATE"))),
    )


def _values(record: Mapping[str, Mapping[str, JsonValue]]) -> Record:
    values = {code: field["value"] for code, field in record.items()}
    for code in ("$id", "$revision"):
        if code in values:
            values[code] = int(str(values[code]))
    return values

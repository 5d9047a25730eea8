"""The stand-in as a whole: one request in, one answer out (or none, where it is cut)."""

import json
import threading
from collections.abc import Mapping
from typing import Any

from sandbox import auth, control, files, pages
from sandbox.calls import Call
from sandbox.endpoints import API_PATH, BulkError, count_records, counted_apps, run
from sandbox.errors import ApiError
from sandbox.faults import Fault, Faults, Gate, Latency
from sandbox.http_values import (
    Answer,
    ConnectionCut,
    Incoming,
    html_answer,
    json_answer,
    text_answer,
)
from sandbox.log import Exchange, Log
from sandbox.model import Domain, Undo
from sandbox.params import from_query
from sandbox.world import World

#: First path segments that are kintone's or ours, and so name no domain.
OWN_SEGMENTS = frozenset({"", "k", "v1", "sandbox", "favicon.ico"})
_SECRET_HEADERS = frozenset({"authorization", "x-cybozu-authorization", "x-cybozu-api-token"})


class Sandbox:
    """A kintone to develop, demonstrate and test against."""

    def __init__(self, world: World, *, keep_bodies: bool = True) -> None:
        self.world = world
        self.faults = Faults()
        self.latency = Latency()
        self.gate = Gate()
        self.log = Log(keep_bodies=keep_bodies)
        self.closing = threading.Event()

    def handle(self, incoming: Incoming) -> Answer:
        """The answer to one request.

        Raises:
            ConnectionCut: there is to be no answer.
        """
        domain, path = self._domain_and_path(incoming.path)
        if domain is None:
            return text_answer("Not Found", status=404)
        found = API_PATH.fullmatch(path)
        if found:
            return self._gated(domain, incoming, path=path, name=found["name"] or "users.json")
        if path.startswith("/sandbox/"):
            return control.handle(self, domain, incoming, path=path)
        return pages.handle(self.world, domain, incoming, path=path)

    def _domain_and_path(self, path: str) -> tuple[Domain | None, str]:
        """The domain that the first segment names, and the path without it."""
        first, slash, rest = path.lstrip("/").partition("/")
        if first in OWN_SEGMENTS:
            return self.world.default, path
        return self.world.domains.get(first), f"{slash}{rest}" or "/"

    def _gated(self, domain: Domain, incoming: Incoming, *, path: str, name: str) -> Answer:
        """One API call, counted among those under way."""
        running = self.gate.enter()
        try:
            exchange, params = self._open(incoming, path=path, name=name)
            headers = {
                "X-ConcurrencyLimit-Limit": str(self.gate.limit),
                "X-ConcurrencyLimit-Running": str(running),
            }
            answer = self._answer(domain, incoming, exchange, params=params, name=name)
            exchange.status = answer.status
            return Answer(
                status=answer.status,
                body=answer.body,
                content_type=answer.content_type,
                headers={**headers, **answer.headers},
            )
        finally:
            self.gate.leave()

    def _open(self, incoming: Incoming, *, path: str, name: str) -> tuple[Exchange, Any]:
        """The log's entry of the call and its parameters; None: the body is no JSON."""
        params: Any = from_query(incoming.query)
        if incoming.body and name != "file.json":
            params = _parsed(incoming.body)
        exchange = Exchange(
            method=_method(incoming),
            path=path,
            at=self.world.clock(),
            headers={
                key: value for key, value in incoming.headers.items() if key not in _SECRET_HEADERS
            },
            query=incoming.query,
            body=params if incoming.body and self.log.keep_bodies else None,
            apps=tuple(counted_apps(name, params)),
        )
        self.log.add(exchange)
        return exchange, params

    def _answer(
        self, domain: Domain, incoming: Incoming, exchange: Exchange, *, params: Any, name: str
    ) -> Answer:
        if domain.blocked:
            return html_answer(pages.BLOCK_PAGE, status=403)
        if not auth.basic_passed(domain, incoming.headers):
            return html_answer(pages.BASIC_PAGE, status=401)
        if self.gate.running > self.gate.limit:
            error = ApiError("GAIA_TO04")
            return json_answer(
                error.body(domain.language),
                status=error.status,
                headers={"X-Cybozu-Error": error.code},
            )
        fault = self.faults.take(path=exchange.path, method=exchange.method, body=params)
        if fault is not None and fault.cut != "after":
            return self._spoiled(fault, exchange, domain)
        self._wait(self.latency.before + self.latency.per_record * count_records(params))
        answer = self._carry_out(domain, incoming, exchange, params=params, name=name)
        if fault is not None:
            exchange.cut = True
            raise ConnectionCut
        self._wait(self.latency.after)
        return answer

    def _spoiled(self, fault: Fault, exchange: Exchange, domain: Domain) -> Answer:
        if fault.cut:
            exchange.cut = True
            raise ConnectionCut
        if fault.code:
            error = fault.error()
            return json_answer(
                error.body(domain.language), status=error.status, headers=fault.headers
            )
        content_type = "application/json" if fault.body.startswith("{") else "text/html"
        return Answer(
            status=fault.status or 503,
            body=fault.body.encode(),
            content_type=f"{content_type};charset=utf-8",
            headers=fault.headers,
        )

    def _wait(self, seconds: float) -> None:
        if seconds > 0:
            self.closing.wait(seconds)

    def _carry_out(
        self, domain: Domain, incoming: Incoming, exchange: Exchange, *, params: Any, name: str
    ) -> Answer:
        language = auth.browser_language(domain, incoming.headers.get("accept-language", ""))
        try:
            actor = auth.identify(domain, incoming.headers)
            language = actor.language
            _check_form_of_request(incoming, params)
            if name == "file.json":
                return files.handle(self.world, incoming, params=params)
            path = API_PATH.fullmatch(exchange.path)
            assert path is not None
            call = Call(
                world=self.world,
                domain=domain,
                actor=actor,
                params=params,
                undo=Undo(),
                guest_space=int(path["guest"]) if path["guest"] else None,
                preview=bool(path["preview"]),
            )
            return json_answer(self._run(call, method=exchange.method, name=name))
        except ApiError as error:
            return json_answer(error.body(language), status=error.status)
        except BulkError as failure:
            return json_answer(failure.body(language), status=failure.error.status)

    def _run(self, call: Call, *, method: str, name: str) -> Mapping[str, Any]:
        """The call's answer; all of its writes are kept, or none."""
        with self.world.lock:
            try:
                result = run(call, method=method, name=name, faults=self.faults)
            except BaseException:
                call.undo.roll_back()
                raise
            if method != "GET":
                self.world.on_change()
            return result


def _method(incoming: Incoming) -> str:
    """The method meant: a POST may stand for a GET with a long query."""
    override = incoming.headers.get("x-http-method-override", "")
    return override if incoming.method == "POST" and override else incoming.method


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _check_form_of_request(incoming: Incoming, params: Any) -> None:
    """Refuse a body-less GET with a Content-Type, and a body that is no JSON object."""
    if incoming.method == "GET" and not incoming.body and "content-type" in incoming.headers:
        raise ApiError("CB_IL02")
    if not isinstance(params, dict):
        raise ApiError("CB_IJ01")

"""The stand-in as a whole: one request in, one answer out (or none, where it is cut)."""

import json
import re
import threading
import time
from collections import deque
from dataclasses import asdict, fields, replace
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Final

from sandbox.faults import Fault, Faults
from sandbox.hotprofile.demo import churn
from sandbox.hotprofile.listing import BadRequest, get_entry_list
from sandbox.hotprofile.world import Tenant
from sandbox.http_values import Answer, ConnectionCut, Incoming, html_answer, json_answer

_API = re.compile(r"/rest_api/v1/(?P<listing>clients|leads)/get_entry_list")
_WINDOW: Final = 60.0


class HotProfile:
    """A Hot Profile to develop, demonstrate and test against.

    Faults are those of the kintone stand-in: a `status` with a `body`, or a connection that is cut
    (`before` or `after` the answer was made; "middle": in the middle of it).
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.faults = Faults()
        self.calls: list[dict[str, Any]] = []
        """The bodies of the calls so far, without the key, each with its `listing`."""
        self.refused = 0
        """Calls that were one too many in their minute."""
        self.delay = 0.0
        """Seconds that every answer takes."""
        self.closing = threading.Event()
        self._times: deque[float] = deque()

    def handle(self, incoming: Incoming) -> Answer:
        """The answer to one request.

        Raises:
            ConnectionCut: there is to be no answer.
        """
        found = _API.fullmatch(incoming.path)
        if found and incoming.method == "POST":
            answer = self._call(found["listing"], incoming)
        elif incoming.path.startswith("/sandbox/") and incoming.loopback:
            answer = self._control(incoming)
        else:
            return html_answer("<h1>404 Not Found</h1>", status=404)
        # The clock on the wall there; ours may show another time.
        date = format_datetime(self.tenant.now().astimezone(UTC), usegmt=True)
        return replace(answer, headers={**answer.headers, "Date": date})

    def _call(self, listing: str, incoming: Incoming) -> Answer:
        try:
            body = json.loads(incoming.body or b"{}")
        except ValueError:
            return json_answer({"message": "JSON is broken"}, status=400)
        with self.tenant.lock:
            self.calls.append({"listing": listing, **body, "api_key": "***"})
            too_many = self._is_too_many()
        if too_many:
            return json_answer({"message": "Too many requests"}, status=429)
        self.closing.wait(self.delay)
        fault = self.faults.take(path=incoming.path, method=incoming.method, body=body)
        if fault:
            return self._spoiled(fault, listing, body)
        if body.get("api_key") != self.tenant.api_key:
            return json_answer({"message": "api_key is invalid"}, status=401)
        try:
            return json_answer(get_entry_list(self.tenant, listing, body))
        except BadRequest as error:
            return json_answer({"message": str(error)}, status=400)

    def _is_too_many(self) -> bool:
        now = time.monotonic()
        while self._times and self._times[0] <= now - _WINDOW:
            self._times.popleft()
        if len(self._times) >= self.tenant.limit:
            self.refused += 1
            return True
        self._times.append(now)
        return False

    def _spoiled(self, fault: Fault, listing: str, body: dict[str, Any]) -> Answer:
        if fault.cut == "middle":
            whole = json_answer(get_entry_list(self.tenant, listing, body))
            half = whole.body[: len(whole.body) // 2]
            return Answer(status=200, body=half, content_type=whole.content_type)
        if fault.cut:
            raise ConnectionCut
        return Answer(
            status=fault.status or 200,
            body=fault.body.encode(),
            content_type="text/html;charset=utf-8",
            headers=fault.headers,
        )

    def _control(self, incoming: Incoming) -> Answer:
        """The control API, for callers on this machine: JSON in and out."""
        body = json.loads(incoming.body or b"{}")
        tenant, name = self.tenant, incoming.path.removeprefix("/sandbox/")
        if incoming.method == "GET" and name == "state":
            return json_answer(self._state())
        if incoming.method == "DELETE" and name == "faults":
            self.faults.clear()
        elif incoming.method != "POST":
            return json_answer({"message": "no such call"}, status=404)
        elif name == "faults":
            known = {each.name for each in fields(Fault)}
            self.faults.add(Fault(**{key: value for key, value in body.items() if key in known}))
        elif name == "change":
            tenant.change(body["listing"], int(body["id"]), body["values"])
        elif name == "add":
            return json_answer({"id": tenant.add(body["listing"], body["values"])})
        elif name == "remove":
            tenant.remove(body["listing"], int(body["id"]))
        elif name == "merge":
            tenant.merge(int(body["id"]), into=int(body["into"]))
        elif name == "churn":
            return json_answer({"changed": churn(tenant, **body)})
        else:
            return json_answer({"message": "no such call"}, status=404)
        return json_answer(self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "companies": len(self.tenant.companies.by_id),
            "departments": len(self.tenant.departments),
            "leads": len(self.tenant.leads.by_id),
            "calls": len(self.calls),
            "refused": self.refused,
            "limit": self.tenant.limit,
            "faults": [asdict(fault) for fault in self.faults.pending],
        }

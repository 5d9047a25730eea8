"""The control API under /sandbox/: faults, latency, apps and people from outside the process.

JSON in and out, for callers on this machine only. docs/sandbox.md lists the calls.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sandbox import admin
from sandbox.errors import ApiError
from sandbox.faults import Fault, Latency
from sandbox.http_values import Answer, Incoming, json_answer
from sandbox.log import Exchange
from sandbox.model import ALL_RIGHTS, App, Domain, User
from sandbox.reading import show_record
from sandbox.scalars import Precision

if TYPE_CHECKING:
    from sandbox.service import Sandbox

Json = dict[str, Any]


class Control:
    """The calls on one domain of a sandbox; each takes the body and what the path names."""

    def __init__(self, sandbox: "Sandbox", domain: Domain) -> None:
        self.sandbox = sandbox
        self.domain = domain
        self.world = sandbox.world

    def _app(self, number: str) -> App:
        if int(number) not in self.domain.apps:
            raise LookupError(f"no app {number}")
        return self.domain.apps[int(number)]

    def show_state(self, _body: Json) -> Json:
        """Domains, people and apps; no passwords, no tokens."""
        return {
            "domains": list(self.world.domains),
            "domain": self.domain.name,
            "blocked": self.domain.blocked,
            "users": {user.login: user.name for user in self.domain.users.values()},
            "apps": [
                {"app": app.id, "name": app.name, "records": len(app.records)}
                for app in self.domain.apps.values()
            ],
        }

    def add_domain(self, body: Json) -> Json:
        """Add a domain with one user."""
        user = User(login=body["login"], name=body["login"], password=body["password"])
        with self.world.lock:
            domain = Domain(name=body["name"], users={user.login: user})
            self.world.domains[domain.name] = domain
            self.world.on_change()
        return {"domain": domain.name}

    def change_domain(self, body: Json) -> Json:
        """Block the callers' addresses, switch Basic authentication on or off."""
        with self.world.lock:
            if "blocked" in body:
                self.domain.blocked = bool(body["blocked"])
            if "basic" in body:
                basic = body["basic"]
                self.domain.basic = (basic["user"], basic["password"]) if basic else None
            self.world.on_change()
        return {}

    def add_app(self, body: Json) -> Json:
        """Add an app with fields and perhaps records."""
        app = admin.add_app(
            self.world,
            self.domain,
            body["name"],
            body["fields"],
            guest_space=body.get("guest_space"),
            code=body.get("code", ""),
        )
        self._load(app, body)
        return {"app": app.id}

    def delete_app(self, _body: Json, number: str) -> Json:
        """Delete an app."""
        admin.delete_app(self.world, self.domain, self._app(number).id)
        return {}

    def change_app(self, body: Json, number: str) -> Json:
        """Change the form and who may do what."""
        app = self._app(number)
        for old, new in body.get("rename", {}).items():
            admin.rename_field(self.world, app, old, new)
        for code in body.get("remove", ()):
            admin.remove_field(self.world, app, code)
        for code, settings in body.get("set", {}).items():
            admin.set_field(self.world, app, code, settings)
        for code, options in body.get("remove_options", {}).items():
            for option in options:
                admin.remove_option(self.world, app, code, option)
        if "precision" in body:
            admin.set_precision(self.world, app, Precision(**body["precision"]))
        with self.world.lock:
            app.in_maintenance = bool(body.get("in_maintenance", app.in_maintenance))
            for login, rights in body.get("rights", {}).items():
                app.rights[login] = frozenset(rights)
            if "read_only" in body:
                app.read_only = set(body["read_only"])
            self.world.on_change()
        return {"revision": app.revision}

    def add_token(self, body: Json, number: str) -> Json:
        """Make an API token."""
        permissions = body.get("permissions") or sorted(ALL_RIGHTS)
        return {"token": admin.add_token(self.world, self._app(number), permissions=permissions)}

    def show_records(self, _body: Json, number: str) -> Json:
        """All records of an app: field code → value."""
        app = self._app(number)
        with self.world.lock:
            shown = [show_record(self.domain, app, app.records[each]) for each in app.ids]
        return {
            "records": [{code: cell["value"] for code, cell in record.items()} for record in shown]
        }

    def add_records(self, body: Json, number: str) -> Json:
        """Add records, any number."""
        return {"ids": self._load(self._app(number), body)}

    def _load(self, app: App, body: Json) -> list[int]:
        added = admin.load_records(self.world, self.domain, app, body.get("records", ()))
        return [record.id for record in added]

    def change_user(self, body: Json, login: str) -> Json:
        """Add a user, or change some of the settings of one."""
        known = self.domain.users.get(login) or User(login=login, name=login)
        user = User(**{**asdict(known), **body, "login": login})
        admin.add_user(self.world, self.domain, user)
        return {}

    def show_faults(self, _body: Json) -> Json:
        """What is still to go wrong."""
        return {"faults": [asdict(fault) for fault in self.sandbox.faults.pending]}

    def add_fault(self, body: Json) -> Json:
        """Let something go wrong."""
        given = dict(body)
        if isinstance(given.get("body"), Mapping):
            given["body"] = json.dumps(given["body"], ensure_ascii=False)
        self.sandbox.faults.add(Fault(**given))
        return {}

    def clear_faults(self, _body: Json) -> Json:
        """Let everything go well."""
        self.sandbox.faults.clear()
        return {}

    def set_latency(self, body: Json) -> Json:
        """Take that many seconds for each answer."""
        self.sandbox.latency = Latency(**{name: float(value) for name, value in body.items()})
        return {}

    def set_limit(self, body: Json) -> Json:
        """Allow that many calls at once."""
        self.sandbox.gate.limit = int(body["limit"])
        return {}

    def show_requests(self, _body: Json) -> Json:
        """What was asked, and how often each app was addressed."""
        log = self.sandbox.log
        return {
            "total": log.total,
            "counted": {str(app): count for app, count in log.counts.items()},
            "most_at_once": self.sandbox.gate.most,
            "requests": [_show_exchange(each) for each in log.exchanges],
        }

    def forget_requests(self, _body: Json) -> Json:
        """Begin the log anew."""
        self.sandbox.log.clear()
        self.sandbox.gate.most = 0
        return {}


def _show_exchange(exchange: Exchange) -> Json:
    shown = {each.name: getattr(exchange, each.name) for each in fields(exchange)}
    return {**shown, "at": exchange.at.isoformat(), "counted": exchange.counted}


_NUMBER = r"(?P<number>[0-9]{1,15})"
CALLS: tuple[tuple[str, str, Callable[..., Json]], ...] = (
    ("GET", "state", Control.show_state),
    ("POST", "domains", Control.add_domain),
    ("PATCH", "domain", Control.change_domain),
    ("POST", "apps", Control.add_app),
    ("DELETE", f"apps/{_NUMBER}", Control.delete_app),
    ("PATCH", f"apps/{_NUMBER}", Control.change_app),
    ("POST", f"apps/{_NUMBER}/tokens", Control.add_token),
    ("GET", f"apps/{_NUMBER}/records", Control.show_records),
    ("POST", f"apps/{_NUMBER}/records", Control.add_records),
    ("PATCH", r"users/(?P<login>[^/]+)", Control.change_user),
    ("GET", "faults", Control.show_faults),
    ("POST", "faults", Control.add_fault),
    ("DELETE", "faults", Control.clear_faults),
    ("PUT", "latency", Control.set_latency),
    ("PUT", "concurrency", Control.set_limit),
    ("GET", "requests", Control.show_requests),
    ("DELETE", "requests", Control.forget_requests),
)


def handle(sandbox: "Sandbox", domain: Domain, incoming: Incoming, *, path: str) -> Answer:
    """The answer to a call of the control API."""
    # A web page that the user happens to visit can neither send this type nor read the answer.
    is_json = incoming.headers.get("content-type", "").startswith("application/json")
    if not incoming.loopback or (incoming.method != "GET" and not is_json):
        return json_answer({"message": "only JSON, only from this machine"}, status=403)
    for method, pattern, call in CALLS:
        found = re.fullmatch(pattern, path.removeprefix("/sandbox/"))
        if found and method == incoming.method:
            return _call(Control(sandbox, domain), call, incoming, found.groupdict())
    return json_answer({"message": "no such call"}, status=404)


def _call(
    control: Control, call: Callable[..., Json], incoming: Incoming, named: Mapping[str, str]
) -> Answer:
    try:
        body = json.loads(incoming.body or b"{}")
        return json_answer(call(control, body, **named))
    except ApiError as error:
        return json_answer(error.body("ja"), status=error.status)
    except LookupError as error:
        return json_answer({"message": f"missing: {error}"}, status=404)
    except (TypeError, ValueError, AttributeError) as error:
        return json_answer({"message": str(error)}, status=400)

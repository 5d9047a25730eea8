"""One call of the API: its parameters, who makes it, and the checks that all calls share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox import params
from sandbox.auth import Actor
from sandbox.building import Writing
from sandbox.errors import ApiError, Issues
from sandbox.model import App, Domain, Undo
from sandbox.params import Params
from sandbox.scalars import to_minute
from sandbox.values import Checking
from sandbox.world import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that passed the credentials check."""

    world: World
    domain: Domain
    actor: Actor
    params: Params
    undo: Undo
    guest_space: int | None = None
    preview: bool = False

    def app(self, *rights: str, key: str = "app", any_right: bool = False) -> App:
        """The app that the call is about, if the caller has `rights` (or any one of them) on it.

        Raises:
            ApiError: GAIA_AP01, GAIA_IL23, CB_NO02, GAIA_NO01, GAIA_IA02.
        """
        number = params.required_number(self.params, key)
        app = self.domain.apps.get(number)
        if app is None or not (app.published or self.preview):
            raise ApiError("GAIA_AP01", app=number)
        if app.guest_space != self.guest_space:
            raise ApiError("GAIA_IL23" if self.guest_space is None else "CB_NO02")
        check = self.actor.require_any if any_right else self.actor.require
        check(app, *rights)
        if app.in_maintenance:
            raise ApiError("GAIA_NO02")
        return app

    def writing(self) -> Writing:
        """A fresh place for the issues of one write."""
        checking = Checking(domain=self.domain, files=self.world.files, issues=Issues())
        now = self.world.clock()
        return Writing(
            domain=self.domain,
            actor=self.actor,
            checking=checking,
            undo=self.undo,
            now=now,
            stamp=to_minute(now),
        )

    def inner(self, payload: Mapping[str, Any]) -> "Call":
        """The same caller's call with another payload."""
        return replace(self, params=payload)

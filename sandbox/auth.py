"""Who calls, and what they may do (kintone-api.md §1.2, §1.3)."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.errors import ApiError
from sandbox.form import Definition
from sandbox.model import ALL_RIGHTS, App, Domain, User

MOST_TOKENS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller: a user, or the API tokens of one or more apps acting as Administrator."""

    user: User | None = None
    permissions: Mapping[int, frozenset[str]] | None = None
    """App id → what its token permits; None for a user."""
    language: str = "ja"

    @property
    def login(self) -> str:
        """Who stands in the record's history."""
        return self.user.login if self.user else "Administrator"

    def may(self, app: App, right: str) -> bool:
        """Whether the caller has `right` on the app."""
        if self.user is not None:
            return right in app.rights.get(self.user.login, ALL_RIGHTS)
        return right in (self.permissions or {}).get(app.id, frozenset())

    def require(self, app: App, *rights: str) -> None:
        """Refuse the caller who lacks one of `rights`."""
        if self.permissions is not None and app.id not in self.permissions:
            raise ApiError("GAIA_IA02")
        if not all(self.may(app, right) for right in rights):
            raise ApiError("CB_NO02" if self.user else "GAIA_NO01")

    def require_any(self, app: App, *rights: str) -> None:
        """Refuse the caller who has none of `rights`."""
        if not any(self.may(app, right) for right in rights):
            self.require(app, rights[0])

    def form_as_seen(self, domain: Domain, app: App) -> dict[str, Definition]:
        """The form, with `lookup` null where the caller may not see the source app."""
        return {
            code: self._seen(domain, definition) for code, definition in app.definitions.items()
        }

    def _seen(self, domain: Domain, definition: Definition) -> Definition:
        if definition.get("lookup"):
            source = domain.apps.get(int(definition["lookup"]["relatedApp"]["app"]))
            if source is None or not self.may(source, "view"):
                return {**definition, "lookup": None}
        if "fields" in definition:
            columns = {
                code: self._seen(domain, each) for code, each in definition["fields"].items()
            }
            return {**definition, "fields": columns}
        return definition


def identify(domain: Domain, headers: Mapping[str, str]) -> Actor:
    """The caller that the headers (names in lower case) prove.

    A password goes before tokens where both are sent.

    Raises:
        ApiError: no credentials, or wrong ones.
    """
    accepted = headers.get("accept-language", "")
    if "x-cybozu-authorization" in headers:
        user = _user(domain, headers["x-cybozu-authorization"])
        language = user.language if user.language != "auto" else browser_language(domain, accepted)
        return Actor(user=user, language=language)
    if headers.get("x-cybozu-api-token", "").strip():
        return Actor(
            permissions=_permissions(domain, headers["x-cybozu-api-token"]),
            language=domain.language,
        )
    raise ApiError("CB_AU01")


def browser_language(domain: Domain, accepted: str) -> str:
    """The language of `Accept-Language`; without one, or with `*`, the domain's."""
    first = accepted.split(",")[0].strip().lower()
    if first.startswith("ja"):
        return "ja"
    return "en" if first.startswith("en") else domain.language


def basic_passed(domain: Domain, headers: Mapping[str, str]) -> bool:
    """Whether the Basic authentication in front, if there is one, lets the request through."""
    if domain.basic is None:
        return True
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    expected = ":".join(domain.basic)
    return scheme.lower() == "basic" and _same(_decode(encoded), expected)


def _user(domain: Domain, encoded: str) -> User:
    login, _, password = _decode(encoded).partition(":")
    user = domain.users.get(login)
    if user is None or not user.active or not _same(password, user.password):
        raise ApiError("CB_WA01")
    if user.two_factor:
        raise ApiError("CB_TW02")
    return user


def _permissions(domain: Domain, header: str) -> dict[int, frozenset[str]]:
    tokens = [token.strip() for token in header.split(",") if token.strip()]
    if len(tokens) > MOST_TOKENS:
        raise ApiError("GAIA_TO03")
    permissions: dict[int, frozenset[str]] = {}
    owners = domain.token_owners(tokens)
    for token in tokens:
        app = owners[token]
        if app is None:
            raise ApiError("GAIA_IA02")
        if app.id in permissions:
            raise ApiError("GAIA_DA03")
        permissions[app.id] = app.tokens[token]
    return permissions


def _decode(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())

"""From a stored `Connection` to a client, to a check link by link, to URLs for people."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.problems import Problem
from integrations import budget
from integrations.addresses import SUBDOMAIN, read_app_id, read_subdomain
from integrations.kintone.client import KintoneClient
from integrations.kintone.credentials import BasicLogin, ClientCertificate, Credentials
from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.transport import ATTEMPTS, READ_TIMEOUT
from integrations.kintone.values import Meter
from integrations.models import Connection

__all__ = [
    "CheckLink",
    "Link",
    "LinkState",
    "app_url",
    "check",
    "client_for",
    "error_problem",
    "login_of",
    "once_client_for",
    "page_client_for",
    "read_app_id",
    "read_subdomain",
]


class Link(models.TextChoices):
    """The links of the chain from here into an app, in their order."""

    SUBDOMAIN = "subdomain", _("サブドメイン")
    NETWORK = "network", _("通信")
    LOGIN = "login", _("ログイン")
    PERMISSION = "permission", _("アクセス権")
    APP = "app", _("アプリ")


class LinkState(models.TextChoices):
    """What a check found out about one link."""

    OK = "ok", _("問題なし")
    BROKEN = "broken", _("要対応")
    UNTESTED = "untested", _("未確認")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLink:
    """One link of the chain; `problem` says why it is broken."""

    link: Link
    state: LinkState
    problem: Problem | None = None


#: Which link a person has to mend. Before the broken one all are well, but for `_UNPROVEN`.
_LINK_BY_REASON = {
    ConfigReason.SUBDOMAIN: Link.SUBDOMAIN,
    ConfigReason.IP_ADDRESS: Link.NETWORK,
    ConfigReason.BASIC_AUTH: Link.NETWORK,
    ConfigReason.CERTIFICATE: Link.NETWORK,
    ConfigReason.LOGIN: Link.LOGIN,
    ConfigReason.TWO_FACTOR: Link.LOGIN,
    ConfigReason.TOKEN: Link.LOGIN,
    ConfigReason.PERMISSION: Link.PERMISSION,
    ConfigReason.FIELD: Link.PERMISSION,
    ConfigReason.APP: Link.APP,
    ConfigReason.GUEST_SPACE: Link.APP,
    ConfigReason.UPDATE_KEY: Link.APP,
    ConfigReason.LOOKUP_SOURCE: Link.APP,
}

#: Broken link → the links before it of which the failure tells nothing.
_UNPROVEN = {
    Link.NETWORK: (Link.SUBDOMAIN,),  # nobody answered who could know the subdomain
    Link.APP: (Link.PERMISSION,),  # there is no app to have a right on
}


#: Where a person waits for a page: one attempt, and not for long.
PAGE_TIMEOUT = 10.0


def client_for(
    connection: Connection,
    *,
    guest_space: int | None = None,
    meter: Meter | None = None,
    timeout: float = READ_TIMEOUT,
    attempts: int = ATTEMPTS,
    at_once: int = 4,
) -> KintoneClient:
    """A client for the connection's kintone; without a `meter` it spends on the apps' budgets.

    Args:
        at_once: How many requests may be in flight.

    Raises:
        KintoneConfigError: what is stored cannot be a subdomain, a login or a certificate.
    """
    return KintoneClient(
        base_url=_base_url(connection),
        credentials=_credentials(connection),
        guest_space=guest_space,
        meter=meter or budget.Meter(connection.host),
        ca_bundle=settings.KINTONE_CA_BUNDLE or None,
        timeout=timeout,
        attempts=attempts,
        connections=at_once,
    )


def page_client_for(connection: Connection, *, guest_space: int | None = None) -> KintoneClient:
    """A client for a page on which a person waits: it answers or fails within seconds.

    Raises:
        KintoneConfigError: as `client_for`.
    """
    return client_for(connection, guest_space=guest_space, timeout=PAGE_TIMEOUT, attempts=1)


def once_client_for(connection: Connection) -> KintoneClient:
    """A client for what must not be done twice: it tries once, and waits as long as kintone may.

    Raises:
        KintoneConfigError: as `client_for`.
    """
    return client_for(connection, attempts=1)


def check(
    connection: Connection, *, app: int | None = None, guest_space: int | None = None
) -> tuple[CheckLink, ...]:
    """All five links in order: well up to the first broken one, untested after it.

    Costs two requests of the app's day at most. Without an app, permission and app stay untested,
    and so does the login where it is API tokens, which belong to apps.
    """
    try:
        with page_client_for(connection, guest_space=guest_space) as client:
            if app is not None:
                client.get_app(app)
                client.get_form(app)
                return _chain(well=tuple(Link))
            if _credentials(connection).uses_password:
                client.check_login()
                return _chain(well=(Link.SUBDOMAIN, Link.NETWORK, Link.LOGIN))
            return _chain(well=())
    except AllowanceSpentError:
        return _chain(well=(), broken=Link.NETWORK, problem=Problem(code="budget"))
    except KintoneError as error:
        broken = _broken_link(error)
        earlier = tuple(Link)[: list(Link).index(broken)]
        well = tuple(link for link in earlier if link not in _UNPROVEN.get(broken, ()))
        return _chain(
            well=well, broken=broken, problem=error_problem(error, connection=connection, app=app)
        )


def login_of(connection: Connection) -> str:
    """The login name that requests are made by; "" where it is API tokens."""
    return connection.login if connection.login and connection.password else ""


def error_problem(error: KintoneError, *, connection: Connection, app: int | None) -> Problem:
    """The error as a problem to store and show: what was asked, and how kintone answered.

    Its parameters are the subdomain, the app, our own addresses where the operator named them, and
    kintone's code, message, id and status.
    """
    if isinstance(error, KintoneConfigError):
        code = f"kintone_config.{error.reason.value}"
    elif isinstance(error, KintoneTransientError):
        code = "kintone_down"
    elif isinstance(error, KintoneRejection):
        code = "kintone"
    else:
        code = "kintone_protocol"
    addresses = ", ".join(settings.EGRESS_ADDRESSES)
    return Problem(
        code=code,
        params={
            "subdomain": connection.subdomain,
            **({"app": app} if app is not None else {}),
            **({"address": addresses} if addresses else {}),
            "code": error.code,
            "message": error.message,
            "error_id": error.error_id,
            "status": error.status or 0,
        },
    )


def app_url(
    connection: Connection, app: int, guest_space: int | None = None, record_id: int | None = None
) -> str:
    """Where a person sees the app, or one of its records, in kintone."""
    space = f"guest/{guest_space}/" if guest_space else ""
    record = "" if record_id is None else f"show#record={record_id}"
    base_url = _url(connection.subdomain, connection.domain)
    return f"{base_url}/k/{space}{app}/{record}"


def _base_url(connection: Connection) -> str:
    """Where the connection's kintone answers.

    Raises:
        KintoneConfigError: subdomain or domain could lead credentials elsewhere.

    Source: with a client certificate the host is `SUBDOMAIN.s.DOMAIN` (kintone-api.md §1.1).
    """
    if (
        not SUBDOMAIN.fullmatch(connection.subdomain)
        or connection.domain not in Connection.Domain.values
    ):
        summary = "the connection's subdomain or domain is none"
        raise KintoneConfigError(summary, reason=ConfigReason.SUBDOMAIN)
    secure = "s." if connection.certificate_file else ""
    return _url(connection.subdomain, secure + connection.domain)


def _url(subdomain: str, domain: str) -> str:
    template: str = settings.KINTONE_URL_TEMPLATE
    return template.format(subdomain=subdomain, domain=domain).rstrip("/")


def _credentials(connection: Connection) -> Credentials:
    basic = certificate = None
    if connection.basic_user:
        basic = BasicLogin(user=connection.basic_user, password=connection.basic_password)
    if connection.certificate_file:
        certificate = ClientCertificate(
            file=Path(connection.certificate_file), password=connection.certificate_password
        )
    return Credentials(
        login=connection.login,
        password=connection.password,
        tokens=tuple(connection.tokens.split()),
        basic=basic,
        certificate=certificate,
    )


def _broken_link(error: KintoneError) -> Link:
    if isinstance(error, KintoneConfigError):
        return _LINK_BY_REASON[error.reason]
    # Kintone's own words mean that it answered: what it minds is the app.
    return Link.APP if error.code and not isinstance(error, KintoneTransientError) else Link.NETWORK


def _chain(
    *, well: tuple[Link, ...], broken: Link | None = None, problem: Problem | None = None
) -> tuple[CheckLink, ...]:
    def state(link: Link) -> LinkState:
        if link is broken:
            return LinkState.BROKEN
        return LinkState.OK if link in well else LinkState.UNTESTED

    return tuple(
        CheckLink(link=link, state=state(link), problem=problem if link is broken else None)
        for link in Link
    )

"""The tenant that data comes from: at most one, kept here, and how it is spoken to."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from audit.kinds import Kind
from audit.recording import Change, Document, Thing, changing
from common import clock
from common.types import RecordType
from integrations.hotprofile.client import ATTEMPTS, READ_TIMEOUT, HotProfileClient
from integrations.hotprofile.errors import ConfigReason, HotProfileConfigError
from integrations.hotprofile.pace import Pace
from pulls import pulling, troubles
from pulls.hosts import HostRefusedError, base_url
from pulls.models import Arrival, Pull, Refusal, Tenant

#: Where a person waits for a page: one attempt, and not for long.
PAGE_TIMEOUT = 10.0


def tenant() -> Tenant | None:
    """The tenant; None as long as nobody has entered one."""
    return Tenant.objects.order_by("id").first()


def save(*, host: str, api_key: str | None, enabled: bool, notify: Sequence[str]) -> Tenant:
    """The tenant as it now stands. Another host is another one: it is read from its beginning.

    Args:
        api_key: None keeps the one that is stored.
    """
    with _changing(Kind.SOURCE_CHANGE if tenant() else Kind.SOURCE_ADD):
        return _save(host=host, api_key=api_key, enabled=enabled, notify=notify)


def _save(*, host: str, api_key: str | None, enabled: bool, notify: Sequence[str]) -> Tenant:
    changed: dict[str, Any] = {"enabled": enabled, "notify": list(notify)}
    if api_key is not None:
        changed["api_key"] = api_key
    known = Tenant.objects.select_for_update().order_by("id").first()
    if known is None:
        return Tenant.objects.create(host=host, **changed)
    if known.host != host:
        changed |= {"host": host, "watermark": None, "stage": ""}
        for pull in Pull.objects.filter(tenant=known, status__in=Pull.ACTIVE):
            pulling.cancel(pull, now=clock.now())
    # Not the whole row: how far it is read moves meanwhile.
    Tenant.objects.filter(pk=known.pk).update(**changed)
    if not enabled:
        troubles.end_silently(known, now=clock.now())
    known.refresh_from_db()
    return known


def _changing(kind: Kind) -> AbstractContextManager[Change]:
    """One transaction, written down if the tenant is another one at its end."""

    def document() -> Document:
        one = tenant()
        return {name: getattr(one, name) for name in ("host", "enabled", "notify")} if one else {}

    def secrets() -> dict[str, object]:
        return {"api_key": one.api_key} if (one := tenant()) else {}

    def thing() -> Thing | None:
        return Thing(label=one.host) if (one := tenant()) else None

    return changing(kind, document, thing=thing, secrets=secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What deleting a tenant means, in numbers."""

    companies: int
    """That came from there; the same for `leads`. They stay."""
    leads: int
    refused: int
    pulls: int
    is_active: bool
    """A pull has not ended: it must be canceled first."""


class StillPullingError(Exception):
    """A pull is queued or running: a person must cancel it first."""


def extent_of(one: Tenant) -> Extent:
    """What deleting the tenant takes with it, and what stays."""
    pulls = Pull.objects.filter(tenant=one)
    return Extent(
        companies=Arrival.objects.filter(record_type=RecordType.COMPANY).count(),
        leads=Arrival.objects.filter(record_type=RecordType.LEAD).count(),
        refused=Refusal.objects.count(),
        pulls=pulls.count(),
        is_active=pulls.filter(status__in=Pull.ACTIVE).exists(),
    )


def delete(one: Tenant) -> None:
    """Forget the tenant, its key, its pulls and what is remembered of its records.

    Customer data stays, and so do the custom items that its labels fill.

    Raises:
        StillPullingError: a pull has not ended; nothing was deleted.
    """
    with _changing(Kind.SOURCE_DELETE):
        locked = Tenant.objects.select_for_update().get(pk=one.pk)
        if Pull.objects.filter(tenant=locked, status__in=Pull.ACTIVE).exists():
            raise StillPullingError
        # Nothing refers to them: each goes by one statement, however many there are.
        Refusal.objects.all().delete()
        Arrival.objects.all().delete()
        locked.delete()


def client_for(
    one: Tenant,
    *,
    attempts: int = ATTEMPTS,
    timeout: float = READ_TIMEOUT,
    before_call: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> HotProfileClient:
    """A client for the tenant, at the pace that the operator set.

    Raises:
        HotProfileConfigError: its key may not be sent to that host.
    """
    try:
        address = base_url(one.host)
    except HostRefusedError as error:
        raise HotProfileConfigError(str(error), reason=ConfigReason.HOST) from None
    return HotProfileClient(
        base_url=address,
        api_key=one.api_key,
        pace=Pace(settings.HOTPROFILE_CALLS_PER_MINUTE, sleep=sleep),
        ca_bundle=settings.KINTONE_CA_BUNDLE or None,
        attempts=attempts,
        timeout=timeout,
        before_call=before_call,
        sleep=sleep,
    )


def page_client_for(one: Tenant) -> HotProfileClient:
    """A client for a page on which a person waits: it answers or fails within seconds.

    Raises:
        HotProfileConfigError: as `client_for`.
    """
    return client_for(one, attempts=1, timeout=PAGE_TIMEOUT)

"""The tenant that data comes from: at most one, kept here, and how it is spoken to."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from common import clock
from integrations.hotprofile.client import ATTEMPTS, READ_TIMEOUT, HotProfileClient
from integrations.hotprofile.errors import ConfigReason, HotProfileConfigError
from integrations.hotprofile.pace import Pace
from pulls import pulling, troubles
from pulls.hosts import HostRefusedError, base_url
from pulls.models import Pull, Tenant

#: Where a person waits for a page: one attempt, and not for long.
PAGE_TIMEOUT = 10.0


def tenant() -> Tenant | None:
    """The tenant; None as long as nobody has entered one."""
    return Tenant.objects.order_by("id").first()


@transaction.atomic
def save(*, host: str, api_key: str | None, enabled: bool, notify: Sequence[str]) -> Tenant:
    """The tenant as it now stands. Another host is another one: it is read from its beginning.

    Args:
        api_key: None keeps the one that is stored.
    """
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

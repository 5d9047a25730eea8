"""States of ill health of a tenant: begun and ended by what pulls report."""

from datetime import datetime

from common.problems import Problem
from pulls.models import Pull, Tenant, Trouble


def review(pull: Pull, *, problem: Problem | None, now: datetime) -> None:
    """Begin, change or end the tenant's trouble as this pull ended; another is told anew."""
    current = open_trouble(pull.tenant)
    if problem is None:
        if current is not None:
            Trouble.objects.filter(pk=current.pk, ended_at=None).update(ended_at=now)
        return
    told = {"problem": problem.as_json(), "pull": pull}
    if current is None:
        Trouble.objects.get_or_create(
            tenant=pull.tenant, ended_at=None, defaults={**told, "began_at": now}
        )
    elif current.problem.get("code") != problem.code:
        again = {"began_at": now, "began_told_at": None}
        Trouble.objects.filter(pk=current.pk, ended_at=None).update(**told, **again)


def open_trouble(tenant: Tenant) -> Trouble | None:
    """What keeps the tenant's data from coming in; None if nothing does."""
    return Trouble.objects.filter(tenant=tenant, ended_at=None).first()


def end_silently(tenant: Tenant, *, now: datetime) -> None:
    """Nobody waits for it to heal: the tenant is switched off."""
    Trouble.objects.filter(tenant=tenant, ended_at=None, began_told_at=None).update(
        began_told_at=now
    )
    Trouble.objects.filter(tenant=tenant, ended_at=None).update(ended_at=now, ended_told_at=now)

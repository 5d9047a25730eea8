"""What 操作履歴 says of who is told, and how; addresses of channels and their secrets never."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from audit.kinds import Kind
from audit.recording import Change, Document, Thing, changing
from integrations.models import Connection
from jobs.notices.models import NoticeChannel
from jobs.notices.origins import Origin, origin_of, origin_of_plan
from pulls.models import Tenant


def changing_plan(thing: Connection | Tenant) -> AbstractContextManager[Change]:
    """One transaction, written down if the plan is another one at its end."""
    return changing(
        Kind.NOTICE_PLAN,
        lambda: plan_document(origin_of(thing)),
        thing=lambda: _thing(origin_of(thing)),
    )


def changing_channel(kind: Kind, channel: NoticeChannel) -> AbstractContextManager[Change]:
    """One transaction, written down if the channel is another one at its end."""

    def stored() -> NoticeChannel | None:
        return NoticeChannel.objects.select_related("plan").filter(pk=channel.pk).first()

    def document() -> Document:
        one = stored()
        if one is None:
            return {}
        return {
            "name": one.name,
            "type": one.kind,
            "room": one.room,
            "kinds": list(one.kinds),
            "enabled": one.enabled,
        }

    def secrets() -> Mapping[str, object]:
        one = stored()
        return {"url": one.url, "secret": one.secret} if one else {}

    origin = origin_of_plan(channel.plan)
    return changing(kind, document, thing=lambda: _thing(origin, channel.name), secrets=secrets)


def plan_document(origin: Origin) -> dict[str, Any]:
    """The plan as JSON; what differs from kind to kind under `addresses`."""
    plan = origin.plan
    return {
        "notify": origin.notify,
        "addresses": {kind: list(given) for kind, given in plan.addresses.items()},
        "quiet_from": f"{plan.quiet_from:%H:%M}" if plan.quiet_from else "",
        "quiet_until": f"{plan.quiet_until:%H:%M}" if plan.quiet_until else "",
        "urgent_at_once": plan.urgent_at_once,
        "digest": str(plan.digest),
        "origin": "source" if origin.is_source else origin.thing.pk,
    }


def _thing(origin: Origin, label: str = "") -> Thing:
    if isinstance(origin.thing, Tenant):
        return Thing(label=label or origin.thing.host)
    return Thing(
        label=label or origin.thing.name,
        connection_id=origin.thing.pk,
        connection_name=origin.thing.name,
    )

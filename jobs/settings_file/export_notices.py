"""How people are told, as the settings file says it; nothing where nothing was changed."""

from collections.abc import Callable
from typing import Any

from integrations.models import Connection
from jobs.notices.models import NoticeChannel, NoticePlan
from jobs.notices.origins import origin_of
from jobs.notices.states import ChannelKind, Digest
from pulls.models import Tenant


def notices_of(
    owner: Connection | Tenant, *, variable: Callable[[str, str, str], str]
) -> dict[str, Any]:
    """`notices:` of the connection or tenant, {} for the defaults.

    Args:
        variable: The name of an environment variable: the known one, else one made of a beginning
            and a name.
    """
    plan = origin_of(owner).plan
    if plan.pk is None:
        return {}
    written = _timing(plan)
    if plan.addresses:
        written["addresses"] = {kind: list(given) for kind, given in plan.addresses.items()}
    if channels := [_channel(one, variable) for one in plan.channels.all()]:
        written["channels"] = channels
    return written


def _timing(plan: NoticePlan) -> dict[str, Any]:
    written: dict[str, Any] = {}
    if plan.quiet_from and plan.quiet_until:
        ends = {"from": plan.quiet_from, "until": plan.quiet_until}
        written["quiet"] = {name: f"{at:%H:%M}" for name, at in ends.items()}
    if not plan.urgent_at_once:
        written["urgent_at_once"] = False
    if plan.digest != Digest.IMMEDIATE:
        written["digest"] = plan.digest
    return written


def _channel(channel: NoticeChannel, variable: Callable[[str, str, str], str]) -> dict[str, Any]:
    written: dict[str, Any] = {"name": channel.name, "type": channel.kind}
    own = f"{channel.kind}_{channel.name}"
    if channel.url:
        written["url"] = {"env": variable(channel.url_variable, "NOTICE_URL", own)}
    if channel.secret:
        key = "token" if channel.kind == ChannelKind.CHATWORK else "secret"
        beginning = f"NOTICE_{key.upper()}"
        written[key] = {"env": variable(channel.secret_variable, beginning, own)}
    if channel.room:
        written["room"] = int(channel.room)
    if channel.kinds:
        written["kinds"] = list(channel.kinds)
    if not channel.enabled:
        written["enabled"] = False
    return written

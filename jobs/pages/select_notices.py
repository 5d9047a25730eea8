"""What the page 通知 shows: of each origin its plan, its ways to tell somebody, how they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Min, Q, TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.problems import Problem
from integrations.models import Connection
from jobs.notices.models import Delivery, NoticeChannel, NoticePlan
from jobs.notices.origins import Origin, origin_of
from jobs.notices.words import Described, describe
from pulls.models import Tenant


class Standing(TextChoices):
    """How one way to tell somebody is."""

    OFF = "off", _("無効")
    NOBODY = "nobody", _("宛先なし")
    ACTION = "action", _("要対応")
    RETRYING = "retrying", _("自動で再試行")
    WORKING = "working", _("正常")
    UNTRIED = "untried", _("送信履歴なし")

    @property
    def tone(self) -> str:
        """Which colour token the badge takes (ux.md §3)."""
        tones = {"action": "err", "retrying": "warn", "working": "plain"}
        return tones.get(self.value, "neutral")

    @property
    def icon(self) -> str:
        """The icon beside the word."""
        return {
            "off": "minus",
            "nobody": "minus",
            "action": "cross",
            "retrying": "clock",
            "working": "check",
            "untried": "circle",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is under way."""

    waiting: int = 0
    """For quiet hours to end, or for others."""
    waiting_until: datetime | None = None
    failing: int = 0
    next_try: datetime | None = None
    given_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Mail, or one channel."""

    reached: NoticePlan | NoticeChannel
    counts: Counts
    nobody: bool = False

    @property
    def channel(self) -> NoticeChannel | None:
        """None for mail."""
        return self.reached if isinstance(self.reached, NoticeChannel) else None

    @property
    def standing(self) -> Standing:
        """How it is, the worst first."""
        if self.channel and not self.channel.enabled:
            return Standing.OFF
        if self.counts.given_up:
            return Standing.ACTION
        if self.reached.is_failing and self.problem:
            heals = self.counts.failing and not self.problem.needs_a_person
            return Standing.RETRYING if heals else Standing.ACTION
        if self.nobody:
            return Standing.NOBODY
        return Standing.WORKING if self.reached.succeeded_at else Standing.UNTRIED

    @property
    def problem(self) -> Described | None:
        """Why it was not reached the last time that it was not."""
        if not self.reached.failure:
            return None
        return describe(Problem.from_json(self.reached.failure))

    @property
    def host(self) -> str:
        """Where the channel leads; the rest of its address is a secret."""
        url = self.channel.url if self.channel else ""
        return urlsplit(url).hostname or ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One origin."""

    origin: Origin
    mail: Way
    channels: Sequence[Way]

    @property
    def key(self) -> str:
        """Names the origin within the page."""
        return key_of(self.origin)

    @property
    def unreached(self) -> list[Way]:
        """The ways that reach nobody until a person acts."""
        return [way for way in [self.mail, *self.channels] if way.standing is Standing.ACTION]

    def address(self, route: str) -> str:
        """Where this origin's page of that name is."""
        return address_of(self.origin, route)

    @property
    def plan_url(self) -> str:
        return self.address("notice-plan")

    @property
    def add_url(self) -> str:
        return self.address("notice-channel-add")

    @property
    def test_url(self) -> str:
        return self.address("notice-mail-test")

    @property
    def again_url(self) -> str:
        return self.address("notice-mail-again")

    @property
    def own_addresses(self) -> bool:
        """Whether some kind of alert goes elsewhere than the others."""
        return bool(self.origin.plan.addresses)


def key_of(origin: Origin) -> str:
    """Names the origin within the page."""
    return "source" if origin.is_source else str(origin.thing.pk)


def address_of(origin: Origin, route: str) -> str:
    """Where the page of that name is for this origin."""
    arguments = [] if origin.is_source else [origin.thing.pk]
    return reverse(f"jobs:{route}", args=arguments)


def panels(*, now: datetime) -> list[Panel]:
    """Every connection and the tenant; the number of queries does not depend on theirs."""
    counts = _counts(now=now)
    return [_panel(origin, counts) for origin in _origins()]


def panel_of(thing: Connection | Tenant, *, now: datetime) -> Panel:
    """One of them."""
    return _panel(origin_of(thing), _counts(now=now))


def _origins() -> Iterable[Origin]:
    stored = NoticePlan.objects.select_related("connection__schedule", "tenant")
    plans = {
        (plan.connection_id, plan.tenant_id): plan for plan in stored.prefetch_related("channels")
    }
    for connection in Connection.objects.select_related("schedule").order_by("id"):
        plan = plans.get((connection.pk, None), NoticePlan(connection=connection))
        yield Origin(connection, getattr(connection, "schedule", None), plan)
    for tenant in Tenant.objects.order_by("id"):
        yield Origin(tenant, None, plans.get((None, tenant.pk), NoticePlan(tenant=tenant)))


def _panel(origin: Origin, counts: Mapping[tuple[int, int | None], Counts]) -> Panel:
    plan = origin.plan
    if plan.pk is None:
        return Panel(origin, Way(reached=plan, counts=Counts(), nobody=_nobody(origin)), ())
    mail = Way(reached=plan, counts=counts.get((plan.pk, None), Counts()), nobody=_nobody(origin))
    channels = [
        Way(reached=channel, counts=counts.get((plan.pk, channel.pk), Counts()))
        for channel in plan.channels.all()
    ]
    return Panel(origin, mail, channels)


def _nobody(origin: Origin) -> bool:
    return not origin.all_addresses


def _counts(*, now: datetime) -> dict[tuple[int, int | None], Counts]:
    """By plan and channel (None: mail)."""
    is_open = Q(sent_at=None, given_up_at=None)
    waiting = is_open & Q(attempts=0, due_at__gt=now)
    failing = is_open & Q(attempts__gt=0)
    given_up = Q(given_up_at__isnull=False)
    found = Delivery.objects.filter(is_open | given_up).values("plan_id", "channel_id")
    rows = found.annotate(
        waiting=Count("pk", filter=waiting),
        waiting_until=Min("due_at", filter=waiting),
        failing=Count("pk", filter=failing),
        next_try=Min("due_at", filter=failing),
        given_up=Count("pk", filter=given_up),
    ).order_by()
    return {(row["plan_id"], row["channel_id"]): _as_counts(row) for row in rows}


def _as_counts(row: Mapping[str, Any]) -> Counts:
    return Counts(**{field.name: row[field.name] for field in fields(Counts)})

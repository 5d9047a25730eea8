"""Of what people are told: a connection, or the tenant that data is pulled from."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from integrations.models import Connection
from jobs.models import Schedule
from jobs.notices.models import NoticePlan
from jobs.notices.timing import Hours
from jobs.states import AlertKind
from pulls.models import Tenant

#: Kind of all alerts of a tenant.
SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Origin:
    """One of the two, with its plan: the stored one, or one that says the defaults."""

    thing: Connection | Tenant
    schedule: Schedule | None
    plan: NoticePlan

    @property
    def is_source(self) -> bool:
        """Whether it is the tenant."""
        return isinstance(self.thing, Tenant)

    @property
    def name(self) -> str:
        """What mails call it."""
        return name_of(self.thing)

    @property
    def notify(self) -> list[str]:
        """To whom mails go unless the plan says otherwise."""
        holder = self.thing if isinstance(self.thing, Tenant) else self.schedule
        return list(holder.notify) if holder else []

    def addresses(self, kind: str) -> tuple[str, ...]:
        """To whom mails of this kind of alert go."""
        return tuple(self.plan.addresses.get(kind, self.notify))

    @property
    def all_addresses(self) -> tuple[str, ...]:
        """Everybody who gets mails, each once."""
        own = [one for addresses in self.plan.addresses.values() for one in addresses]
        return tuple(dict.fromkeys([*self.notify, *own]))


def origin_of(thing: Connection | Tenant) -> Origin:
    """The origin; nothing is written."""
    if isinstance(thing, Tenant):
        plan = NoticePlan.objects.filter(tenant=thing).first()
        return Origin(thing, None, plan or NoticePlan(tenant=thing))
    plan = NoticePlan.objects.filter(connection=thing).first()
    schedule = Schedule.objects.filter(connection=thing).first()
    return Origin(thing, schedule, plan or NoticePlan(connection=thing))


def with_stored_plan(thing: Connection | Tenant) -> Origin:
    """The origin with a plan that is stored."""
    owner = {"tenant": thing} if isinstance(thing, Tenant) else {"connection": thing}
    NoticePlan.objects.get_or_create(**owner)
    return origin_of(thing)


def origin_of_plan(plan: NoticePlan) -> Origin:
    """The origin that a stored plan belongs to."""
    thing = plan.connection or plan.tenant
    assert thing is not None
    schedule = getattr(thing, "schedule", None)
    return Origin(thing, schedule, plan)


def hours_of(plan: NoticePlan) -> Hours:
    """When notices of this plan wait."""
    return Hours(
        quiet_from=plan.quiet_from,
        quiet_until=plan.quiet_until,
        urgent_at_once=plan.urgent_at_once,
        digest=plan.digest,
    )


def kinds_of(thing: Connection | Tenant) -> Sequence[str]:
    """The kinds of alerts that there are of it."""
    return [SOURCE] if isinstance(thing, Tenant) else list(AlertKind.values)


def name_of(thing: Connection | Tenant) -> str:
    """「本番」, 「ホットプロファイル（example.hotprofile.biz）」."""
    if isinstance(thing, Tenant):
        return _("ホットプロファイル（%(host)s）") % {"host": thing.host}
    return thing.name

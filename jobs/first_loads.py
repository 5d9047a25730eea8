"""全件連携 that was stopped by anything but a person: the mapping's next run goes on with it."""

from jobs.models import Ledger, Run
from jobs.states import RunStatus
from mapping.models import Mapping


def begin(ledger: Ledger) -> None:
    """A first load of this target is at work."""
    Ledger.objects.filter(pk=ledger.pk).update(loads_existing=True)


def complete(ledger: Ledger) -> None:
    """It came to its end."""
    Ledger.objects.filter(pk=ledger.pk).update(loads_existing=False)


def give_up(mapping: Mapping) -> None:
    """A person ended it, or switched the mapping off."""
    Ledger.objects.filter(mapping=mapping).update(loads_existing=False)


def is_open(mapping: Mapping) -> bool:
    """Whether a run that begins now has to go on with a first load.

    Not with one that rests: it has a run of its own, which is resumed.
    """
    begun = Ledger.objects.filter(
        mapping=mapping,
        host=mapping.connection.host,
        app=mapping.app,
        key_field=mapping.update_key,
        loads_existing=True,
    )
    return begun.exists() and resting(mapping) is None


def resting(mapping: Mapping) -> Run | None:
    """The mapping's first load that is paused, or held until tomorrow; None if there is none."""
    # In no order, and few: SQLite would go through all runs of the mapping to find the last one.
    held = Run.objects.filter(mapping=mapping, full=True, plan=None, status=RunStatus.HELD)
    return max(held.order_by(), key=lambda run: run.pk, default=None)

"""How the commands carry out a run themselves: in this process, whatever the workers do."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from common import clock
from jobs import execute, liveness, runs
from jobs.management.addressing import NOT_STARTED
from jobs.models import Run
from jobs.states import Trigger
from mapping.models import Mapping


def run_here(mapping: Mapping, *, trigger: Trigger, refusal: str, exit_code: int) -> Run:
    """A run of what is owed, as it ended.

    Raises:
        CommandError: the mapping has an active run; says `refusal`, ends with `exit_code`.
    """
    try:
        run = runs.start(mapping, trigger=trigger, now=clock.now())
    except runs.AlreadyActive as error:
        raise CommandError(refusal % {"mapping": mapping}, returncode=exit_code) from error
    return execute_here(run)


def execute_here(run: Run) -> Run:
    """Carry out a queued run for which no worker is called."""
    Run.objects.filter(pk=run.pk).update(rung_at=clock.now())
    return execute.execute(run.pk, owner=liveness.owner_here())


def enabled_or_refusal(mapping: Mapping) -> None:
    """Nothing is sent for a mapping that is off.

    Raises:
        CommandError: it is off; exit code `NOT_STARTED`.
    """
    if not mapping.enabled:
        message = _("「%(mapping)s」は無効です。有効にしてから実行してください。")
        raise CommandError(message % {"mapping": mapping}, returncode=NOT_STARTED)


def outcome_of(run: Run) -> str:
    """What came of a run, on one line."""
    return _("連携しました: %(status)s（新規%(created)s件、更新%(updated)s件）") % {
        "status": run.get_status_display(),
        "created": f"{run.created:,}",
        "updated": f"{run.updated:,}",
    }

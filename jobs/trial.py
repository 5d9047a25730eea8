"""連携テスト: one record of a mapping, shown as it would be sent, and pushed for real."""

from dataclasses import dataclass

from common import clock
from common.problems import Problem
from common.types import RecordType
from crm import catalogue, changes
from integrations.kintone.values import JsonValue
from jobs import liveness, runs
from jobs.execute import execute, sync_user_of
from jobs.models import LedgerEntry, Outcome, Run
from jobs.states import EntryState, RecordOutcome, Trigger
from mapping import mappings
from mapping.models import Mapping, SettingsDraft
from mapping.plan import RuleResult


class RecordGoneError(Exception):
    """The record was deleted meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One kintone field of one record: what it is filled from, and what would be sent."""

    field: str
    """Field code, of a table's column `TABLE.COLUMN`, as `Problem.field`."""
    field_label: str
    item_label: str
    """What the source item is called; "" for fixed values and templates."""
    before: str
    sent: JsonValue
    kept: bool
    """The field is left out, so kintone keeps what it holds."""
    is_update_key: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """What came of a real push of one record."""

    ok: bool
    run: Run
    outcome: RecordOutcome | None
    record_id: int | None = None
    problems: tuple[Problem, ...] = ()
    """Beside their fields; one without a field concerns the record or the connection."""


def show(mapping: Mapping, source_id: int) -> list[TrialRow]:
    """What each rule makes of the record, in the order of the rules; asks kintone nothing.

    Raises:
        RecordGoneError: there is no such record.
        PlanError: the mapping does not fit the form.
    """
    record_type = RecordType(mapping.record_type)
    plan = mappings.plan_of(mapping)
    viewer = sync_user_of(mapping)
    rows = changes.load(
        record_type,
        [source_id],
        item_keys=plan.item_keys,
        viewer_id=viewer.pk if viewer else None,
    )
    row = next(iter(rows), None)
    if row is None:
        raise RecordGoneError(source_id)
    labels = {item.key: item.label for item in catalogue.items_of(record_type)}
    return [
        _row(result, labels=labels, key_field=mapping.update_key)
        for result in plan.show(row.values)
    ]


def push(mapping: Mapping, source_id: int, *, draft: SettingsDraft | None = None) -> TrialResult:
    """Push exactly this record for real, whether the mapping is enabled or not.

    It takes the same way as a scheduled run, even if kintone holds the same values already.

    Args:
        draft: Push it as drafted; the mapping's next run sends it again, as registered then.
    """
    run = runs.start(
        mapping,
        trigger=Trigger.TEST,
        now=clock.now(),
        only=source_id,
        draft=draft.pk if draft else None,
    )
    run = execute(run.pk, owner=liveness.owner_here())
    if draft is not None:
        _owe_as_registered(mapping, source_id)
    outcome = Outcome.objects.filter(run=run).order_by("-pk").first()
    if outcome is None:
        problem = Problem.from_json(run.message) if run.message else Problem(code="busy")
        return TrialResult(ok=False, run=run, outcome=None, problems=(problem,))
    kind = RecordOutcome(outcome.outcome)
    return TrialResult(
        ok=kind in (RecordOutcome.CREATED, RecordOutcome.UPDATED),
        run=run,
        outcome=kind,
        record_id=outcome.record_id,
        problems=tuple(Problem.from_json(problem) for problem in outcome.problems),
    )


def _owe_as_registered(mapping: Mapping, source_id: int) -> None:
    """A draft wrote into the app: whatever is registered at the next run is sent again."""
    entries = LedgerEntry.objects.filter(
        ledger__mapping=mapping,
        ledger__host=mapping.connection.host,
        ledger__app=mapping.app,
        ledger__key_field=mapping.update_key,
    )
    sent = entries.filter(source_id=source_id, state=EntryState.SYNCED, doubt_until__isnull=True)
    sent.update(digest="", due_at=clock.now())


def _row(result: RuleResult, *, labels: dict[str, str], key_field: str) -> TrialRow:
    rule = result.rule
    return TrialRow(
        field=f"{rule.table}.{rule.field}" if rule.table else rule.field,
        field_label=result.label,
        item_label=labels.get(rule.source, rule.source),
        before=result.before,
        sent=result.sent,
        kept=result.kept,
        is_update_key=rule.field == key_field and not rule.table,
        problems=result.problems,
    )

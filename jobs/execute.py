"""One run from taking it to its end: the engine tied to the database and to kintone."""

import logging
import time
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import transaction

from common import clock, log_context, planner
from common.problems import Problem
from common.types import RecordType
from crm import changes
from crm.models import Member
from integrations import connections
from integrations.kintone.client import REQUEST_LIFE, KintoneClient
from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneError,
)
from integrations.kintone.values import Meter, PutResult, RecordPut
from jobs import (
    alerts,
    enabling,
    first_loads,
    form_life,
    parents,
    previews,
    queue,
    quiet,
    runs,
    takeover,
)
from jobs import ledger as ledgers
from jobs.book import DatabaseBook
from jobs.courier import BEAT_SECONDS, RunCourier
from jobs.endings import Ending, ending_after
from jobs.engine.keys import temporary_key
from jobs.engine.pipeline import Pipeline
from jobs.engine.ports import LeaseLostError, RunStopError
from jobs.engine.rows import RowKeeper
from jobs.engine.send import HOPELESS_AFTER, HOPELESS_STILL
from jobs.engine.values import OutcomeKind, Settled
from jobs.models import Ledger, LedgerEntry, Outcome, Run, Schedule
from jobs.source import OwedRows
from jobs.states import WELL_ENDED, FailureKind, RunStatus
from mapping import mappings, settings_drafts
from mapping.checks import path
from mapping.left_out import origin_of
from mapping.models import Mapping, SettingsDraft
from mapping.plan import MappingPlan, PlanError

logger = logging.getLogger(__name__)

#: kintone refuses a value for what its field demands (kintone-api.md §4).
VALUE_REFUSED = "CB_VA01"

Progress = Callable[[Sequence[Settled]], None]


def execute(run_id: int, *, owner: str, progress: Progress | None = None) -> Run:
    """Take the run, carry it out and return it as it ended.

    A run that another process has taken, or that was canceled, is returned as it is. Whatever goes
    wrong ends in the run's row, never in an exception.

    Args:
        owner: Name of this process (`jobs.liveness`).
        progress: Called with what was settled after each commit.
    """
    if runs.take(run_id, owner=owner, now=clock.now()):
        run = Run.objects.select_related("mapping__connection").get(pk=run_id)
        with log_context.about(run=run_id, mapping=str(run.mapping)):
            work = _Work(run, owner=owner)
            ending = work.carry_out(progress)
            if ending is not None:
                work.end(ending)
    return Run.objects.select_related("mapping__connection").get(pk=run_id)


def _report(run_id: int) -> None:
    """Tell people, and wake the runs of the slot that waited for this one."""
    run = Run.objects.select_related("mapping__connection").get(pk=run_id)
    alerts.review_run(run)
    if run.only is None:
        for ready in runs.ready_runs(run.mapping.connection_id, run.slot):
            queue.ring(ready.pk)


class _Work:
    """What one execution holds together: run, lease, client, source."""

    def __init__(self, run: Run, *, owner: str) -> None:
        self.run = run
        self.mapping: Mapping = run.mapping if run.draft is None else _as_drafted(run)
        self.owner = owner
        self.ledger: Ledger | None = None
        self.source: OwedRows | None = None
        self._sought: Sequence[parents.Sought] = ()

    def carry_out(self, progress: Progress | None) -> Ending | None:
        """Run the pipeline; None if the run is no longer ours."""
        try:
            self._prepare_and_run(progress)
        except LeaseLostError:
            logger.warning("Run %s was taken away or canceled", self.run.pk)
            return None
        except Exception as error:
            ending = ending_after(error, mapping=self.mapping)
            if ending.failure_kind == FailureKind.INTERNAL:
                logger.exception("Run %s failed", self.run.pk)
            else:
                logger.warning("Run %s stopped: %s", self.run.pk, error)
            self._look_at_the_form(error)
            return ending
        return Ending(status=self._status_by_counts())

    def end(self, ending: Ending) -> None:
        """Write the ending down, if the run is still ours, and with it whom it is to be told."""
        stopped = ending.status in (RunStatus.FAILED, RunStatus.HELD) or ending.problem is not None
        unsent = self.source.count() if stopped and self.source else 0
        # In one: an ending without its alert would be told by nobody.
        with transaction.atomic():
            if self._finish(ending, unsent=unsent):
                if self.run.loads_existing and self.ledger and ending.status in WELL_ENDED:
                    first_loads.complete(self.ledger)
                _report(self.run.pk)

    def _finish(self, ending: Ending, *, unsent: int) -> bool:
        now = clock.now()
        if self.source is not None:
            ledgers.end_doubt(self.run, until=now + REQUEST_LIFE)
        return runs.finish(
            self.run.pk,
            owner=self.owner,
            now=now,
            status=ending.status,
            failure_kind=ending.failure_kind,
            problem=ending.problem,
            resume_at=ending.resume_at,
            unsent=unsent,
            error=ending.error if ending.failure_kind == FailureKind.INTERNAL else None,
        )

    def _prepare_and_run(self, progress: Progress | None) -> None:
        viewer_id = viewer_of(self.mapping)
        self.ledger = ledgers.ledger_of(self.mapping)
        if self.run.loads_existing:
            first_loads.begin(self.ledger)
        now = clock.now()
        if quiet.is_quiet(self.run, self.ledger, now=now):
            self._book(self.ledger).advance(now)
            return
        planner.look_at(LedgerEntry, changes.model_of(RecordType(self.mapping.record_type)))
        with self._courier() as courier, self._client(courier) as client:
            plan = self._prepare(client, viewer_id)
            self._pipeline(plan, client, courier, progress).run()
            self._ask_why_fields_were_refused(client)
        assert self.source is not None
        if self.source.reconciles and self.run.only is None:
            self.source.note_reconciled()

    def _prepare(self, client: KintoneClient, viewer_id: int | None) -> MappingPlan:
        """Open the source, and tie the rules to the form, read anew where it is old."""
        run, mapping = self.run, self.mapping
        assert self.ledger is not None
        if self.ledger.watermark is None and mapping.enabled and run.only is None:
            enabling.begin_new_target(mapping, self.ledger, now=clock.now())
        takeover.take_over_all(self.ledger, now=clock.now())
        if self.ledger.watermark is None and run.only is not None:
            enabling.take_along(self.ledger, run.only, now=clock.now())
        if run.only is None:
            ledgers.forget_failures_of_deleted_rows(self.ledger, now=clock.now())
        plan = self._plan(client)
        self._open_source(plan, viewer_id)
        assert self.source is not None
        if self._form_is_old() and (mappings.is_impaired(mapping) or self.source.has_work()):
            self._read_form(client)
            plan = mappings.plan_of(mapping)
            self._open_source(plan, viewer_id)
        self._note_left_out(plan)
        if run.plan is not None and not previews.stands(run.plan, mapping):
            raise RunStopError(Problem(code="plan_outdated"))
        if run.only is None:
            self._wake_what_waited()
            self._send_again_what_lacks(plan)
        if run.full:
            run.refresh_from_db(fields=["done_before"])
            Run.objects.filter(pk=run.pk).update(total=run.done_before + self.source.count())
        return plan

    def _plan(self, client: KintoneClient) -> MappingPlan:
        """The rules tied to the form; to a new reading of it where they do not fit an old one.

        Raises:
            PlanError: a person must change the rules, or the form.
        """
        if not self.mapping.form and self.run.draft is None:
            self._read_form(client)
        try:
            return mappings.plan_of(self.mapping)
        except PlanError:
            if not self._form_is_old():
                raise
        self._read_form(client)
        return mappings.plan_of(self.mapping)

    def _wake_what_waited(self) -> None:
        """Make due what failed for a reason that may be gone by now."""
        assert self.ledger is not None
        now, version = clock.now(), self.mapping.version
        ledgers.make_stale_failures_due(
            self.ledger,
            rules_version=version,
            skipped_too=runs.last_good_version(self.mapping) != version,
            now=now,
        )
        ledgers.wake_for_free_keys(self.ledger, now=now)
        parents.wake_children(self.ledger, self._sought, now=now)
        ledgers.bring_back_from_the_future(self.ledger, now=now)

    def _note_left_out(self, plan: MappingPlan) -> None:
        """Write down what this run does not send, and why."""
        is_registered = self.run.draft is None
        origins = {origin_of(one.rule) for one in plan.left_out}
        if is_registered and not origins.issubset(self.mapping.left_out):
            # It does not fit for another reason than the form: an item is of another kind now.
            mappings.review(self.mapping)
        told = {one.problem.field: one.problem for one in mappings.drift_of(self.mapping)}
        problems = [told.get(path(one.rule), one.problem).as_json() for one in plan.left_out]
        Run.objects.filter(pk=self.run.pk).update(left_out=problems)

    def _send_again_what_lacks(self, plan: MappingPlan) -> None:
        """Make everything due that was sent without a rule which is whole again."""
        mapping = self.mapping
        if not mapping.left_out:
            return
        still = {origin_of(one.rule) for one in plan.left_out}
        lacking = [origin for origin in mapping.left_out if origin in still]
        if len(lacking) == len(mapping.left_out):
            return
        assert self.ledger is not None
        with transaction.atomic():
            as_seen = Mapping.objects.filter(pk=mapping.pk, version=mapping.version)
            # Where rules or form changed since, the run stops at its first batch, and the next one
            # sees to it.
            if as_seen.update(left_out=lacking):
                ledgers.send_again(self.ledger, now=clock.now())
                mapping.left_out = lacking

    def _courier(self) -> RunCourier:
        return RunCourier(
            run_id=self.run.pk,
            owner=self.owner,
            host=self.mapping.connection.host,
            app=self.mapping.app,
            most=settings.KINTONE_REQUESTS_AT_ONCE,
        )

    def _client(self, meter: Meter) -> KintoneClient:
        return connections.client_for(
            self.mapping.connection,
            guest_space=self.mapping.guest_space,
            meter=meter,
            at_once=settings.KINTONE_REQUESTS_AT_ONCE,
        )

    def _pipeline(
        self,
        plan: MappingPlan,
        client: KintoneClient,
        courier: RunCourier,
        progress: Progress | None,
    ) -> Pipeline:
        mapping = self.mapping
        assert self.source is not None
        assert self.ledger is not None
        form = mappings.form_of(mapping)
        key_field = form.fields[plan.key_field]
        keeper = RowKeeper(
            read=lambda query, fields: client.get_records(mapping.app, query=query, fields=fields),
            tables={code: form.fields[code] for code in plan.kept_tables},
            key=key_field,
        )

        def carry(
            parts: Sequence[Sequence[RecordPut]], upsert: bool
        ) -> Sequence[Sequence[PutResult]]:
            parts = keeper.keep(parts)
            if len(parts) > 1:
                return client.put_in_bulk(parts, app=mapping.app, key_field=plan.key_field)
            return [
                client.put_records(
                    parts[0], app=mapping.app, key_field=plan.key_field, upsert=upsert
                )
            ]

        courier.carry_by(carry, key_field=plan.key_field)
        return Pipeline(
            source=self.source,
            plan=plan,
            book=self._book(self.ledger, progress),
            courier=courier,
            temporary_key=lambda: temporary_key(key_field),
            force=self.run.only is not None,
            patience=HOPELESS_STILL if runs.found_hopeless(mapping) else HOPELESS_AFTER,
        )

    def _book(self, ledger: Ledger, progress: Progress | None = None) -> DatabaseBook:
        return DatabaseBook(
            self.run,
            ledger=ledger,
            owner=self.owner,
            sought=self._sought,
            on_settled=progress,
        )

    def _open_source(self, plan: MappingPlan, viewer_id: int | None) -> None:
        assert self.ledger is not None
        self._sought = parents.sought_by(plan, RecordType(self.mapping.record_type))
        self.source = OwedRows(
            self.run,
            ledger=self.ledger,
            item_keys=plan.item_keys,
            viewer_id=viewer_id,
            sought=self._sought,
            sleep=self._sleep,
        )

    def _form_is_old(self) -> bool:
        # What a draft goes by was read for it.
        return self.run.draft is None and form_life.is_old(self.mapping, now=clock.now())

    def _read_form(self, client: KintoneClient) -> None:
        """Read the form anew; the run goes on by the rules as they are judged against it."""
        mappings.read_form(self.mapping, client, now=clock.now())
        self.mapping.refresh_from_db()
        self.run.rules_version = self.mapping.version
        Run.objects.filter(pk=self.run.pk).update(rules_version=self.mapping.version)

    def _look_at_the_form(self, error: BaseException) -> None:
        """After kintone refused a field: read the form, so that the page can say which is gone."""
        if self.run.draft is not None:
            return
        if not isinstance(error, KintoneConfigError) or error.reason not in {
            ConfigReason.FIELD,
            ConfigReason.UPDATE_KEY,
        }:
            return
        try:
            with self._courier() as courier, self._client(courier) as client:
                self._read_form(client)
        except (KintoneError, AllowanceSpentError, LeaseLostError) as other:
            logger.warning("The form of %s cannot be read: %s", self.mapping, other)

    def _ask_why_fields_were_refused(self, client: KintoneClient) -> None:
        """Read the form if kintone refused a value that suits it as we know it.

        The next run goes by it; this one has done what it can.
        """
        is_registered = self.run.draft is None
        if not is_registered or not form_life.is_doubted(self.mapping, now=clock.now()):
            return
        refused = Outcome.objects.filter(run=self.run, outcome=OutcomeKind.REJECTED)
        if not refused.filter(problems__0__params__code=VALUE_REFUSED).exists():
            return
        try:
            mappings.read_form(self.mapping, client, now=clock.now())
        except (KintoneError, AllowanceSpentError) as error:
            logger.warning("The form of %s cannot be read: %s", self.mapping, error)

    def _status_by_counts(self) -> RunStatus:
        run = Run.objects.get(pk=self.run.pk)
        lacks = run.invalid or run.rejected or run.left_out
        return RunStatus.PARTIAL if lacks else RunStatus.SUCCEEDED

    def _sleep(self, seconds: float) -> None:
        """Wait, and keep the lease meanwhile.

        Raises:
            LeaseLostError: the run was canceled.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not runs.beat(self.run.pk, owner=self.owner, now=clock.now()):
                raise LeaseLostError
            time.sleep(min(left, BEAT_SECONDS))


def _as_drafted(run: Run) -> Mapping:
    """The run's mapping as the draft has it; what it settles counts as judged by other rules.

    So the mapping's next run looks at the record again, by the rules that are registered then.
    """
    Run.objects.filter(pk=run.pk).update(rules_version=0)
    run.rules_version = 0
    return settings_drafts.as_drafted(
        run.mapping, SettingsDraft.objects.filter(pk=run.draft or 0).first()
    )


def viewer_of(mapping: Mapping) -> int | None:
    """The sync user's member id for leads, None for what everybody may see.

    Raises:
        RunStopError: no such member, or disabled.
    """
    if mapping.record_type != RecordType.LEAD:
        return None
    member = sync_user_of(mapping)
    if member is None:
        raise RunStopError(Problem(code="sync_user_missing"))
    if not member.active:
        raise RunStopError(Problem(code="sync_user_disabled", params={"name": member.name}))
    return member.pk


def sync_user_of(mapping: Mapping) -> Member | None:
    """The member whose visible leads the mapping's connection sends; None if there is none.

    Who was chosen before coming in with the data is found by e-mail, and so is who is drafted.
    """
    if mapping.drafted is not None and mapping.drafted.sync_user is not None:
        return Member.objects.filter(email__iexact=mapping.drafted.sync_user or "-").first()
    schedule = Schedule.objects.filter(connection=mapping.connection_id).first()
    if schedule is None:
        return None
    if schedule.sync_user is not None:
        return schedule.sync_user
    return Member.objects.filter(email__iexact=schedule.sync_user_email or "-").first()

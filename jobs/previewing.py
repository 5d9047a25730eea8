"""Making a preview (事前チェック): the way of a run over every record, stopped before sending.

First every row is built and compared with the ledger, as a run would. Then keys that several
records want are given to one. Then, if the app is read, kintone's own records are laid beside those
that would be sent: which exist, and which of their cells would change. Memory is flat: what is
found stands in the database.
"""

import logging
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from common import clock, log_context, planner, setwise
from common.problems import Problem
from common.types import RecordType
from crm import changes
from integrations import budget, connections
from integrations.kintone.client import KintoneClient
from integrations.kintone.errors import AllowanceSpentError
from integrations.kintone.values import JsonValue
from jobs import previews
from jobs.causes import NO_CAUSE, cause_of
from jobs.endings import Ending, ending_after
from jobs.engine.compare import as_compared, differences
from jobs.engine.ports import LeaseLostError
from jobs.engine.preview import TO_SEND, Prediction, predict
from jobs.engine.values import Candidate, OutcomeKind
from jobs.execute import viewer_of
from jobs.key_contests import KeyContests
from jobs.ledger import ledger_of
from jobs.models import LedgerEntry, Preview, PreviewItem
from jobs.reading import Page, pages
from jobs.source import CHUNK_SIZE, known_of
from jobs.states import EntryState, FailureKind, RecordOutcome
from jobs.value_contests import ValueContests
from mapping import mappings, settings_drafts
from mapping.checks import required_without_rule
from mapping.columns import described
from mapping.models import SettingsDraft
from mapping.plan import MappingError

logger = logging.getLogger(__name__)

#: Outcomes that are counted by their items; of what is unchanged there are none.
_LISTED: Final = ("created", "updated", "skipped", "invalid", "rejected")


def make(preview_id: int, *, owner: str) -> Preview:
    """Take the preview, make it and return it as it ended; one that is not queued, as it is.

    Whatever goes wrong ends in the preview's row, never in an exception.

    Args:
        owner: Name of this process (`jobs.liveness`).
    """
    if previews.take(preview_id, owner=owner, now=clock.now()):
        preview = Preview.objects.select_related("mapping__connection").get(pk=preview_id)
        try:
            with log_context.about(preview=preview_id, mapping=str(preview.mapping)):
                _Previewing(preview, owner=owner).carry_out()
        except LeaseLostError:
            logger.warning("Preview %s was taken away or canceled", preview_id)
        except Exception as error:
            ending = ending_after(error, mapping=preview.mapping)
            if ending.failure_kind == FailureKind.INTERNAL:
                logger.exception("Preview %s failed", preview_id)
            else:
                logger.warning("Preview %s stopped: %s", preview_id, error)
            _fail(preview, error, ending=ending, owner=owner)
    return Preview.objects.select_related("mapping__connection").get(pk=preview_id)


def _fail(preview: Preview, error: Exception, *, ending: Ending, owner: str) -> None:
    spent = isinstance(error, AllowanceSpentError)
    previews.finish(
        preview.pk,
        owner=owner,
        now=clock.now(),
        problem=Problem(code="preview_budget") if spent else ending.problem,
        trace="".join(traceback.format_exception(ending.error)) if ending.error else "",
    )


class _CountingMeter(budget.Meter):
    """Spends on the budgets of the apps, and counts what it spent."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.counted = 0

    def spend(self, *, app: int | None, requests: int = 1) -> None:
        super().spend(app=app, requests=requests)
        self.counted += requests if app is not None else 0


class _Previewing:
    """What the making of one preview holds together."""

    def __init__(self, preview: Preview, *, owner: str) -> None:
        self._preview = preview
        self._registered = preview.mapping
        self._draft = SettingsDraft.objects.filter(pk=preview.draft or 0).first()
        self._mapping = settings_drafts.as_drafted(self._registered, self._draft)
        self._owner = owner
        self._type = RecordType(self._mapping.record_type)
        self._meter = _CountingMeter(self._mapping.connection.host)
        self._done = 0
        self._unchanged = 0

    def carry_out(self) -> None:
        self._viewer_id = viewer_of(self._mapping)
        with connections.client_for(
            self._mapping.connection, guest_space=self._mapping.guest_space, meter=self._meter
        ) as client:
            self._open(client)
            self._judge_rows()
            self._keys.give_out()
            if self._preview.reads_kintone:
                self._lay_beside(client)
        self._refuse_what_lacks()
        self._values.give_out()
        self._finish()

    def _open(self, client: KintoneClient) -> None:
        """Read the form as it is now, and find out how long this will take."""
        self._read_form(client)
        self._plan = mappings.plan_of(self._mapping)
        self._form = mappings.form_of(self._mapping)
        self._ledger = ledger_of(self._mapping)
        planner.look_at(LedgerEntry, changes.model_of(self._type))
        self._keys = KeyContests(self._preview, ledger=self._ledger, beat=self._beat)
        self._values = ValueContests(self._preview, plan=self._plan, beat=self._beat)
        total = changes.model_of(self._type)._default_manager.count()
        if self._preview.reads_kintone:
            total += client.count_records(self._mapping.app)
        self._beat(total=total, rules_version=self._rules_version)

    def _read_form(self, client: KintoneClient) -> None:
        """Read it anew, but for an app to which only the draft leads: that was read for it."""
        if settings_drafts.has_moved(self._mapping, self._registered):
            return
        mappings.read_form(self._registered, client, now=clock.now())
        self._mapping = settings_drafts.as_drafted(self._registered, self._draft)

    @property
    def _rules_version(self) -> int:
        return 0 if self._preview.draft else self._mapping.version

    def _judge_rows(self) -> None:
        """Every row by itself, against the rules, the form and the ledger."""
        for ids in self._all_ids():
            with transaction.atomic():
                predictions = list(self._predictions(ids))
                self._keep(predictions)
                self._values.note(predictions)
                self._step(len(ids))

    def _all_ids(self) -> Iterator[list[int]]:
        rows = changes.model_of(self._type)._default_manager.order_by("pk")
        last = 0
        while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:CHUNK_SIZE]):
            yield ids
            last = ids[-1]

    def _predictions(self, ids: Sequence[int]) -> Iterator[Prediction]:
        known = known_of(self._ledger, ids)
        refused = self._refused(ids)
        for row in self._load(ids):
            yield predict(
                Candidate(row=row, known=known.get(row.id)),
                plan=self._plan,
                refused=refused.get((row.id, row.version), ()),
            )

    def _load(self, ids: Collection[int]) -> Iterator[changes.SourceRecord]:
        return changes.load(
            self._type, ids, item_keys=self._plan.item_keys, viewer_id=self._viewer_id
        )

    def _refused(self, ids: Sequence[int]) -> dict[tuple[int, int], Sequence[Problem]]:
        """Row and version → why kintone refused it, by these very rules."""
        failed = LedgerEntry.objects.filter(
            ledger=self._ledger,
            source_id__in=ids,
            state=EntryState.FAILED,
            rules_version=self._rules_version,
            problems__0__code="kintone",
        )
        return {
            (source_id, version): [Problem.from_json(problem) for problem in problems]
            for source_id, version, problems in (
                failed.values_list("source_id", "version", "problems")
            )
        }

    def _keep(self, predictions: Iterable[Prediction]) -> None:
        listed = []
        for prediction in predictions:
            if prediction.outcome == OutcomeKind.UNCHANGED:
                self._unchanged += 1
            else:
                listed.append(prediction)
        well = [one for one in listed if not one.problems]
        if well:
            setwise.insert(
                PreviewItem,
                {
                    "source_id": [one.row_id for one in well],
                    "version": [one.version for one in well],
                    "label": [one.label[:255] for one in well],
                    "outcome": [one.outcome.value for one in well],
                    "key": [one.key for one in well],
                    "record_id": [one.record_id for one in well],
                },
                same={
                    "preview": self._preview.pk,
                    "found": False,
                    "cells": [],
                    "problems": [],
                    **NO_CAUSE,
                },
            )
        PreviewItem.objects.bulk_create(
            PreviewItem(
                preview=self._preview,
                source_id=one.row_id,
                version=one.version,
                label=one.label[:255],
                outcome=one.outcome.value,
                key=one.key,
                record_id=one.record_id,
                problems=[problem.as_json() for problem in one.problems],
                **(NO_CAUSE if one.outcome == OutcomeKind.SKIPPED else cause_of(one.problems)),
            )
            for one in listed
            if one.problems
        )

    def _lay_beside(self, client: KintoneClient) -> None:
        """Kintone's records beside those that would be sent: what is there, and which cells."""
        for page, _upto in pages(client, self._mapping.app, plan=self._plan):
            with transaction.atomic():
                self._compare(page)
                self._step(len(page))
        # kintone does not hold them any more: a push makes them anew.
        gone = self._to_send().filter(record_id__isnull=False, found=False)
        gone.update(outcome=RecordOutcome.CREATED)

    def _compare(self, page: Page) -> None:
        by_key = self._holders(page, self._plan.key_field)
        known, new = Q(record_id__in=list(page)), Q(record_id=None, key__in=list(by_key))
        items = {item.source_id: item for item in self._to_send().filter(known | new)}
        compared, found = [], {}
        for row in self._load(items):
            item = items[row.id]
            record_id = item.record_id or by_key[item.key]
            cells = self._changed_cells(row, page[record_id])
            if row.version == item.version and cells is not None:
                item.outcome, item.record_id = RecordOutcome.UPDATED, record_id
                item.found, item.cells = True, cells
                compared.append(item)
                found[row.id] = record_id
        fields = ["outcome", "record_id", "found", "cells"]
        PreviewItem.objects.bulk_update(compared, fields, batch_size=100)
        self._values.note_found(found)
        for column in self._plan.unique_columns:
            field = column.target.code
            self._values.note_held(field, self._holders(page, field))

    def _changed_cells(
        self, row: changes.SourceRecord, held: Mapping[str, JsonValue]
    ) -> list[dict[str, object]] | None:
        """The fields in which kintone holds something else; None if it cannot be told any more."""
        try:
            payload = self._plan.build(row.values)
        except MappingError:
            return None  # it was changed since it was judged
        sent = {self._plan.key_field: payload.key, **payload.record}
        return [asdict(cell) for cell in differences(sent, held, form=self._form)]

    def _holders(self, page: Page, field: str) -> dict[str, int]:
        """Value of the field, as kintone compares it → number of the record that holds it."""
        target = self._form.fields[field]
        return {
            as_compared(held.get(field), field=target): record_id
            for record_id, held in page.items()
        }

    def _refuse_what_lacks(self) -> None:
        """kintone makes no record without its required fields; those that it has it keeps."""
        rules = [column.rule for column in self._plan.columns]
        lacking = [
            Problem(code="required_without_rule", field=field.code, params=described(field))
            for field in required_without_rule(rules, form=self._form)
        ]
        if lacking:
            self._to_send().filter(outcome=RecordOutcome.CREATED).update(
                outcome=RecordOutcome.REJECTED,
                problems=[problem.as_json() for problem in lacking],
            )

    def _finish(self) -> None:
        items = PreviewItem.objects.filter(preview=self._preview)
        by_outcome = items.order_by().values_list("outcome").annotate(count=Count("pk"))
        counts = {**dict.fromkeys(_LISTED, 0), **dict(by_outcome)}
        previews.finish(
            self._preview.pk,
            owner=self._owner,
            now=clock.now(),
            unchanged=self._unchanged,
            counted=self._meter.counted,
            **counts,
        )

    def _to_send(self) -> QuerySet[PreviewItem]:
        return PreviewItem.objects.filter(preview=self._preview, outcome__in=TO_SEND)

    def _step(self, count: int) -> None:
        self._done += count
        self._beat(done=self._done, counted=self._meter.counted)

    def _beat(self, **values: object) -> None:
        if not previews.beat(self._preview.pk, owner=self._owner, now=clock.now(), **values):
            message = f"Preview {self._preview.pk} is no longer ours."
            raise LeaseLostError(message)

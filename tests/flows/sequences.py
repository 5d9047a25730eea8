"""Customer data, a kintone, two mappings into one app of it, and all that may befall them.

A `Scene` carries out single steps and keeps a small model of what is owed beside the real thing:
which rows must be in kintone, which may be, and what somebody did there by hand. `Scene.settle`
lets everything come to rest and then compares the two.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from common import clock
from common.types import RecordType
from crm import writing
from crm.models import Company
from integrations import budget, connections
from integrations.kintone.client import REQUEST_LIFE
from integrations.kintone.errors import KintoneError
from jobs import enabling, identity, liveness, previewing, previews, runs, sweep, trial
from jobs.book import DatabaseBook
from jobs.courier import RunCourier
from jobs.engine.preview import TO_SEND
from jobs.engine.send import put_of
from jobs.execute import execute
from jobs.models import PreviewItem, Run
from jobs.states import PreviewStatus, RunStatus, Trigger
from mapping import accepting, mappings
from mapping.models import Mapping
from mapping.rulespec import RuleSpec
from sandbox.model import ALL_RIGHTS
from tests.builders_crm import change, make_company
from tests.builders_mapping import form_answer, make_connection, make_mapping
from tests.flows.settled import Expectation, check, check_claims, entries_of, owed_ids

if TYPE_CHECKING:
    from jobs.engine.values import Request

START = datetime(2026, 5, 11, 1, tzinfo=UTC)
KEYS = ("K1", "K2", "K3", "K4")
#: Longer than kintone takes now, though not when the mapping's form was read; longer than ever.
REFUSED, TOO_LONG = "r" * 12, "t" * 25
#: The item that each of the mappings takes its update key from.
KEY_ITEMS = ("corporate_number", "mail_domain")
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "キー", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
    "text": {"type": "SINGLE_LINE_TEXT", "label": "売上", "maxLength": "20"},
    "src": {"type": "NUMBER", "label": "会社ID"},
    "via": {"type": "SINGLE_LINE_TEXT", "label": "連携"},
}
#: A process that died on this machine, and one of which nobody here can tell.
_HERE = liveness.Owner.parse(liveness.owner_here())
assert _HERE is not None
DEAD_HERE = str(replace(_HERE, pid=2**22 + 1))
DEAD_ELSEWHERE = "elsewhere|||1|1"
GOOD = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)


class Killed(BaseException):
    """The process died; no `except` of ours catches it."""


class Interruptions:
    """Lets something happen at a step of a run: before or after a call that leaves a trace, in the
    run's own thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.leaving: Request | None = None
        """The request that is about to leave."""
        self._action: Callable[[], object] | None = None
        self._left = 0
        for name in ("intend", "renew", "settle", "withdraw", "advance"):
            self._watch(monkeypatch, DatabaseBook, name)
        for name in ("send", "wait"):
            self._watch(monkeypatch, RunCourier, name)

    def arm(self, number: int, action: Callable[[], object]) -> None:
        """At the n-th step from now, once."""
        self._left, self._action = number, action

    def disarm(self) -> None:
        """Nothing happens any more."""
        self._action = None

    def _step(self) -> None:
        if self._action is None:
            return
        self._left -= 1
        if self._left < 0:
            action, self._action = self._action, None
            action()

    def _watch(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        real = getattr(owner, name)

        def watched(receiver: Any, *given: Any, **named: Any) -> Any:
            if name == "send":
                (self.leaving,) = given
            self._step()
            self.leaving = None
            result = real(receiver, *given, **named)
            self._step()
            return result

        monkeypatch.setattr(owner, name, watched)


class Paid:
    """Meter of a request that was counted when it left."""

    def spend(self, *, app: int | None, requests: int) -> None: ...

    def heard(self, *, too_much: bool) -> None: ...


class Scene:
    """One sequence of steps from its beginning.

    Args:
        time: Moves the clock (the fixture `time_machine`).
        interruptions: Installed once for all scenes of a test.
    """

    def __init__(self, kintone: Any, time: Any, interruptions: Interruptions) -> None:
        self.kintone, self.time, self.interruptions = kintone, time, interruptions
        time.move_to(START, tick=True)
        kintone.heal()
        self.app = kintone.add_app("顧客リスト", form_answer(FIELDS)["properties"])
        kintone.set_field(self.app, "text", maxLength="10")
        make_company(name="前からある会社", corporate_number="K1", mail_domain="K2")
        self.mappings = [self._mapping(number) for number in range(2)]
        self.expected = [Expectation(str(via), item) for via, item in enumerate(KEY_ITEMS)]
        self.hand_records: set[int] = set()
        self.text_code = "text"
        """Field code that the field `text` has in kintone by now."""
        self._late: tuple[Request, datetime] | None = None
        self._hands = 0

    def _mapping(self, number: int) -> Mapping:
        mapping = make_mapping(
            make_connection(login=self.kintone.login, password=self.kintone.password),
            app=self.app,
            form=FIELDS,
            form_read_at=clock.now(),
            update_key="code",
            rules={
                "code": KEY_ITEMS[number],
                "name": "name",
                "text": "sales_last_year",
                "src": "id",
                "via": RuleSpec(field="via", fixed=str(number)),
            },
        )
        enabling.enable(mapping, now=clock.now())
        return mapping

    # Customer data

    def row(self, number: int) -> Company | None:
        """One of the companies there are; None if there is none."""
        rows = list(Company.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def create(self, **values: str) -> Company:
        row = make_company(**values)
        self._note_change(row)
        return row

    def change(self, number: int, **values: str) -> None:
        """Give a company these values; one that is the same already is not changed."""
        row = self.row(number)
        if row is not None:
            before = row.version
            change(row, **values)
            if row.version != before:
                self._note_change(row)

    def swap(self, one: int, other: int, *, item: str) -> None:
        """Two companies exchange their keys."""
        first, second = self.row(one), self.row(other)
        if first is not None and second is not None and first.pk != second.pk:
            mine, theirs = getattr(first, item), getattr(second, item)
            self.change(one, **{item: theirs})
            self.change(other, **{item: mine})

    def delete(self, number: int) -> None:
        row = self.row(number)
        if row is not None:
            writing.delete(RecordType.COMPANY, [row.pk])

    def merge(self, number: int, *, into: int) -> None:
        """One company goes into another."""
        row, survivor = self.row(number), self.row(into)
        if row is None or survivor is None or row.pk == survivor.pk:
            return
        identity.merge_two(RecordType.COMPANY, row.pk, into_id=survivor.pk, now=clock.now())
        self._note_change(survivor)
        for expected in self.expected:
            touched = expected.by_hand.pop(row.pk, [])
            expected.by_hand.setdefault(survivor.pk, []).extend(touched)

    def _note_change(self, row: Company) -> None:
        for mapping, expected in zip(self.mappings, self.expected, strict=True):
            mapping.refresh_from_db()
            (expected.owed if mapping.enabled else expected.missed).add(row.pk)
            expected.may.add(row.pk)

    # Runs

    def run(self, which: int, *, full: bool = False, owner: str = "") -> Run | None:
        """What waits for a worker, else a run by hand; None where there is nothing to run."""
        mapping = self.mappings[which]
        mapping.refresh_from_db()
        run = Run.objects.filter(mapping=mapping, status=RunStatus.QUEUED, only=None).first()
        if run is None:
            if not mapping.enabled:
                return None
            trigger = Trigger.FIRST_LOAD if full else Trigger.MANUAL
            try:
                run = runs.start(mapping, trigger=trigger, now=clock.now(), full=full)
            except runs.AlreadyActive:
                return None
        return self._carry_out(which, run, owner=owner)

    def run_by_plan(self, which: int, *, reads_kintone: bool) -> None:
        """Somebody has everything checked, and what the check found carried out."""
        mapping = self.mappings[which]
        mapping.refresh_from_db()
        before = self.kintone.records(self.app)
        try:
            preview = previews.start(mapping, reads_kintone=reads_kintone, now=clock.now())
        except previews.AlreadyAtWork:
            return
        preview = previewing.make(preview.pk, owner=liveness.owner_here())
        assert self.kintone.records(self.app) == before, "a check wrote into kintone"
        if mapping.enabled and preview.status == PreviewStatus.READY:
            with suppress(runs.AlreadyActive):
                self._carry_out(which, previews.carry_out(preview, now=clock.now()))

    def _carry_out(self, which: int, run: Run, *, owner: str = "") -> Run:
        rows: set[int] = set()
        if run.plan is not None:
            items = PreviewItem.objects.filter(preview=run.plan, outcome__in=TO_SEND)
            rows = set(items.values_list("source_id", flat=True))
        elif run.full:
            rows = set(Company.objects.values_list("pk", flat=True))
        self.expected[which].may |= rows
        with suppress(Killed):
            run = execute(run.pk, owner=owner or liveness.owner_here())
            if run.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL):
                self.expected[which].owed |= rows
        self.interruptions.disarm()
        return run

    def push(self, which: int, number: int) -> None:
        """A test of one record."""
        row = self.row(number)
        if row is not None:
            self.expected[which].may.add(row.pk)
            with suppress(Killed):
                if trial.push(self.mappings[which], row.pk).ok:
                    self.expected[which].owed.add(row.pk)

    def kill_at(self, number: int) -> None:
        """The process that works next dies at its n-th step."""
        self.interruptions.arm(number, self._die)

    def _die(self) -> None:
        if self.interruptions.leaving is not None:
            self._late = (self.interruptions.leaving, clock.now())
        raise Killed

    def arrive_late(self) -> None:
        """The request that was leaving when its process died reaches kintone now."""
        late, self._late = self._late, None
        if late is None or clock.now() - late[1] > REQUEST_LIFE - timedelta(seconds=5):
            return
        request, _died_at = late
        self.interruptions.disarm()
        connection = self.mappings[0].connection
        parts = [[put_of(one, key_field="code") for one in part] for part in request.parts]
        with suppress(KintoneError), connections.client_for(connection, meter=Paid()) as client:
            if request.upsert:
                client.put_in_bulk(parts, app=self.app, key_field="code")
            else:
                client.put_records(parts[0], app=self.app, key_field="code", upsert=False)

    def disable(self, which: int) -> None:
        enabling.disable(self.mappings[which], now=clock.now())

    def enable(self, which: int, *, send: bool) -> None:
        mapping, expected = self.mappings[which], self.expected[which]
        mapping.refresh_from_db()
        if mapping.enabled:
            return
        if send:
            expected.owed |= expected.missed
        else:
            expected.owed -= set(owed_ids(mapping))
        expected.missed.clear()
        enabling.enable(mapping, now=clock.now(), send_changed_meanwhile=send)

    def sweep(self) -> None:
        sweep.sweep(now=clock.now())

    def wait(self, **time: float) -> None:
        self.time.shift(timedelta(**time))

    def spend_all_but(self, requests: int) -> None:
        """So many requests are left of today's."""
        host = self.mappings[0].connection.host
        used = budget.used(host, self.app, now=clock.now())
        budget.set_daily_requests(host, self.app, used + requests)

    # kintone by hand

    def records(self) -> list[dict[str, Any]]:
        """What kintone holds, by the field codes of the beginning."""
        return [
            {"text" if code == self.text_code else code: value for code, value in one.items()}
            for one in self.kintone.records(self.app)
        ]

    def rename_text(self) -> None:
        """Somebody gives a field another code, or its old one back.

        A code that came back before both had read the form is a change that nobody can know of.
        """
        if all(self.look(which) for which in range(2)):
            code = {"text": "words", "words": "text"}[self.text_code]
            self.kintone.rename_field(self.app, self.text_code, code)
            self.text_code = code

    def look(self, which: int) -> bool:
        """Somebody has the form read and accepts what is proposed; False if that cannot be."""
        mapping = self.mappings[which]
        try:
            with connections.client_for(mapping.connection, meter=Paid()) as client:
                mappings.read_form(mapping, client, now=clock.now())
        except KintoneError:
            return False
        mapping.refresh_from_db()
        accepting.accept(mapping, stamp=accepting.stamp_of(mapping))
        return True

    def records_of(self, number: int, *, via: int) -> list[dict[str, Any]]:
        """What one mapping has of a company in kintone."""
        row = self.row(number)
        wanted = (str(row.pk) if row else "", str(via))
        return [one for one in self.records() if (one["src"], one["via"]) == wanted]

    def _record(self, number: int) -> dict[str, Any] | None:
        records = self.records()
        return records[number % len(records)] if records else None

    def write_by_hand(self, number: int, field: str) -> None:
        """Somebody writes something of their own into a record."""
        if record := self._touch(number):
            self._hands += 1
            app = self.kintone.app(self.app)
            one = app.records[int(record["$id"])]
            code = self.text_code if field == "text" else field
            values = {**one.values, code: f"H{self._hands}"}
            app.records[one.id] = replace(one, values=values)
            app.rebuild()

    def delete_by_hand(self, number: int) -> None:
        if record := self._touch(number):
            self.kintone.remove_record(self.app, int(record["$id"]))

    def _touch(self, number: int) -> dict[str, Any] | None:
        record = self._record(number)
        if record is not None:
            self.hand_records.add(int(record["$id"]))
            expected = self.expected[int(record["via"])]
            row = Company.objects.filter(pk=int(record["src"])).first()
            if row is not None:
                wanted = expected.wanted(row)
                held = {code: record[code] for code in wanted}
                expected.by_hand.setdefault(row.pk, []).extend([wanted, held])
        return record

    # Coming to rest

    def fault(self, fault: Callable[[Any, int, int], object], *, times: int, skip: int) -> None:
        """Something goes wrong with the next requests."""
        fault(self.kintone, times, skip)

    def heal(self) -> None:
        """Whatever was wrong with kintone is well again."""
        self.kintone.heal()
        self.kintone.change_password(self.kintone.password)
        self.kintone.grant(self.app, *ALL_RIGHTS)
        self.spend_all_but(5000)

    def close(self) -> None:
        """Leave nothing behind for the next scene."""
        self.heal()
        self.interruptions.disarm()
        self.kintone.delete_app(self.app)

    def settle(self) -> None:
        """Everything heals, what is owed is done, and all is as it should be."""
        self.heal()
        self.interruptions.disarm()
        self._late = None
        for which in range(2):
            assert self.look(which)
        pauses: Sequence[timedelta] = [timedelta(minutes=10)] * 4 + [timedelta(hours=25)] * 4
        for pause in pauses:
            self.time.shift(pause)
            self.sweep()
            ended = [self._run_what_is_owed(which) for which in range(2)]
            if all(run is None or run.status in GOOD for run in ended) and not self._due():
                break
        records = self.records()
        for mapping, expected in zip(self.mappings, self.expected, strict=True):
            check(mapping, expected, records=records, by_hand=self.hand_records)
        check_claims()
        self.kintone.forget_requests()
        for which in range(2):
            self.run(which)
        assert [(one.method, one.path) for one in self.kintone.requests] == []

    def _run_what_is_owed(self, which: int) -> Run | None:
        """A run that looks at more than a plan that was held until now."""
        run = self.run(which)
        return self.run(which) if run is not None and run.plan is not None else run

    def _due(self) -> bool:
        return any(
            entries_of(mapping).filter(due_at__isnull=False).exists()
            for mapping in self.mappings
            if mapping.enabled
        )

"""Anything at any time: data changes while faults of every kind strike at random.

    make soak                        an hour; SOAK_MINUTES and SOAK_SEED say otherwise
    pytest --stack tests/flows/soak  some seconds

At the end kintone is held against the source, record by record: nothing is missing, nothing is
double, every field is as it was sent. It prints its seed, with which the same is tried again.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import psutil
import pytest
import yaml
from django.db import connection as database

from common.types import RecordType
from crm import writing
from crm.models import Company
from jobs.models import LedgerEntry, Outcome, Run
from jobs.states import EntryState
from tests.builders_mapping import form_answer
from tests.fixtures.installation import QUEUES, Installation, is_busy
from tests.flows.faults import wire
from tests.flows.faults.processes import PROGRAM

pytestmark = [pytest.mark.stack, pytest.mark.timeout(24 * 3600)]

MINUTES = float(os.environ.get("SOAK_MINUTES", "0.15"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or int(time.time())
#: Slots that may pass until all is well again.
SLOTS = 20
TEXT = {"type": "SINGLE_LINE_TEXT"}
FIELDS: dict[str, dict[str, Any]] = {
    "code": {**TEXT, "label": "外部ID", "unique": True},
    "name": {**TEXT, "label": "会社名"},
    "tel": {**TEXT, "label": "電話番号"},
}
SETTINGS: dict[str, Any] = {
    "record_type": "company",
    "daily_requests": 10_000_000,
    "update_key": "code",
    "enabled": True,
    "rules": {"code": "external_id", "name": "name", "tel": "main_tel"},
}


class Changes:
    """What people and programs do to the source meanwhile."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._number = 0
        self.deleted: set[str] = set()

    def come_in(self) -> None:
        """A file brings new companies."""
        rows = [self._row() for _ in range(self._chance.randint(1, 150))]
        writing.upsert(RecordType.COMPANY, rows, key="external_id")

    def change(self) -> None:
        """Companies have other names and numbers."""
        rows = [
            {"external_id": one, "name": self._text("社名"), "main_tel": self._text("03-")}
            for one in self._some()
        ]
        if rows:
            writing.upsert(RecordType.COMPANY, rows, key="external_id")

    def get_another_id(self) -> None:
        """One company has another external ID, which is the update key."""
        for company in Company.objects.filter(external_id__in=self._some()[:1]):
            writing.save_one(RecordType.COMPANY, {"external_id": self._id()}, row_id=company.pk)

    def go(self) -> None:
        """One company is deleted; its record in kintone stays."""
        for company in Company.objects.filter(external_id__in=self._some()[:1]):
            # Whatever IDs it had, it had them in kintone.
            self.deleted.add(str(company.external_id))
            writing.delete(RecordType.COMPANY, [company.pk])

    def _some(self) -> list[str]:
        ids = [str(company.external_id) for company in Company.objects.order_by("pk")]
        return self._chance.sample(ids, min(len(ids), self._chance.randint(1, 60)))

    def _row(self) -> dict[str, Any]:
        return {"external_id": self._id(), "name": self._text("会社"), "main_tel": "03-0000-0000"}

    def _id(self) -> str:
        self._number += 1
        return f"S{self._number:07}"

    def _text(self, begins: str) -> str:
        return f"{begins}{self._chance.randint(0, 10**9)}"


class Faults:
    """What goes wrong meanwhile."""

    def __init__(self, chance: Random, installation: Installation) -> None:
        self._chance = chance
        self._installation = installation
        self.worker = self.start_worker()

    def start_worker(self) -> Any:
        """A second one beside the installation's; whoever dies of a lost broker comes again."""
        return self._installation.start_another("second", queues=QUEUES)

    def kinds(self) -> dict[str, Callable[[], object]]:
        """Name → what brings it about."""
        kintone, way = self._installation.kintone, self._installation.wire
        deeds = (
            *(wire.reset_before, wire.reset_after, wire.silence_after, wire.half_a_body),
            *(wire.malformed, wire.too_few, wire.page_after(b"502 Bad Gateway")),
        )
        return {
            "kintone: 429": lambda: kintone.fail(429, code="GAIA_TO04", times=self._few()),
            "kintone: locked": lambda: kintone.fail(code="GAIA_DA02", times=self._few()),
            "kintone: 503": lambda: kintone.fail(503, "<html>down</html>", times=self._few()),
            "kintone: slow": lambda: kintone.latency(self._chance.choice([0, 0.01, 0.1])),
            "kintone: password": lambda: kintone.change_password("another"),
            "kintone: password back": lambda: kintone.change_password(kintone.password),
            "wire": lambda: way.do(*self._chance.choices(deeds, k=self._few())),
            "worker killed": self._installation.kill_worker,
            "worker ended": self._end_worker,
            "broker killed": self._installation.kill_broker,
            "database cut": cut_database,
        }

    def _few(self) -> int:
        return self._chance.randint(1, 4)

    def _end_worker(self) -> None:
        self.worker.send_signal(signal.SIGTERM)
        self.worker = self.start_worker()


def cut_database() -> None:
    """The product's connections to PostgreSQL are gone, as after its restart."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [PROGRAM],
        )


@pytest.fixture
def app(installation: Installation, kintone: Any) -> int:
    """An app that companies go to from now on."""
    app = int(kintone.add_app("顧客リスト", form_answer(FIELDS)["properties"]))
    connection = {
        "name": "本番",
        "subdomain": "demo",
        "auth": {"login": kintone.login, "password": {"env": "KINTONE_PASSWORD"}},
        "mappings": [{**SETTINGS, "app": app}],
    }
    file = installation.folder / "settings.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "connections": [connection]}))
    code = installation.manage("settings_apply", str(file), KINTONE_PASSWORD=kintone.password)
    assert code == 0, installation.said()
    return app


def differences(kintone: Any, app: int, changes: Changes) -> list[str]:
    """What is not in kintone as it is at the source."""
    there: dict[str, list[tuple[str, str]]] = {}
    for record in kintone.records(app):
        there.setdefault(record["code"], []).append((record["name"], record["tel"]))
    wanted = {
        str(company.external_id): [(company.name, company.main_tel)]
        for company in Company.objects.order_by("pk")
    }
    wrong = [
        f"{key}: {there.get(key)} ≠ {one}" for key, one in wanted.items() if there.get(key) != one
    ]
    # Of those that are gone, kintone keeps what it had; under an ID that they once had.
    foreign = len(set(there) - set(wanted))
    if foreign > len(changes.deleted):
        wrong.append(f"{foreign} records of {len(changes.deleted)} deleted companies")
    return wrong


def test_nothing_is_lost_and_nothing_doubled_whatever_happens(
    installation: Installation, kintone: Any, app: int
) -> None:
    chance = Random(SEED)
    changes, faults = Changes(chance), Faults(chance, installation)
    happened: Counter[str] = Counter()
    memory = []
    end = time.monotonic() + MINUTES * 60
    changes.come_in()

    while time.monotonic() < end:
        for act in chance.choices(
            [changes.come_in, changes.change, changes.get_another_id, changes.go],
            weights=[2, 6, 2, 1],
            k=chance.randint(1, 3),
        ):
            act()
            happened[act.__name__] += 1
        if chance.random() < 0.4:
            name, strike = chance.choice(list(faults.kinds().items()))
            strike()
            happened[name] += 1
        installation.fall_due()
        installation.tick_if_it_can()
        time.sleep(chance.random())
        memory.append(resident(installation))

    installation.wire.heal()
    kintone.heal()
    kintone.change_password(kintone.password)
    for _slot in range(SLOTS):
        installation.slot()
        if not differences(kintone, app, changes):
            break
    report = f"seed {SEED}, {MINUTES:g} minutes, {dict(sorted(happened.items()))}"
    print(
        f"\n{report}\n{Company.objects.count()} companies, {Run.objects.count()} runs,"
        f" {Outcome.objects.count()} outcomes, {len(kintone.requests)} requests,"
        f" {sum(one.counted for one in kintone.requests)} counted;"
        f" workers {min(memory) / 1e6:.0f}–{max(memory) / 1e6:.0f} MB"
    )
    assert differences(kintone, app, changes) == [], report
    assert not is_busy()
    assert not LedgerEntry.objects.filter(state=EntryState.FAILED).exists(), report


def resident(installation: Installation) -> int:
    """Bytes of memory that the largest of the product's processes takes."""
    mine = psutil.Process().children(recursive=True)
    taken = []
    for one in mine:
        try:
            if "celery" in one.cmdline():
                taken.append(one.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return max(taken, default=0)

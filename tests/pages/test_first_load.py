"""The confirmation of 全件連携, its progress, and 一時停止 and 再開."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common import clock
from jobs import runs
from jobs.models import Run
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import make_companies
from tests.flows.conftest import enabled_mapping
from tests.pages.reading import Page


@pytest.fixture
def mapping(kintone: Any, db: None) -> Mapping:
    make_companies(3)
    return enabled_mapping(kintone)


@pytest.fixture
def run(mapping: Mapping) -> Run:
    return runs.start(mapping, trigger=Trigger.FIRST_LOAD, now=clock.now(), full=True)


def page_of(mapping: Mapping) -> str:
    return f"/settings/mappings/{mapping.pk}/first-load/"


def test_looking_at_it_starts_nothing(as_administrator: Client, mapping: Mapping) -> None:
    page = Page(as_administrator.get(page_of(mapping)))

    assert "3件" in page.text()
    assert "1分未満" in page.text()
    assert "全件連携を開始" in page.buttons()
    assert not Run.objects.exists()


def test_a_press_starts_it_and_leads_to_the_run(as_administrator: Client, mapping: Mapping) -> None:
    answer = as_administrator.post(page_of(mapping), follow=True)

    run = Run.objects.get()
    assert (run.full, run.trigger) == (True, Trigger.FIRST_LOAD)
    assert answer.redirect_chain[-1][0] == f"/runs/{run.pk}/"
    assert "全件連携を受け付けました。" in Page(answer).text()


def test_one_that_rests_is_taken_up_instead_of_a_second_one(
    as_administrator: Client, mapping: Mapping, run: Run
) -> None:
    runs.pause(run)
    page = Page(as_administrator.get(page_of(mapping)))
    assert "途中で止まっている全件連携があります。" in page.text()
    assert "続きから再開" in page.buttons()

    as_administrator.post(page_of(mapping))

    run = Run.objects.get()
    assert (run.status, run.paused) == (RunStatus.QUEUED, False)


def test_of_a_mapping_that_is_off_it_is_not_offered(
    as_administrator: Client, mapping: Mapping
) -> None:
    Mapping.objects.update(enabled=False)

    answer = as_administrator.get(page_of(mapping))

    assert answer.headers["Location"].endswith(f"/settings/mappings/{mapping.pk}/test/")


def test_a_run_is_paused_and_resumed_from_its_page(as_administrator: Client, run: Run) -> None:
    address = f"/runs/{run.pk}/"
    assert "一時停止" in Page(as_administrator.get(address)).buttons()

    as_administrator.post(f"{address}pause/")
    paused = Page(as_administrator.get(address))
    assert "一時停止しています" in paused.text()
    assert "再開" in paused.buttons()
    as_administrator.post(f"{address}resume/")

    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_what_has_ended_can_be_neither_paused_nor_resumed(
    as_administrator: Client, run: Run
) -> None:
    Run.objects.update(status=RunStatus.SUCCEEDED)

    for what, said in (("pause", "すでに終わっています"), ("resume", "一時停止していません")):
        answer = as_administrator.post(f"/runs/{run.pk}/{what}/", follow=True)
        assert said in Page(answer).text()

    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED


def test_a_run_at_work_says_how_far_it_is_and_how_long_it_will_take(
    as_administrator: Client, run: Run
) -> None:
    Run.objects.update(
        status=RunStatus.RUNNING,
        started_at=clock.now() - timedelta(seconds=10),
        total=12_000,
        created=3_000,
        done_before=1_000,
    )

    text = Page(as_administrator.get(f"/runs/{run.pk}/")).text()

    assert "12,000件中3,000件（25%）を処理しました。" in text
    assert "毎秒200件です。残りは約45秒です。" in text

"""The lists of データ処理状況一覧 come as CSV: whole, as narrowed, safe."""

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from jobs.models import Run
from jobs.pages import downloads
from jobs.states import RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import make_mapping
from tests.flows.conftest import FIELDS, enabled_mapping, run_now


def lines_of(client: Client, address: str) -> list[list[str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def make_run(mapping: Mapping, **values: Any) -> Run:
    now = clock.now()
    known = {"trigger": Trigger.SCHEDULE, "status": RunStatus.SUCCEEDED, "slot": now}
    return Run.objects.create(mapping=mapping, queued_at=now, **{**known, **values})


def test_all_runs_that_the_list_is_narrowed_to_are_in_the_file(
    as_administrator: Client, db: None
) -> None:
    mapping = make_mapping()
    for _number in range(60):
        make_run(mapping, created=1200)
    failed = make_run(mapping, status=RunStatus.FAILED)

    heading, *lines = lines_of(as_administrator, reverse("jobs:runs-csv"))
    narrowed = lines_of(as_administrator, reverse("jobs:runs-csv") + "?status=failed")[1:]

    assert heading[:3] == ["番号", "対象データ", "kintoneアプリ"]
    assert len(lines) == 61
    assert dict(zip(heading, lines[-1], strict=True))["新規"] == "1200"
    assert [line[0] for line in narrowed] == [str(failed.pk)]


def test_the_link_on_the_list_keeps_to_its_filters(as_administrator: Client, db: None) -> None:
    page = as_administrator.get(reverse("jobs:runs") + "?status=failed&below=7").content.decode()

    assert f'href="{reverse("jobs:runs-csv")}?status=failed"' in page


@pytest.fixture
def failing(kintone: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> Mapping:
    """Three records that do not fit the form, one of them called like a formula."""
    monkeypatch.setattr(downloads, "AT_ONCE", 2)
    fields = {**FIELDS, "name": {**FIELDS["name"], "maxLength": "6"}}
    mapping = enabled_mapping(kintone, fields=fields)
    make_company(external_id="=1+2", name="=とても長い名前")
    make_company(external_id="C-2", name="とても長い名前二")
    make_company(external_id="C-3", name="とても長い名前三")
    make_companies(2, name="短い")
    run_now(mapping)
    return mapping


def test_failed_records_tell_their_cause_and_remedy(
    failing: Mapping, as_administrator: Client
) -> None:
    heading, *lines = lines_of(as_administrator, reverse("jobs:failures-csv", args=[failing.pk]))

    found = [dict(zip(heading, line, strict=True)) for line in lines]
    assert [one["外部ID"] for one in found] == ["'=1+2", "C-2", "C-3"]
    assert found[0]["データ"].startswith("'=とても長い名前")
    assert all("文字" in one["原因"] + one["理由"] for one in found)


def test_the_records_of_a_run_are_in_its_file_of_the_chosen_cause_alone(
    failing: Mapping, as_administrator: Client
) -> None:
    run = Run.objects.get()
    address = reverse("jobs:run-csv", args=[run.pk])
    code = run.outcomes.filter(problems__0__isnull=False).first().problems[0]["code"]  # type: ignore[union-attr]

    assert len(lines_of(as_administrator, address)) == 4
    assert len(lines_of(as_administrator, f"{address}?cause={code}&field=name")) == 4
    assert len(lines_of(as_administrator, f"{address}?cause={code}&field=code")) == 1


def test_nobody_but_an_administrator_has_them(failing: Mapping, as_general: Client) -> None:
    for address in (
        reverse("jobs:runs-csv"),
        reverse("jobs:failures-csv", args=[failing.pk]),
        reverse("jobs:run-csv", args=[Run.objects.get().pk]),
    ):
        assert as_general.get(address).status_code == 403

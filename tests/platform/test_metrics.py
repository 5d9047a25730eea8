"""`/metrics`: who may read it, and that a real run shows in it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from common import clock
from jobs.models import Heartbeat
from tests.builders_crm import make_companies, make_company
from tests.flows.conftest import enabled_mapping, run_now

pytestmark = pytest.mark.django_db

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TOKEN = "a-token-that-is-long-enough"


@pytest.fixture
def token(settings: Any) -> str:
    settings.METRICS_TOKEN = TOKEN
    return TOKEN


def read(client: Client) -> dict[tuple[str, ...], float]:
    """(name, values of its labels in the order of their names …) → figure."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer another-token-of-that-len", TOKEN + "x"])
def test_without_the_token_there_is_nothing(client: Client, token: str, shown: str) -> None:
    assert client.get("/metrics", headers={"Authorization": shown}).status_code == 404


def test_where_no_token_was_set_nobody_reads_it(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""

    for shown in ("", "Bearer "):
        answer = client.get("/metrics", headers={"Authorization": shown})
        assert answer.status_code == 404


def test_a_run_shows_in_the_figures(client: Client, token: str, kintone: Any) -> None:
    mapping = enabled_mapping(kintone)
    labels = (str(mapping.app), mapping.connection.name, "company")
    make_companies(3)
    make_company(business_category_kbn="林業")
    before = read(client)
    assert before["hpsync_mapping_waiting_records", *labels] == 4

    run_now(mapping)

    after = read(client)
    host = mapping.connection.host
    assert after["hpsync_mapping_waiting_records", *labels] == 0
    assert after["hpsync_mapping_failed_records", *labels] == 1
    assert after["hpsync_mapping_state", *labels, "action"] == 1
    assert after["hpsync_mapping_state", *labels, "healthy"] == 0
    assert after["hpsync_mapping_last_run_timestamp_seconds", *labels] > 0
    assert after["hpsync_requests_today", str(mapping.app), host] >= 1
    assert after["hpsync_requests_daily_limit", str(mapping.app), host] == 5000
    assert after["hpsync_kintone_request_seconds_count", host] >= 1
    assert (
        after["hpsync_kintone_request_seconds_bucket", host, "30.0"]
        == after["hpsync_kintone_request_seconds_bucket", host, "+Inf"]
    )
    assert after["hpsync_kintone_slowed_total", host] == 0


def test_what_kintone_could_not_bear_is_counted(client: Client, token: str, kintone: Any) -> None:
    mapping = enabled_mapping(kintone)
    make_companies(3)
    kintone.fail(429, path="records.json")

    run_now(mapping)

    assert read(client)["hpsync_kintone_slowed_total", mapping.connection.host] == 1


def test_the_clock_and_the_notices_have_figures(client: Client, token: str) -> None:
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": clock.now()})

    found = read(client)

    assert abs(found["hpsync_tick_timestamp_seconds",] - clock.now().timestamp()) < 60
    assert found["hpsync_notices_waiting",] == 0
    assert found["hpsync_runs_active", "running"] == 0


def test_a_broker_that_is_away_takes_its_figures_alone(
    client: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_named: Any) -> Any:
        raise OSError

    assert ("hpsync_queue_messages", "hpsync") in read(client)
    monkeypatch.setattr("hpsync.celery.app.connection_for_write", away)
    assert ("hpsync_queue_messages", "hpsync") not in read(client)


def test_more_data_takes_no_more_queries(client: Client, token: str, kintone: Any) -> None:
    mapping = enabled_mapping(kintone)

    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            read(client)
        return len(captured)

    few = queries()
    make_companies(30)
    run_now(mapping)
    assert queries() <= few + 1


def test_dashboard_and_rules_ask_for_figures_that_there_are(
    client: Client, token: str, kintone: Any
) -> None:
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": clock.now()})
    mapping = enabled_mapping(kintone)
    make_companies(1)
    run_now(mapping)
    there = {name for name, *_labels in read(client)}

    board = json.loads((DEPLOY / "grafana" / "hpsync.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]

    named = {name for expression in asked for name in re.findall(r"hpsync_\w+", expression)}
    assert named <= there
    assert len(named) > 10

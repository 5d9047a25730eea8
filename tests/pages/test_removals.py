"""Deleting a mapping and a connection: what is said before, what is gone after, what stays."""

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import clock
from integrations.models import Connection
from jobs import liveness, removing, runs, tasks
from jobs.execute import execute
from jobs.models import Alert, KeyClaim, Ledger, LedgerEntry, Outcome, Run, Schedule
from jobs.states import AlertKind, RunStatus, Trigger
from mapping.models import Mapping, Rule
from tests.builders_crm import make_companies, make_company
from tests.builders_mapping import make_mapping
from tests.flows.conftest import enabled_mapping, run_now
from tests.pages.reading import Page

CONFIRMED = {"understood": "on"}
REMEMBERED = (Mapping, Rule, Ledger, LedgerEntry, KeyClaim, Run, Outcome)


@pytest.fixture
def synced(company_mapping: Mapping) -> Mapping:
    """Two companies in kintone, and a third that failed."""
    make_companies(2, business_category_kbn="製造業")
    make_company(name="株式会社青葉商事", business_category_kbn="情報・通信業")
    run_now(company_mapping)
    company_mapping.refresh_from_db()
    return company_mapping


def mapping_page(mapping: Mapping) -> str:
    return f"/settings/mappings/{mapping.pk}/delete/"


def connection_page(mapping: Mapping) -> str:
    return f"/settings/{mapping.connection_id}/delete/"


def start(mapping: Mapping) -> Run:
    return runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())


def test_the_page_names_the_mapping_and_counts_what_goes_with_it(
    as_administrator: Client, synced: Mapping
) -> None:
    text = Page(as_administrator.get(mapping_page(synced))).text()

    assert "会社 → 顧客リスト （有効）" in text
    assert "連携済みのデータ 2件" in text
    assert "エラーのデータ 1件" in text
    assert "データ処理の履歴 1件" in text
    assert "kintoneのレコードは削除されません。" in text


@pytest.mark.parametrize("page", [mapping_page, connection_page])
def test_looking_deletes_nothing_and_cancelling_leads_back(
    as_administrator: Client, synced: Mapping, page: Any
) -> None:
    answer = Page(as_administrator.get(page(synced)))

    assert answer.links()["キャンセル"] == f"/settings/{synced.connection_id}/"
    assert Mapping.objects.get() == synced


def test_a_deleted_mapping_takes_all_that_is_remembered_of_it(
    as_administrator: Client, synced: Mapping, kintone: Any
) -> None:
    assert all(model.objects.exists() for model in REMEMBERED)

    answer = as_administrator.post(mapping_page(synced), CONFIRMED, follow=True)

    assert answer.redirect_chain == [(f"/settings/{synced.connection_id}/", 302)]
    assert "マッピングを削除しました。" in answer.content.decode()
    assert [model for model in REMEMBERED if model.objects.exists()] == []
    assert Connection.objects.count() == 1
    assert len(kintone.records(synced.app)) == 2


def test_other_mappings_keep_what_is_theirs(
    as_administrator: Client, synced: Mapping, kintone: Any
) -> None:
    other = enabled_mapping(kintone, connection=synced.connection)
    make_companies(2)
    run_now(other)

    as_administrator.post(mapping_page(synced), CONFIRMED)

    assert Mapping.objects.get() == other
    assert Run.objects.get().mapping == other
    assert LedgerEntry.objects.filter(ledger__mapping=other).count() == LedgerEntry.objects.count()
    assert Outcome.objects.count() == 2
    assert KeyClaim.objects.count() == 2


def test_a_mapping_made_anew_finds_the_records_that_stayed(
    as_administrator: Client, synced: Mapping, kintone: Any
) -> None:
    as_administrator.post(mapping_page(synced), CONFIRMED)

    anew = enabled_mapping(kintone, connection=synced.connection, app=synced.app)
    run = run_now(anew, full=True)

    assert (run.created, run.updated) == (0, 2)
    assert len(kintone.records(synced.app)) == 2


def test_an_alert_of_the_connection_outlives_the_mapping_it_was_heard_from(
    as_administrator: Client, synced: Mapping, kintone: Any
) -> None:
    enabled_mapping(kintone, connection=synced.connection)
    run = Run.objects.get()
    given = {"connection": synced.connection, "run": run, "began_at": clock.now()}
    unreachable = Alert.objects.create(kind=AlertKind.UNREACHABLE, **given)
    Alert.objects.create(kind=AlertKind.CONFIGURATION, mapping=synced, **given)

    as_administrator.post(mapping_page(synced), CONFIRMED)

    assert Alert.objects.get(ended_at=None) == unreachable


def test_an_alert_that_concerns_nothing_any_more_ends(
    as_administrator: Client, synced: Mapping
) -> None:
    Alert.objects.create(
        kind=AlertKind.UNREACHABLE, connection=synced.connection, began_at=clock.now()
    )

    as_administrator.post(mapping_page(synced), CONFIRMED)

    assert not Alert.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("page", [mapping_page, connection_page])
def test_without_the_box_nothing_is_deleted(
    as_administrator: Client, synced: Mapping, page: Any
) -> None:
    answer = Page(as_administrator.post(page(synced)))

    assert answer.status == 422
    assert answer.error_of("understood") == (
        "チェックが入っていません。注意事項を確認してから、チェックを入れてください。"
    )
    assert answer.title().startswith("エラー：")
    assert Mapping.objects.exists()


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.HELD])
@pytest.mark.parametrize("page", [mapping_page, connection_page])
def test_a_run_that_has_not_ended_must_be_canceled_first(
    as_administrator: Client, synced: Mapping, page: Any, status: RunStatus
) -> None:
    run = start(synced)
    Run.objects.filter(pk=run.pk).update(status=status)

    warned = Page(as_administrator.get(page(synced)))
    refused = Page(as_administrator.post(page(synced), CONFIRMED))

    assert "データ処理が終わっていません" in warned.text("blocked")
    assert refused.status == 409
    assert "先に中止するか、終わってから削除してください。" in refused.text("blocked")
    assert f"/runs/{run.pk}/" in refused.links().values()
    assert LedgerEntry.objects.exists()


def test_after_canceling_it_can_be_deleted_and_the_late_message_does_no_harm(
    as_administrator: Client, synced: Mapping
) -> None:
    run = start(synced)
    as_administrator.post(f"/runs/{run.pk}/cancel/")

    as_administrator.post(mapping_page(synced), CONFIRMED)
    tasks.run(run.pk)

    assert not Mapping.objects.exists()


def test_a_worker_whose_mapping_goes_away_under_it_stops_and_leaves_nothing(
    company_mapping: Mapping, kintone: Any, settings: Any
) -> None:
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    make_companies(250)
    run = start(company_mapping)

    def cancel_and_delete(_settled: object) -> None:
        runs.cancel(run, now=clock.now())
        removing.delete_mapping(company_mapping, now=clock.now())

    with pytest.raises(Run.DoesNotExist):
        execute(run.pk, owner=liveness.owner_here(), progress=cancel_and_delete)

    assert [model for model in REMEMBERED if model.objects.exists()] == []
    assert len(kintone.records(company_mapping.app)) == 100


def test_the_page_of_a_connection_names_every_mapping(
    as_administrator: Client, synced: Mapping
) -> None:
    make_mapping(synced.connection, record_type="lead", app=77, app_name="見込み客管理", rules={})

    text = Page(as_administrator.get(connection_page(synced))).text()

    assert f"会社 → 顧客リスト （アプリID {synced.app}、2件を連携済み）" in text
    assert "リード → 見込み客管理 （アプリID 77、0件を連携済み）" in text
    assert "マッピング2件" in text


def test_a_deleted_connection_takes_its_login_schedule_and_mappings(
    as_administrator: Client, synced: Mapping, kintone: Any
) -> None:
    name = synced.connection.name

    answer = as_administrator.post(connection_page(synced), CONFIRMED, follow=True)

    assert answer.redirect_chain == [("/settings/", 302)]
    assert f"接続「{name}」を削除しました。" in answer.content.decode()
    gone = (*REMEMBERED, Connection, Schedule)
    assert [model for model in gone if model.objects.exists()] == []
    assert len(kintone.records(synced.app)) == 2


def test_step_one_leads_to_both_pages(as_administrator: Client, synced: Mapping) -> None:
    links = Page(as_administrator.get(f"/settings/{synced.connection_id}/")).links()

    assert links["削除 ：会社 → 顧客リスト"] == mapping_page(synced)
    assert links["この接続を削除"] == connection_page(synced)


def test_a_new_connection_has_nothing_to_delete(as_administrator: Client) -> None:
    assert "この接続を削除" not in Page(as_administrator.get("/settings/new/")).links()


def test_deleting_loads_no_record_however_many_there_are(synced: Mapping) -> None:
    with CaptureQueriesContext(database) as queries:
        removing.delete_mapping(synced, now=clock.now())

    loaded = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    grown = ("jobs_ledgerentry", "jobs_keyclaim", "jobs_outcome")
    assert [sql for sql in loaded if any(f'FROM "{table}"' in sql for table in grown)] == []

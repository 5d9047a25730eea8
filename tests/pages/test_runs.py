"""データ処理状況一覧, the page of one run, and what can be done about failed records."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common import clock
from common.problems import Problem
from crm.models import Company
from jobs import enabling, runs
from jobs.causes import cause_of
from jobs.models import LedgerEntry, Outcome, Run
from jobs.pages import select_runs
from jobs.pages.select_runs import RunQuery
from jobs.states import EntryState, RecordOutcome, RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company
from tests.builders_mapping import make_mapping
from tests.flows.conftest import run_now
from tests.pages.reading import Page


def start(mapping: Mapping, **values: Any) -> Run:
    """A run as if it had been carried out."""
    run = runs.start(mapping, trigger=Trigger.SCHEDULE, now=clock.now())
    now = clock.now()
    given = {"status": RunStatus.SUCCEEDED, "started_at": now, "finished_at": now, **values}
    Run.objects.filter(pk=run.pk).update(**given)
    run.refresh_from_db()
    return run


@pytest.fixture
def refused(company_mapping: Mapping, kintone: Any) -> Run:
    """A run in which one company of three was refused before it was sent."""
    make_companies(2, business_category_kbn="製造業")
    make_company(name="株式会社青葉商事", business_category_kbn="情報・通信業")
    return run_now(company_mapping)


def test_an_empty_list_says_what_to_do(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/runs/"))

    assert "データ処理はまだありません。" in page.text("runs")
    assert page.links()["kintone連携設定を開く"] == "/settings/"


def test_the_list_shows_runs_newest_first_with_their_counts(as_administrator: Client) -> None:
    mapping = make_mapping(app=7)
    first = start(mapping, created=3, updated=12_325, counted=124)
    second = start(mapping, status=RunStatus.PARTIAL, invalid=2, rejected=15, unchanged=4)

    answer = as_administrator.get("/runs/")

    text = Page(answer).text("runs")
    assert text.index("完了（一部エラー）") < text.index("12,325")
    assert Page(answer).text(f"run-{first.pk}").endswith("3 12,325 0 124")
    assert "17" in Page(answer).text(f"run-{second.pk}")
    assert "変更なし4件" in Page(answer).text(f"run-{second.pk}")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("record_type=company", {"company"}),
        ("record_type=lead", {"lead"}),
        ("app=7", {"company"}),
        ("status=failed", {"lead"}),
        ("period=1", {"company"}),
        ("period=7", {"company", "lead"}),
        ("status=no-such-status", {"company", "lead"}),
        ("app=x&period=x", {"company", "lead"}),
    ],
)
def test_the_list_is_narrowed_by_type_app_status_and_period(
    as_administrator: Client, query: str, shown: set[str]
) -> None:
    company = start(make_mapping(app=7))
    lead = start(
        make_mapping(record_type="lead", app=8, rules={}),
        status=RunStatus.FAILED,
        queued_at=clock.now() - timedelta(days=2),
    )

    page = Page(as_administrator.get(f"/runs/?{query}"))

    names = {"company": company, "lead": lead}
    assert {name for name, run in names.items() if page.has(f"run-{run.pk}")} == shown


def test_a_search_without_a_match_keeps_the_filters(as_administrator: Client) -> None:
    start(make_mapping())

    page = Page(as_administrator.get("/runs/?status=failed"))

    assert "該当するデータ処理はありません。" in page.text("runs")
    assert page.values()["status"] == "failed"


def test_the_list_goes_on_with_older_runs(as_administrator: Client) -> None:
    mapping = make_mapping()
    all_runs = [start(mapping) for _ in range(51)]

    page = Page(as_administrator.get("/runs/"))
    older = Page(as_administrator.get("/runs/" + page.links()["次へ"]))

    assert not page.has(f"run-{all_runs[0].pk}")
    assert older.has(f"run-{all_runs[0].pk}")
    assert not older.has(f"run-{all_runs[1].pk}")


def test_the_list_costs_the_same_queries_however_long(
    django_assert_num_queries: Any, db: None
) -> None:
    mapping = make_mapping()
    for _ in range(30):
        start(mapping)

    with django_assert_num_queries(1):
        page = select_runs.runs_page(RunQuery())
        assert [run.mapping.connection.name for run in page.runs]


def test_a_refresh_gets_the_rows_alone_and_stops_when_nothing_moves(
    as_administrator: Client,
) -> None:
    mapping = make_mapping()
    run = start(mapping, status=RunStatus.RUNNING, finished_at=None)
    page = Page(as_administrator.get("/runs/"))
    assert "停止" in page.buttons()

    answer = as_administrator.get("/runs/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert b"<html" not in answer.content

    Run.objects.filter(pk=run.pk).update(status=RunStatus.SUCCEEDED)
    answer = as_administrator.get("/runs/", headers={"HX-Request": "true"})
    assert answer.status_code == 286
    assert "停止" not in Page(answer).buttons()


def test_runs_that_come_while_one_looks_wait_behind_a_link(as_administrator: Client) -> None:
    mapping = make_mapping()
    old = start(mapping)
    new = start(mapping)

    answer = as_administrator.get(f"/runs/?up_to={old.pk}", headers={"HX-Request": "true"})

    page = Page(answer)
    assert not page.has(f"run-{new.pk}")
    assert "新しいデータ処理が1件あります。" in page.text("runs")


def test_a_run_says_in_one_sentence_what_came_of_it(as_administrator: Client, refused: Run) -> None:
    page = Page(as_administrator.get(f"/runs/{refused.pk}/"))

    assert "2件の連携に成功しました。1件の連携に失敗しました。" in page.text("report")
    assert "新規2件" in page.text("report").replace(" ", "")


def test_a_failed_record_stands_with_field_value_reason_and_remedy(
    as_administrator: Client, refused: Run
) -> None:
    entry = LedgerEntry.objects.get(state=EntryState.FAILED)

    page = Page(as_administrator.get(f"/runs/{refused.pk}/"))

    row = page.text(f"record-{entry.source_id}")
    assert row.startswith("株式会社青葉商事 業種 情報・通信業 値が選択肢にありません")
    assert "値の変換表で選択肢に置き換えるか" in row
    assert page.links()["株式会社青葉商事"] == f"/customers/company/{entry.source_id}/"


def test_causes_are_counted_and_lead_to_their_records(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    for _ in range(2):
        make_company(business_category_kbn="情報・通信業")
    long = make_company(main_tel="0" * 21)
    run = run_now(company_mapping)

    page = Page(as_administrator.get(f"/runs/{run.pk}/"))
    assert "2件 値が選択肢にありません" in page.text("report")

    answer = as_administrator.get(f"/runs/{run.pk}/?cause=too_long&field=tel")
    shown = [entry.source_id for entry in LedgerEntry.objects.filter(state=EntryState.FAILED)]
    assert [one for one in shown if Page(answer).has(f"record-{one}")] == [long.pk]


def test_one_record_is_tried_again_on_request(
    as_administrator: Client, refused: Run, kintone: Any, rung: list[int]
) -> None:
    entry = LedgerEntry.objects.get(state=EntryState.FAILED)
    LedgerEntry.objects.update(due_at=None)

    with_commit = as_administrator.post(
        f"/settings/mappings/{refused.mapping_id}/retry/",
        {"source": entry.source_id},
        follow=True,
    )

    entry.refresh_from_db()
    run = Run.objects.latest("pk")
    assert entry.due_at is not None
    assert run.trigger == Trigger.RETRY
    assert "1件の再実行を受け付けました。" in Page(with_commit).text()


def test_the_failed_records_of_a_mapping_are_listed_and_gone_when_mended(
    as_administrator: Client, refused: Run, company_mapping: Mapping
) -> None:
    address = f"/settings/mappings/{company_mapping.pk}/failures/"
    page = Page(as_administrator.get(address))
    assert "1件を再実行" in page.buttons()
    assert "株式会社青葉商事" in page.text()

    change(Company.objects.get(name="株式会社青葉商事"), business_category_kbn="小売業")
    run_now(company_mapping)

    assert "エラーのデータはありません。" in Page(as_administrator.get(address)).text()
    earlier = Page(as_administrator.get(f"/runs/{refused.pk}/"))
    assert "解消済み" in earlier.text("report")


def test_a_run_starts_on_request(
    as_administrator: Client,
    company_mapping: Mapping,
    rung: list[int],
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_administrator.post(f"/settings/mappings/{company_mapping.pk}/run/")

    run = Run.objects.get()
    assert answer.headers["Location"] == f"/runs/{run.pk}/"
    assert (run.trigger, run.full, rung) == (Trigger.MANUAL, False, [run.pk])


@pytest.mark.parametrize("name", ["run", "retry"])
def test_nothing_runs_while_the_mapping_is_off(
    as_administrator: Client, refused: Run, name: str
) -> None:
    enabling.disable(refused.mapping, now=clock.now())

    address = f"/settings/mappings/{refused.mapping_id}/{name}/"
    page = Page(as_administrator.post(address, follow=True))

    assert "連携が無効です。有効にしてから実行してください。" in page.text()
    assert Run.objects.count() == 1


def test_causes_cost_two_queries_and_failed_records_three(
    refused: Run, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        select_runs.causes(refused)
    with django_assert_num_queries(3):
        select_runs.troubled_records(refused, select_runs.failed_of(refused))


def test_a_second_run_is_not_started_beside_an_active_one(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    address = f"/settings/mappings/{company_mapping.pk}/run/"
    as_administrator.post(address)

    page = Page(as_administrator.post(address, follow=True))

    assert "このマッピングのデータ処理が実行中です。" in page.text()
    assert Run.objects.count() == 1


def test_a_queued_run_can_be_canceled(as_administrator: Client, company_mapping: Mapping) -> None:
    run = runs.start(company_mapping, trigger=Trigger.MANUAL, now=clock.now())

    page = Page(as_administrator.post(f"/runs/{run.pk}/cancel/", follow=True))

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELED
    assert "データ処理を中止しました" in page.text()


def test_a_run_that_kintone_stopped_says_why_and_what_to_do(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    make_company()
    kintone.change_password("another")

    run = run_now(company_mapping)

    text = Page(as_administrator.get(f"/runs/{run.pk}/")).text("report")
    assert "kintoneにログインできません" in text
    assert "入力し直してください。" in text


def test_reading_changes_nothing(as_administrator: Client, refused: Run) -> None:
    before = list(Run.objects.values()), list(LedgerEntry.objects.values())

    for address in ("/", "/runs/", f"/runs/{refused.pk}/", "/settings/"):
        assert as_administrator.get(address).status_code == 200

    assert (list(Run.objects.values()), list(LedgerEntry.objects.values())) == before


@pytest.mark.parametrize("name", ["run", "retry"])
def test_what_changes_something_refuses_to_be_read(
    as_administrator: Client, company_mapping: Mapping, name: str
) -> None:
    address = f"/settings/mappings/{company_mapping.pk}/{name}/"

    assert as_administrator.get(address).status_code == 405


def test_skipped_records_are_paged(
    as_administrator: Client, company_mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start(company_mapping, skipped=3)
    for number in range(1, 4):
        Outcome.objects.create(
            run=run,
            source_id=number,
            label=f"会社{number}",
            outcome=RecordOutcome.SKIPPED,
            at=clock.now(),
        )
    monkeypatch.setattr(select_runs, "PAGE_SIZE", 2)

    first = Page(as_administrator.get(f"/runs/{run.pk}/"))
    second = Page(as_administrator.get(first.links()["次へ"].partition("#")[0]))

    assert "会社2" in first.text()
    assert "会社3" not in first.text()
    assert "会社3" in second.text()
    assert "会社1" not in second.text()


def test_the_failed_records_of_a_mapping_can_be_narrowed_to_one_cause(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    make_company(name="株式会社青葉商事", business_category_kbn="情報・通信業")
    make_company(name="有限会社みどり", main_tel="0123456789")
    kintone.set_field(company_mapping.app, "tel", maxLength="5")
    run_now(company_mapping)

    page = Page(as_administrator.get("/"))
    assert "kintoneが値を受け付けませんでした（ 電話番号（tel） ）： 1件を表示" in page.text()
    address = f"/settings/mappings/{company_mapping.pk}/failures/?cause=kintone.CB_VA01&field=tel"
    narrowed = Page(as_administrator.get(address))

    assert "有限会社みどり" in narrowed.text()
    assert "株式会社青葉商事" not in narrowed.text()


def test_refusals_of_different_kinds_are_different_causes(company_mapping: Mapping) -> None:
    run = start(company_mapping, rejected=3)
    for number, said in enumerate(["GAIA_LO04", "GAIA_IL26", "GAIA_IL26"], start=1):
        problem = Problem(code="kintone", params={"code": said, "message": ""})
        Outcome.objects.create(
            run=run,
            source_id=number,
            label=f"会社{number}",
            outcome=RecordOutcome.REJECTED,
            problems=[problem.as_json()],
            **cause_of([problem]),
            at=clock.now(),
        )

    first, second = select_runs.causes(run)
    shown = select_runs.troubled_records(
        run, select_runs.failed_of(run), code=first.code, field=first.field
    )

    assert (first.count, second.count) == (2, 1)
    assert [record.label for record in shown.records] == ["会社2", "会社3"]


def test_values_that_another_record_holds_are_a_cause_of_their_own_in_our_words(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    run = start(company_mapping, rejected=4)
    held = "値がほかのレコードと重複しています。"
    for number, said in enumerate([held, held, "100以下である必要があります。", ""], start=1):
        params = {"code": "CB_VA01", "message": said}
        problem = Problem(code="kintone", field="tel", params=params)
        Outcome.objects.create(
            run=run,
            source_id=number,
            label=f"会社{number}",
            outcome=RecordOutcome.REJECTED,
            problems=[problem.as_json()],
            **cause_of([problem]),
            at=clock.now(),
        )

    causes = select_runs.causes(run)
    page = Page(as_administrator.get(f"/runs/{run.pk}/"))

    assert [cause.count for cause in causes] == [2, 2]
    shown = {
        cause.code: [
            record.label
            for record in select_runs.troubled_records(
                run, select_runs.failed_of(run), code=cause.code, field=cause.field
            ).records
        ]
        for cause in causes
    }
    assert shown == {
        "kintone.CB_VA01": ["会社3", "会社4"],
        "kintone.CB_VA01.duplicate": ["会社1", "会社2"],
    }
    assert "値がkintoneのほかのレコードと重複しています" in page.text()
    assert "の［値の重複を禁止する］を外して［読み込み］を押してください。" in page.text()

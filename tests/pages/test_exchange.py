"""送信内容とkintoneの応答: one click from wherever a refused record stands."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common import clock
from integrations.kintone import transport
from jobs.models import KeptExchange, LedgerEntry, Run
from jobs.states import RunStatus
from mapping.models import Mapping
from tests.builders_crm import change, make_companies, make_company
from tests.builders_mapping import make_connection
from tests.flows.conftest import enabled_mapping, run_now
from tests.pages.reading import Page

LINK = "送信内容とkintoneの応答"


@pytest.fixture
def refused(kintone: Any, company_mapping: Mapping) -> Run:
    """A run in which kintone refused one company of three."""
    make_companies(2)
    make_company(name="株式会社青葉商事", main_tel="0123456789")
    kintone.set_field(company_mapping.app, "tel", maxLength="5")
    return run_now(company_mapping)


def address_of(kept: KeptExchange) -> str:
    return f"/settings/mappings/{kept.mapping_id}/failures/{kept.source_id}/"


def test_the_page_shows_what_went_and_what_came(as_administrator: Client, refused: Run) -> None:
    kept = KeptExchange.objects.get()

    page = Page(as_administrator.get(address_of(kept)))

    sent, answered = page.text("sent-text"), page.text("answer-text")
    assert sent.startswith("PUT http")
    assert '"app": 1' in sent
    assert "株式会社青葉商事" in sent
    assert "X-Cybozu-Authorization: ********" in sent
    assert answered.startswith("HTTP 400")
    assert "records[2].tel.value" in answered
    assert "3件中3件目のレコード" in page.text()
    assert f"データ処理{refused.pk}" in page.links()
    assert "修正後に自動で再試行" in page.text()


def test_it_is_one_click_from_every_place_where_the_record_stands(
    as_administrator: Client, refused: Run
) -> None:
    kept = KeptExchange.objects.get()
    places = [
        f"/settings/mappings/{kept.mapping_id}/failures/",
        f"/runs/{refused.pk}/",
        f"/records/company/{kept.source_id}/",
    ]

    for place in places:
        links = Page(as_administrator.get(place)).links()
        found = [link for words, link in links.items() if words.startswith(LINK)]
        assert found == [address_of(kept)], place


def test_a_failed_test_leads_to_it(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    company = make_company(main_tel="0123456789")
    kintone.set_field(company_mapping.app, "tel", maxLength="5")

    answer = as_administrator.post(
        f"/settings/mappings/{company_mapping.pk}/test/push/", {"record": company.pk}
    )

    assert Page(answer).links()[LINK] == address_of(KeptExchange.objects.get())


def test_a_run_that_failed_as_a_whole_leads_to_it(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_companies(2)
    kintone.change_password("another")
    run = run_now(company_mapping)

    links = Page(as_administrator.get(f"/runs/{run.pk}/")).links()

    assert links[LINK] == address_of(KeptExchange.objects.get())


def test_a_record_in_doubt_says_that_no_answer_came(
    as_administrator: Client,
    kintone: Any,
    company_mapping: Mapping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    company = make_company()
    kintone.cut(before_write=False, times=None, method="PUT")
    assert run_now(company_mapping).status == RunStatus.FAILED

    state = Page(as_administrator.get(f"/records/company/{company.pk}/"))
    page = Page(as_administrator.get(state.links()[LINK]))

    assert "kintoneから応答がありませんでした" in page.text()
    assert "4回目" in page.text()
    assert not page.has("answer-text")


def test_what_came_of_the_retries_stands_below(
    as_administrator: Client, kintone: Any, company_mapping: Mapping, refused: Run
) -> None:
    kept = KeptExchange.objects.get()
    record = kept.company
    assert record is not None
    change(record, main_tel="123")
    later = run_now(company_mapping)

    page = Page(as_administrator.get(address_of(kept)))

    assert "エラーのデータではありません" in page.text()
    results = page.text("tries-rows")
    assert results.index("新規") < results.index("エラー（kintone）")
    assert later.created == 1


def test_a_record_of_which_nothing_is_kept_says_so(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    company = make_company(business_category_kbn="宇宙業")
    run = run_now(company_mapping)

    page = Page(as_administrator.get(f"/settings/mappings/{company_mapping.pk}/failures/"))
    assert LINK not in page.text()
    assert LINK not in Page(as_administrator.get(f"/runs/{run.pk}/")).text()
    own = as_administrator.get(f"/settings/mappings/{company_mapping.pk}/failures/{company.pk}/")
    assert "送信内容は保存していません" in Page(own).text()


def test_a_record_that_is_gone_has_no_page(as_administrator: Client, refused: Run) -> None:
    kept = KeptExchange.objects.get()
    address = address_of(kept)
    assert kept.company is not None
    kept.company.delete()

    assert as_administrator.get(address).status_code == 404


def test_it_costs_the_same_queries_however_often_it_was_tried(
    as_administrator: Client,
    django_assert_max_num_queries: Any,
    company_mapping: Mapping,
    refused: Run,
) -> None:
    kept = KeptExchange.objects.get()
    for _ in range(5):
        LedgerEntry.objects.filter(source_id=kept.source_id).update(
            due_at=clock.now() - timedelta(minutes=1)
        )
        run_now(company_mapping)
    assert refused.outcomes.filter(source_id=kept.source_id).exists()

    with django_assert_max_num_queries(12):
        as_administrator.get(address_of(kept))


def test_no_secret_is_on_any_page_or_in_any_file(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    made = make_connection(
        login="sync",
        password="marker-password",
        basic_user="front",
        basic_password="marker-basic",
    )
    mapping = enabled_mapping(kintone, connection=made)
    company = make_company()
    told = "marker-password marker-basic"
    kintone.fail(400, {"code": "GAIA_ZZ99", "id": "1", "message": told}, times=None)
    run = run_now(mapping)
    places = [
        address_of(KeptExchange.objects.get()),
        f"/settings/mappings/{mapping.pk}/failures/list.csv",
        f"/runs/{run.pk}/records.csv",
    ]

    for place in places:
        answer = as_administrator.get(place)
        content = b"".join(answer) if answer.streaming else answer.content
        assert b"GAIA_ZZ99" in content, place
        assert b"marker-" not in content, place
    assert "marker-" not in json.dumps(KeptExchange.objects.get(source_id=company.pk).evidence)

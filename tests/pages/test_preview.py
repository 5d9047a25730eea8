"""The page of 事前チェック: asked for, watched, read, carried out."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from jobs import enabling, liveness, previewing, previews, runs
from jobs.execute import execute
from jobs.models import Preview, Run
from jobs.states import PreviewStatus, Trigger
from mapping.models import Mapping
from tests.builders_crm import change, make_company
from tests.flows.conftest import run_now
from tests.pages.reading import Page

pytestmark = pytest.mark.usefixtures("as_administrator")


def address(mapping: Mapping, name: str = "preview") -> str:
    return reverse(f"jobs:{name}", args=[mapping.pk])


def made(mapping: Mapping, *, reads_kintone: bool = False) -> Preview:
    preview = previews.start(mapping, reads_kintone=reads_kintone, now=clock.now())
    return previewing.make(preview.pk, owner=liveness.owner_here())


def test_looking_at_it_asks_kintone_nothing_and_says_what_it_would_cost(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    page = Page(as_administrator.get(address(company_mapping)))

    assert "チェックを開始" in page.buttons()
    assert "500件ごとにAPIリクエストを1件使用します" in page.text()
    assert kintone.requests == []
    assert not Preview.objects.exists()


def test_a_press_begins_it_and_the_page_follows_it_until_it_is_done(
    as_administrator: Client, kintone: Any, company_mapping: Mapping, monkeypatch: Any
) -> None:
    rung: list[int] = []
    monkeypatch.setattr("jobs.queue.ring_for_preview_now", rung.append)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **_: callback())
    make_company()

    page = Page(
        as_administrator.post(address(company_mapping), {"reads_kintone": "on"}, follow=True)
    )

    preview = Preview.objects.get()
    assert (rung, preview.reads_kintone) == ([preview.pk], True)
    assert "チェックの順番を待っています。" in page.text()
    assert "チェックを中止" in page.buttons()
    assert "チェックを開始" not in page.buttons()
    polled = {"HX-Request": "true"}
    assert as_administrator.get(address(company_mapping), headers=polled).status_code == 200
    previewing.make(preview.pk, owner=liveness.owner_here())
    answer = as_administrator.get(address(company_mapping), headers=polled)
    assert answer.status_code == 286
    told = answer.content.decode()
    assert "1件を連携できます。" in told
    assert "チェックを開始" in told


def test_a_second_press_while_it_is_made_begins_no_second_one(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    as_administrator.post(address(company_mapping))
    page = Page(as_administrator.post(address(company_mapping), follow=True))

    assert "終わってから開始してください。" in page.text()
    assert Preview.objects.count() == 1


def test_it_can_be_stopped(as_administrator: Client, company_mapping: Mapping) -> None:
    as_administrator.post(address(company_mapping))
    page = Page(as_administrator.post(address(company_mapping, "preview-cancel"), follow=True))

    assert "チェックを中止しました。" in page.text()
    assert Preview.objects.get().status == PreviewStatus.CANCELED


def test_every_list_shows_its_records_with_values_or_reasons(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    known = make_company(name="青葉商事", main_tel="03-1111-1111")
    run_now(company_mapping)
    change(known, main_tel="03-2222-2222")
    make_company(name="若葉商事")
    make_company(name="二葉商事", business_category_kbn="情報・通信業")
    make_company(name="三葉商事", main_tel="0" * 21)
    make_company(name="四葉商事", external_id="")
    made(company_mapping, reads_kintone=True)

    def shown(**query: str) -> str:
        return Page(as_administrator.get(address(company_mapping), query)).text()

    page = shown()
    assert "5件をチェックしました。2件を連携できます。2件は連携できません。" in page
    assert "値が選択肢にありません" in page
    assert "二葉商事" in page
    assert "三葉商事" in page
    assert "値の変換表で選択肢に置き換えるか、kintoneで「業種」に選択肢を追加して" in page
    assert "データの値を20文字以内に短くしてください。" in page
    one_cause = shown(list="failed", cause="no_option", field="industry")
    assert "二葉商事" in one_cause
    assert "三葉商事" not in one_cause
    updated = shown(list="updated")
    assert "電話番号" in updated
    assert "03-1111-1111" in updated
    assert "03-2222-2222" in updated
    assert "レコード番号1" in updated
    assert "若葉商事" in shown(list="created")
    assert "四葉商事" in shown(list="skipped")


def test_a_press_carries_out_what_it_found_and_leads_to_the_run(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    preview = made(company_mapping)
    page = Page(as_administrator.get(address(company_mapping)))
    assert "この内容で1件を実行" in page.buttons()

    answer = as_administrator.post(
        address(company_mapping, "preview-run"), {"preview": preview.pk}, follow=True
    )

    run = Run.objects.get()
    assert (run.plan, run.trigger, run.full) == (preview.pk, Trigger.PLAN, True)
    assert answer.redirect_chain[-1][0] == f"/runs/{run.pk}/"
    assert "チェックした内容の連携を受け付けました。" in Page(answer).text()


def test_once_it_is_carried_out_the_page_shows_the_run_and_offers_it_no_more(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    run = previews.carry_out(made(company_mapping), now=clock.now())

    def look() -> Page:
        return Page(as_administrator.get(address(company_mapping)))

    waiting = look()
    execute(run.pk, owner=liveness.owner_here())
    done = look()

    for page in (waiting, done):
        assert f"データ処理{run.pk}" in page.text()
        assert not [label for label in page.buttons() if "実行" in label]
    assert "チェックを開始" in done.buttons()


def test_what_a_stopped_run_left_can_be_carried_out_again(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    run = previews.carry_out(made(company_mapping), now=clock.now())
    runs.cancel(run, now=clock.now())

    page = Page(as_administrator.get(address(company_mapping)))

    assert f"データ処理{run.pk}" in page.text()
    assert "この内容で1件を実行" in page.buttons()


def test_another_one_than_was_shown_is_not_carried_out(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    shown = made(company_mapping)
    make_company()
    made(company_mapping)

    page = Page(
        as_administrator.post(
            address(company_mapping, "preview-run"), {"preview": shown.pk}, follow=True
        )
    )

    assert "もう一度チェックしてください。" in page.text()
    assert not Run.objects.exists()


def test_after_a_change_of_the_mapping_it_says_so_and_offers_no_run(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    made(company_mapping)
    Mapping.objects.filter(pk=company_mapping.pk).update(version=99)

    page = Page(as_administrator.get(address(company_mapping)))

    assert "チェックの後に設定が変わりました" in page.text()
    assert not [label for label in page.buttons() if "実行" in label]


def test_of_a_mapping_that_is_off_it_is_told_where_to_switch_it_on(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    preview = made(company_mapping)
    enabling.disable(company_mapping, now=clock.now())

    page = Page(as_administrator.get(address(company_mapping)))
    assert "連携を有効にしてください。" in page.text()

    as_administrator.post(address(company_mapping, "preview-run"), {"preview": preview.pk})
    assert not Run.objects.exists()


def test_while_a_run_is_active_the_plan_waits(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    make_company()
    preview = made(company_mapping)
    runs.start(company_mapping, trigger=Trigger.MANUAL, now=clock.now())

    page = Page(
        as_administrator.post(
            address(company_mapping, "preview-run"), {"preview": preview.pk}, follow=True
        )
    )

    assert "終わってから実行してください。" in page.text()
    assert Run.objects.count() == 1


def test_why_it_could_not_be_made_is_told(
    as_administrator: Client, kintone: Any, company_mapping: Mapping
) -> None:
    kintone.change_password("anders")
    made(company_mapping)

    page = Page(as_administrator.get(address(company_mapping)))

    assert "チェックできませんでした。" in page.text()
    assert "kintoneにログインできません" in page.text()
    assert "チェックを開始" in page.buttons()

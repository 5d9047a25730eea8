"""クレンジング: paused with its reason, looked at, and gone on with."""

from typing import Any

from django.test import Client
from django.urls import reverse

from common import clock
from common.types import RecordType
from crm.importing.pairs import PairLine
from jobs import identity, liveness, previewing, previews, schedules
from jobs.models import Run
from jobs.pages.health import Health, mapping_lines
from jobs.states import RunStatus
from mapping.models import Mapping, OffFor
from tests.builders_crm import change, make_company
from tests.builders_mapping import make_mapping
from tests.flows.conftest import FIELDS, enabled_mapping, fall_due, outcomes, run_now


def page_of(mapping: Mapping) -> str:
    return reverse("jobs:cleansing", args=[mapping.connection_id])


def pause(client: Client, mapping: Mapping) -> None:
    client.post(page_of(mapping), {"action": "begin"})
    mapping.refresh_from_db()


def text_of(client: Client, address: str) -> str:
    return str(client.get(address).content.decode())


def test_while_it_is_cleansed_nothing_is_sent_and_the_dashboard_says_why(
    kintone: Any, company_mapping: Mapping, as_administrator: Client
) -> None:
    off = make_mapping(company_mapping.connection, app=77, enabled_at=clock.now())
    pause(as_administrator, company_mapping)
    make_company()
    fall_due()

    queued = schedules.claim_due(now=clock.now())

    off.refresh_from_db()
    assert (company_mapping.enabled, company_mapping.off_for) == (False, OffFor.CLEANSING)
    assert off.off_for == ""
    assert queued == []
    assert kintone.records(company_mapping.app) == []
    lines = {line.mapping.pk: line.health for line in mapping_lines(now=clock.now())}
    assert lines[company_mapping.pk] == Health.CLEANSING
    assert "クレンジング中のため、連携を停止しています" in text_of(as_administrator, "/")


def test_a_run_that_waits_is_canceled(company_mapping: Mapping, as_administrator: Client) -> None:
    fall_due()
    (run,) = schedules.claim_due(now=clock.now())

    pause(as_administrator, company_mapping)

    assert Run.objects.get(pk=run.pk).status == RunStatus.CANCELED


def test_what_would_come_of_it_is_told_before_it_goes_on(
    kintone: Any, company_mapping: Mapping, as_administrator: Client
) -> None:
    for code in ("A", "B", "C", "D"):
        make_company(external_id=code)
    run_now(company_mapping)
    pause(as_administrator, company_mapping)
    pairs = [PairLine(line=2, old="A", new="A2"), PairLine(line=3, old="B", new="C")]
    identity.settle_pairs(RecordType.COMPANY, pairs, now=clock.now())
    make_company(external_id="E")
    before = text_of(as_administrator, page_of(company_mapping))
    made = previews.start(company_mapping, reads_kintone=False, now=clock.now())
    previewing.make(made.pk, owner=liveness.owner_here())

    after = text_of(as_administrator, page_of(company_mapping))

    assert "「外部ID」の値で、kintoneの「会社ID」を照合します。" in before
    assert "停止してから登録した対応：2件" in before
    facts = ["更新キーの書き換え</dt><dd>1件", "新規</dt><dd>1件"]
    assert [fact for fact in facts if fact not in after] == []
    assert "統合されてkintoneに残るレコード</dt><dd>1件" in after


def test_when_it_goes_on_what_changed_meanwhile_is_sent_to_the_same_records(
    kintone: Any, company_mapping: Mapping, as_administrator: Client
) -> None:
    company = make_company(external_id="A", name="前")
    run_now(company_mapping)
    pause(as_administrator, company_mapping)
    identity.settle_pairs(RecordType.COMPANY, [PairLine(line=2, old="A", new="B")], now=clock.now())
    company.refresh_from_db()
    change(company, name="後")

    as_administrator.post(page_of(company_mapping), {"action": "end", "meanwhile": "send"})
    company_mapping.refresh_from_db()
    run = run_now(company_mapping)

    assert (company_mapping.enabled, company_mapping.off_for) == (True, "")
    assert outcomes(run) == {"updated": 1}
    assert [(r["code"], r["name"]) for r in kintone.records(company_mapping.app)] == [("B", "後")]


def test_one_that_is_switched_on_by_itself_rests_no_longer(
    company_mapping: Mapping, as_administrator: Client
) -> None:
    pause(as_administrator, company_mapping)

    as_administrator.post(reverse("jobs:enable", args=[company_mapping.pk]), {"enabled": "on"})

    company_mapping.refresh_from_db()
    assert (company_mapping.enabled, company_mapping.off_for) == (True, "")
    assert "クレンジング中" not in text_of(as_administrator, "/")


def test_under_a_new_key_what_changed_meanwhile_is_sent_to_the_same_records(
    kintone: Any, db: None, as_administrator: Client
) -> None:
    fields = {**FIELDS, "name": {**FIELDS["name"], "unique": True}}
    mapping = enabled_mapping(kintone, fields=fields)
    aoba, wakaba = make_company(name="青葉商事"), make_company(name="若葉商事")
    run_now(mapping)
    pause(as_administrator, mapping)

    change(aoba, external_id="NEW-1")
    Mapping.objects.filter(pk=mapping.pk).update(update_key="name")
    page = text_of(as_administrator, page_of(mapping))
    as_administrator.post(page_of(mapping), {"action": "end", "meanwhile": "send"})
    run = run_now(mapping)

    assert "1件" in page
    assert outcomes(run) == {"updated": 1}
    sent = {record["name"]: record["code"] for record in kintone.records(mapping.app)}
    assert sent == {"青葉商事": "NEW-1", "若葉商事": wakaba.external_id}

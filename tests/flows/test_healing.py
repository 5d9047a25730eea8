"""Failed records: what wakes them, what they cost while they wait, and who is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from common import clock
from crm.models import Company
from jobs import liveness
from jobs.execute import execute
from jobs.models import Alert, LedgerEntry, Run, Schedule
from jobs.notices import telling
from jobs.states import AlertKind, EntryState, RunStatus, Trigger
from mapping.models import Mapping
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from tests.builders_crm import change, make_companies, make_company
from tests.builders_mapping import form_answer
from tests.flows.conftest import CODE, enabled_mapping, lookup, outcomes, run_now
from tests.pages.reading import Page

HOURS = timedelta(hours=6)


@pytest.fixture(autouse=True)
def noon(time_machine: Any) -> None:
    """Time stands still unless a test moves it."""
    time_machine.move_to(clock.now(), tick=False)


@pytest.fixture
def later(time_machine: Any) -> Callable[..., None]:
    """Let time pass."""
    return lambda **length: time_machine.shift(timedelta(**length))


def failed() -> LedgerEntry:
    return LedgerEntry.objects.get(state=EntryState.FAILED)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("GAIA_LO04", "フィールド「name」の値「青葉」がありません。"),
        ("GAIA_LO04", "この値がありません。"),
        ("GAIA_IL26", "ユーザーが見つかりません。"),
        ("GAIA_XX99", "見たことのない理由です。"),
    ],
)
def test_a_record_that_keeps_failing_costs_one_request_an_attempt_with_growing_pauses(
    kintone, company_mapping, later, code, message
):
    make_company(name="青葉", external_id="bad")
    kintone.fail(code=code, message=message, times=None, containing="bad")
    later(seconds=1)
    assert run_now(company_mapping).counted == 1

    for minutes in (5, 10, 20, 40, 80, 160):
        assert failed().due_at == clock.now() + timedelta(minutes=minutes)
        later(minutes=minutes, seconds=-1)
        assert run_now(company_mapping).counted == 0
        later(seconds=1)
        assert run_now(company_mapping).counted == 1


def test_a_record_that_keeps_failing_is_told_of_once_and_once_when_it_is_well(
    kintone, company_mapping, later, mailoutbox
):
    Schedule.objects.update(notify=["ops@example.com"])
    make_company(external_id="bad")
    kintone.fail(code="GAIA_LO04", times=None, containing="bad")
    for minutes in (5, 10, 20, 40):
        later(minutes=minutes)
        run_now(company_mapping)
        telling.tell(now=clock.now())
    assert Run.objects.filter(rejected=1).count() == 4
    assert len(mailoutbox) == 1

    kintone.heal()
    later(days=1)
    run_now(company_mapping)
    telling.tell(now=clock.now())

    assert len(mailoutbox) == 2
    alert = Alert.objects.get()
    assert (alert.kind, alert.ended_at is not None) == (AlertKind.RECORDS_FAILED, True)


def change_row(kintone: Any, mapping: Mapping) -> None:
    change(Company.objects.get(), main_tel="1234567")


def change_rules(kintone: Any, mapping: Mapping) -> None:
    rules = [spec for spec in specs_of(mapping) if spec.field != "industry"]
    save_rules(mapping, [*rules, RuleSpec(field="industry", fixed="製造業")], update_key="code")


def change_form(kintone: Any, mapping: Mapping) -> None:
    kintone.set_field(mapping.app, "tel", maxLength="30")
    Mapping.objects.filter(pk=mapping.pk).update(form_read_at=clock.now() - timedelta(days=2))


def change_nothing(kintone: Any, mapping: Mapping) -> None:
    """What is refused for its value waits for a person."""


@pytest.mark.parametrize(
    ("mend", "tried"),
    [(change_row, 1), (change_rules, 1), (change_form, 1), (change_nothing, 0)],
)
def test_a_value_that_was_refused_is_tried_again_when_row_mapping_or_form_changes(
    kintone, company_mapping, later, mend, tried
):
    make_company(main_tel="0123456789", external_id="bad")
    kintone.set_field(company_mapping.app, "tel", maxLength="5")
    later(seconds=1)
    assert outcomes(run_now(company_mapping)) == {"rejected": 1}
    kintone.set_field(company_mapping.app, "tel", maxLength="20")
    later(hours=1)

    mend(kintone, company_mapping)
    later(seconds=1)
    kintone.forget_requests()
    run = run_now(company_mapping)

    assert outcomes(run) == ({"created": 1} if tried else {})
    assert sum(exchange.method == "PUT" for exchange in kintone.requests) == tried


@pytest.fixture
def three_failed(kintone: Any, company_mapping: Mapping, later: Any) -> list[Company]:
    """Two for one reason, one for another; all mended in kintone, and hours of pause ahead."""
    rows = make_companies(3, main_tel="0123456789")
    kintone.set_field(company_mapping.app, "tel", maxLength="5")
    kintone.fail(code="GAIA_LO04", times=None, containing=rows[2].external_id)
    change(rows[2], main_tel="1")
    later(seconds=1)
    assert outcomes(run_now(company_mapping)) == {"rejected": 3}
    kintone.heal()
    kintone.set_field(company_mapping.app, "tel", maxLength="20")
    LedgerEntry.objects.filter(due_at__isnull=False).update(due_at=clock.now() + HOURS)
    kintone.forget_requests()
    return rows


@pytest.mark.parametrize(
    ("pressed", "sent"),
    [
        (lambda rows: {"source": rows[1].pk}, {1}),
        (lambda rows: {"cause": "kintone.CB_VA01", "field": "tel"}, {0, 1}),
        (lambda rows: {"cause": "kintone.GAIA_LO04", "field": ""}, {2}),
        (lambda rows: {"cause": "kintone.CB_VA01", "field": "name"}, set()),
        (lambda rows: {}, {0, 1, 2}),
    ],
)
def test_a_person_has_one_record_those_of_one_cause_or_all_tried_again(
    kintone, company_mapping, three_failed, as_administrator, pressed, sent
):
    address = f"/settings/mappings/{company_mapping.pk}/retry/"

    as_administrator.post(address, pressed(three_failed))

    for run in Run.objects.filter(trigger=Trigger.RETRY):
        execute(run.pk, owner=liveness.owner_here())
    arrived = {record["code"] for record in kintone.records(company_mapping.app)}
    assert arrived == {three_failed[number].external_id for number in sent}
    assert len(kintone.requests) == len({number // 2 for number in sent})


def test_the_page_of_failed_records_offers_to_try_each_cause_again(
    company_mapping, three_failed, as_administrator
):
    answer = as_administrator.get(f"/settings/mappings/{company_mapping.pk}/failures/")

    page = Page(answer)
    assert "再実行 ：kintoneが値を受け付けませんでした（電話番号（tel））" in page.buttons()
    assert "再実行 ：ルックアップのコピー元がありません" in page.buttons()


def test_where_kintone_takes_nothing_at_all_a_day_of_slots_leaves_most_of_its_requests(
    kintone, company_mapping, later
):
    """As where the login may not see the app that a lookup copies from: each value is refused."""
    make_companies(300)
    for company in Company.objects.all():
        message = f"フィールド「name」の値「{company.name}」がありません。"
        kintone.fail(code="GAIA_LO04", message=message, times=None, containing=f'"{company.name}"')

    later(seconds=1)
    first = run_now(company_mapping)
    second = run_now(company_mapping)

    assert (first.status, first.message["code"]) == (RunStatus.FAILED, "kintone")
    assert first.counted <= 30
    assert second.counted <= 8

    kintone.heal()
    assert outcomes(run_now(company_mapping))["created"] >= 300 - first.rejected - second.rejected
    later(days=1, minutes=5)
    run_now(company_mapping)
    assert len(kintone.records(company_mapping.app)) == 300


def test_thousands_that_wait_for_something_in_kintone_share_a_few_requests_and_take_turns(
    kintone, db, later, monkeypatch, settings
):
    monkeypatch.setattr("jobs.engine.dispatch.MOST_IN_VAIN", 2)
    settings.KINTONE_REQUESTS_AT_ONCE = 1
    source = kintone.add_app("会社マスター", form_answer({"code": CODE})["properties"])
    kintone.add_records(source, [{"code": "ある"}])
    mapping = enabled_mapping(
        kintone,
        fields={"code": CODE, "master": lookup(source)},
        rules={"code": "external_id", "master": "name"},
    )
    make_company(name="ある")
    waiting = make_companies(20)
    later(seconds=1)
    assert outcomes(run_now(mapping)) == {"created": 1, "rejected": 20}

    later(minutes=5)
    tried: set[int] = set()
    for _hour in range(24):
        run = run_now(mapping)
        assert run.counted <= 2
        tried |= set(run.outcomes.values_list("source_id", flat=True))
        later(hours=1)

    assert len(tried) == 20
    change(waiting[7], name="ある")
    later(seconds=1)
    assert outcomes(run_now(mapping))["created"] == 1


def test_a_record_with_an_unknown_organisation_fails_alone_and_comes_when_it_is_there(
    kintone, db, later
):
    mapping = enabled_mapping(
        kintone,
        fields={"code": CODE, "dept": {"type": "ORGANIZATION_SELECT", "label": "担当部署"}},
        rules={"code": "external_id", "dept": "name_kana"},
    )
    known, unknown, nobody = (
        make_company(name_kana="sales"),
        make_company(name_kana="sales;marketing"),
        make_company(),
    )
    later(seconds=1)

    run = run_now(mapping)

    assert outcomes(run) == {"created": 2, "rejected": 1}
    held = {
        one["code"]: [each["code"] for each in one["dept"]] for one in kintone.records(mapping.app)
    }
    assert held == {known.external_id: ["sales"], nobody.external_id: []}
    (problem,) = failed().problems
    assert (failed().source_id, problem["field"]) == (unknown.pk, "dept")
    assert problem["params"]["code"] == "GAIA_IL28"

    kintone.domain.organizations["marketing"] = "マーケティング部"
    later(hours=1)
    assert outcomes(run_now(mapping)) == {"created": 1}

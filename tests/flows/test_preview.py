"""事前チェック: what a push of everything would do, told before it is done; then exactly that."""

import contextlib
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from common import clock
from integrations import budget
from jobs import enabling, liveness, previewing, previews, runs, sweep
from jobs.engine.values import OutcomeKind, Settled
from jobs.execute import execute
from jobs.models import Preview, PreviewItem, Run
from jobs.states import PreviewStatus, RunStatus
from mapping.models import Mapping
from sandbox.errors import ApiError
from tests.builders_crm import change, make_companies, make_company, make_lead, make_member
from tests.flows.conftest import CODE, enabled_mapping, outcomes, run_now

COUNTED = ("created", "updated", "unchanged", "skipped", "invalid", "rejected")


def preview_of(mapping: Mapping, *, reads_kintone: bool = False) -> Preview:
    """A preview as it ended."""
    preview = previews.start(mapping, reads_kintone=reads_kintone, now=clock.now())
    return previewing.make(preview.pk, owner=liveness.owner_here())


def told(preview: Preview) -> dict[str, int]:
    """The preview's counts that are not zero."""
    return {name: getattr(preview, name) for name in COUNTED if getattr(preview, name)}


def carry_out(preview: Preview) -> Run:
    run = previews.carry_out(preview, now=clock.now())
    return execute(run.pk, owner=liveness.owner_here())


def item_of(preview: Preview, row: Any) -> PreviewItem:
    return preview.items.get(source_id=row.pk)


def problem_of(preview: Preview, row: Any) -> dict[str, Any]:
    (problem,) = item_of(preview, row).problems
    assert isinstance(problem, dict)
    return problem


def names(kintone: Any, mapping: Mapping) -> dict[str, str]:
    return {record["code"]: record["name"] for record in kintone.records(mapping.app)}


def test_every_outcome_is_told_and_then_it_comes_as_it_was_told(kintone, company_mapping):
    same, changed = make_companies(2)
    run_now(company_mapping)
    change(changed, name="変わった会社")
    new = make_company(business_category_kbn="製造業")
    misfit = make_company(business_category_kbn="情報・通信業")
    keyless = make_company(external_id="")
    before = names(kintone, company_mapping)

    preview = preview_of(company_mapping)

    assert names(kintone, company_mapping) == before
    assert (preview.status, told(preview)) == (
        PreviewStatus.READY,
        {"created": 1, "updated": 1, "unchanged": 1, "skipped": 1, "invalid": 1},
    )
    assert not preview.items.filter(source_id=same.pk).exists()
    assert item_of(preview, new).outcome == OutcomeKind.CREATED
    assert item_of(preview, changed).outcome == OutcomeKind.UPDATED
    assert problem_of(preview, misfit)["code"] == "no_option"
    assert problem_of(preview, keyless)["code"] == "empty_key"

    run = carry_out(preview)

    assert outcomes(run) == {"created": 1, "updated": 1}
    assert names(kintone, company_mapping) == {
        **before,
        str(new.external_id): new.name,
        str(changed.external_id): "変わった会社",
    }


def test_existing_data_is_looked_at_before_the_mapping_is_enabled(kintone, db):
    make_companies(3)
    mapping = enabled_mapping(kintone)
    enabling.disable(mapping, now=clock.now())

    preview = preview_of(mapping)

    assert told(preview) == {"created": 3}
    enabling.enable(mapping, now=clock.now())
    assert outcomes(carry_out(preview)) == {"created": 3}


def test_it_costs_the_reading_of_the_form_and_for_kintone_s_own_records_one_for_every_500(
    kintone, company_mapping
):
    make_companies(1001)
    run_now(company_mapping)
    kintone.forget_requests()

    without = preview_of(company_mapping)
    spent = len(kintone.requests)
    reading = preview_of(company_mapping, reads_kintone=True)

    assert (without.counted, spent) == (2, 2)
    assert (reading.counted, len(kintone.requests) - spent) == (2 + 1 + 3, 2 + 1 + 3)
    assert not [one for one in kintone.requests if one.method in ("PUT", "POST")]
    assert (told(reading), reading.done, reading.total) == ({"unchanged": 1001}, 2002, 2002)


def test_what_kintone_holds_is_told_cell_by_cell(kintone, company_mapping):
    by_hand, sent = make_companies(2, main_tel="03-1111-1111")
    run_now(company_mapping)
    (held,) = [r for r in kintone.records(company_mapping.app) if r["code"] == by_hand.external_id]
    kintone.remove_record(company_mapping.app, int(held["$id"]))
    known = make_company(name="新しい名前", main_tel="")
    (record_id,) = kintone.add_records(
        company_mapping.app, [{"code": known.external_id, "name": "古い名前", "tel": ""}]
    )
    change(by_hand, name="消された会社")
    change(sent, main_tel="03-2222-2222")

    preview = preview_of(company_mapping, reads_kintone=True)

    assert told(preview) == {"created": 1, "updated": 2}
    assert item_of(preview, by_hand).outcome == OutcomeKind.CREATED
    assert item_of(preview, sent).cells == [
        {"field": "tel", "ours": "03-2222-2222", "kintone": "03-1111-1111"}
    ]
    assert item_of(preview, known).record_id == record_id
    assert item_of(preview, known).cells == [
        {"field": "name", "ours": "新しい名前", "kintone": "古い名前"}
    ]
    assert outcomes(carry_out(preview)) == {"created": 1, "updated": 2}


def test_a_number_as_key_is_found_however_kintone_writes_it(kintone, db):
    mapping = enabled_mapping(
        kintone,
        fields={"code": {"type": "NUMBER", "unique": True}},
        rules={"code": "corporate_number"},
    )
    company = make_company(corporate_number="0000000000007")
    kintone.add_records(mapping.app, [{"code": "7.0"}])

    preview = preview_of(mapping, reads_kintone=True)

    assert told(preview) == {"updated": 1}
    assert item_of(preview, company).cells == []


def test_of_two_that_want_one_key_it_is_told_who_gets_it(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    holder = make_company(corporate_number="1111111111111")
    run_now(mapping)
    first = make_company(corporate_number="2222222222222")
    second = make_company(corporate_number="2222222222222")
    late = make_company(corporate_number="1111111111111")

    preview = preview_of(mapping)

    assert told(preview) == {"created": 1, "unchanged": 1, "invalid": 2}
    assert item_of(preview, first).outcome == OutcomeKind.CREATED
    assert (problem_of(preview, second)["code"], problem_of(preview, late)["code"]) == (
        "key_taken",
        "key_taken",
    )
    assert first.name in problem_of(preview, second)["params"]["other_label"]
    assert holder.name in problem_of(preview, late)["params"]["other_label"]
    assert outcomes(run_now(mapping)) == {"created": 1, "invalid": 2}


def test_a_key_that_its_holder_gives_up_is_free(kintone, db):
    mapping = enabled_mapping(kintone, rules={"code": "corporate_number", "name": "name"})
    one = make_company(corporate_number="1111111111111")
    two = make_company(corporate_number="2222222222222")
    run_now(mapping)
    change(one, corporate_number="2222222222222")
    change(two, corporate_number="1111111111111")

    preview = preview_of(mapping)

    assert told(preview) == {"updated": 2}
    assert outcomes(carry_out(preview)) == {"updated": 2}


def test_a_key_of_another_mapping_is_taken(kintone, company_mapping):
    company = make_company(corporate_number="1111111111111", external_id="1111111111111")
    run_now(company_mapping)
    other = enabled_mapping(
        kintone,
        app=company_mapping.app,
        connection=company_mapping.connection,
        record_type="lead",
        rules={"code": "external_id", "name": "company.name"},
    )
    schedule = company_mapping.connection.schedule
    schedule.sync_user = make_member()
    schedule.save()
    lead = make_lead(company, external_id="1111111111111")

    preview = preview_of(other)

    assert (told(preview), problem_of(preview, lead)["code"]) == ({"invalid": 1}, "key_taken")


def test_a_required_field_without_a_source_refuses_new_records_only(kintone, company_mapping):
    known = make_company()
    run_now(company_mapping)
    change(known, name="既存の会社")
    new = make_company()
    kintone.set_field(company_mapping.app, "rank", type="SINGLE_LINE_TEXT", required=True)

    preview = preview_of(company_mapping)

    assert told(preview) == {"updated": 1, "rejected": 1}
    assert problem_of(preview, new)["code"] == "required_without_rule"


def unique_name_mapping(kintone: Any, **fields: dict[str, object]) -> Mapping:
    """A mapping whose app takes each name once."""
    return enabled_mapping(
        kintone,
        fields={"code": CODE, "name": {"type": "SINGLE_LINE_TEXT", "unique": True}, **fields},
        rules={"code": "external_id", "name": "name", **dict.fromkeys(fields, "main_tel")},
    )


def refused(run: Run) -> set[int]:
    return set(
        run.outcomes.filter(outcome__in=["invalid", "rejected"]).values_list("source_id", flat=True)
    )


def refused_by(preview: Preview) -> set[int]:
    items = preview.items.filter(outcome__in=["invalid", "rejected"])
    return set(items.values_list("source_id", flat=True))


@pytest.mark.parametrize("reads_kintone", [False, True])
def test_of_two_that_want_one_value_of_a_unique_field_it_is_told_who_gets_it(
    kintone, db, reads_kintone
):
    mapping = unique_name_mapping(kintone)
    held = make_company(name="青葉商事")
    run_now(mapping)
    late = make_company(name="青葉商事")
    first, second = make_company(name="若葉商事"), make_company(name="若葉商事")
    alone = make_company(name="双葉商事")

    preview = preview_of(mapping, reads_kintone=reads_kintone)

    assert told(preview) == {"created": 2, "unchanged": 1, "rejected": 2}
    for row, holder in ((late, held), (second, first)):
        problem = problem_of(preview, row)
        assert (problem["code"], problem["field"], problem["item"], problem["value"]) == (
            "value_taken",
            "name",
            "name",
            row.name,
        )
        assert problem["params"]["other_id"] == holder.pk
    assert {item_of(preview, row).outcome for row in (first, alone)} == {"created"}
    assert refused(run_now(mapping)) == refused_by(preview) == {late.pk, second.pk}


def test_a_value_that_stands_in_kintone_is_told_with_its_record(kintone, db):
    mapping = unique_name_mapping(kintone)
    by_hand = {"code": "手入力", "name": "青葉商事"}
    (record_id,) = kintone.add_records(mapping.app, [by_hand])
    company = make_company(name="青葉商事")

    assert told(preview_of(mapping)) == {"created": 1}
    preview = preview_of(mapping, reads_kintone=True)

    assert (problem_of(preview, company)["code"], problem_of(preview, company)["params"]) == (
        "value_held",
        {"label": "name", "type": "SINGLE_LINE_TEXT", "record": record_id},
    )
    assert refused(run_now(mapping)) == refused_by(preview)


def test_a_record_found_by_its_key_keeps_its_own_value(kintone, db):
    mapping = unique_name_mapping(kintone)
    company = make_company(name="青葉商事")
    kintone.add_records(mapping.app, [{"code": company.external_id, "name": "青葉商事"}])

    preview = preview_of(mapping, reads_kintone=True)

    assert told(preview) == {"updated": 1}
    assert outcomes(run_now(mapping)) == {"updated": 1}


def test_a_value_that_its_holder_gives_up_first_is_free(kintone, db):
    mapping = unique_name_mapping(kintone)
    holder = make_company(name="青葉商事")
    run_now(mapping)
    change(holder, name="新しい青葉商事")
    heir = make_company(name="青葉商事")

    preview = preview_of(mapping, reads_kintone=True)

    assert told(preview) == {"created": 1, "updated": 1}
    assert item_of(preview, heir).outcome == "created"
    assert refused(run_now(mapping)) == set()


def test_who_is_refused_for_one_value_leaves_its_other_values_to_others(kintone, db):
    mapping = unique_name_mapping(kintone, tel={"type": "SINGLE_LINE_TEXT", "unique": True})
    make_company(name="青葉商事", main_tel="1")
    loser = make_company(name="青葉商事", main_tel="2")
    heir = make_company(name="若葉商事", main_tel="2")
    make_company(name="双葉商事", main_tel="")
    make_company(name="三葉商事", main_tel="")  # two without a value are no two of a value

    preview = preview_of(mapping)

    assert refused_by(preview) == {loser.pk}
    assert item_of(preview, heir).outcome == "created"
    assert refused(run_now(mapping)) == {loser.pk}


def test_numbers_are_compared_as_kintone_compares_them(kintone, db):
    mapping = enabled_mapping(
        kintone,
        fields={"code": CODE, "number": {"type": "NUMBER", "unique": True}},
        rules={"code": "external_id", "number": "name"},
    )
    kintone.add_records(mapping.app, [{"code": "手入力", "number": "7.0"}])
    make_company(name="０７")
    make_company(name="8.50")
    make_company(name="8.5")

    preview = preview_of(mapping, reads_kintone=True)

    assert told(preview) == {"created": 1, "rejected": 2}
    assert refused(run_now(mapping)) == refused_by(preview)


def test_what_is_sent_now_is_no_duplicate_of_what_a_refused_record_would_have_been(kintone, db):
    """A refused record has nothing in kintone: its value is free for the next."""
    mapping = unique_name_mapping(kintone)
    kintone.set_field(mapping.app, "rank", type="SINGLE_LINE_TEXT", required=True)
    known = make_company(name="既存")
    kintone.add_records(mapping.app, [{"code": known.external_id, "rank": "A", "name": "元の名前"}])
    make_company(name="既存")
    make_company(name="別の会社")

    preview = preview_of(mapping, reads_kintone=True)

    assert told(preview) == {"updated": 1, "rejected": 2}
    assert item_of(preview, known).outcome == "updated"
    assert refused(run_now(mapping)) == refused_by(preview)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_collides_the_preview_names_who_a_run_then_loses(kintone, db, seed):
    rnd = random.Random(seed)
    mapping = unique_name_mapping(kintone, tel={"type": "SINGLE_LINE_TEXT", "unique": True})

    def some() -> dict[str, str]:
        return {"name": f"会社{rnd.randrange(12)}", "main_tel": rnd.choice(["", *"0123456789"])}

    for _ in range(10):
        make_company(**some())
    run_now(mapping)
    for number in range(3):
        by_hand = {"code": f"手入力{number}", "name": some()["name"], "tel": f"1{number}"}
        with contextlib.suppress(ApiError):  # kintone takes no name twice from anybody
            kintone.add_records(mapping.app, [by_hand])
    new = {make_company(**some()).pk for _ in range(8)}

    preview = preview_of(mapping, reads_kintone=True)

    assert refused(run_now(mapping)) & new == refused_by(preview) & new != set()


def test_what_kintone_refused_and_nobody_changed_is_told_with_kintone_s_reason(
    kintone, company_mapping
):
    kintone.set_field(company_mapping.app, "name", unique=True)
    kintone.add_records(company_mapping.app, [{"code": "手入力", "name": "同じ名前"}])
    refused = make_company(name="同じ名前")
    assert told(preview_of(company_mapping)) == {"created": 1}
    assert outcomes(run_now(company_mapping)) == {"rejected": 1}

    preview = preview_of(company_mapping)

    assert (told(preview), problem_of(preview, refused)["code"]) == ({"rejected": 1}, "kintone")


def test_leads_out_of_sight_are_told(kintone, db):
    mapping = enabled_mapping(
        kintone, record_type="lead", fields={"code": CODE}, rules={"code": "external_id"}
    )

    assert preview_of(mapping).message["code"] == "sync_user_missing"

    member = make_member()
    mapping.connection.schedule.sync_user = member
    mapping.connection.schedule.save()
    make_lead()
    hidden = make_lead(visibility="owner", owner=make_member())
    mapping.refresh_from_db()

    preview = preview_of(Mapping.objects.get(pk=mapping.pk))

    assert told(preview) == {"created": 1, "skipped": 1}
    assert problem_of(preview, hidden)["code"] == "not_visible"


def test_what_changed_since_does_not_go_with_the_plan_but_by_itself(kintone, company_mapping):
    as_seen, changed = make_companies(2)
    preview = preview_of(company_mapping)
    change(changed, name="後で変わった会社")
    later = make_company()

    run = carry_out(preview)

    assert outcomes(run) == {"created": 1}
    assert list(names(kintone, company_mapping)) == [as_seen.external_id]
    assert outcomes(run_now(company_mapping)) == {"created": 2}
    assert later.external_id in names(kintone, company_mapping)


def test_by_other_rules_or_another_form_it_is_not_carried_out(kintone, company_mapping):
    make_company()
    preview = preview_of(company_mapping)
    queued = previews.carry_out(preview, now=clock.now())
    Mapping.objects.filter(pk=company_mapping.pk).update(version=F("version") + 1)

    run = execute(queued.pk, owner=liveness.owner_here())

    assert (run.status, run.message["code"]) == (RunStatus.CANCELED, "plan_outdated")
    assert kintone.records(company_mapping.app) == []
    with pytest.raises(previews.OutdatedError):
        previews.carry_out(preview, now=clock.now())


def test_a_plan_that_is_paused_goes_on_where_it_was(kintone, company_mapping, monkeypatch):
    monkeypatch.setattr("jobs.source.CHUNK_SIZE", 100)
    monkeypatch.setattr("jobs.engine.dispatch.MOST_PARTS", 1)
    company_mapping.connection.refresh_from_db()
    make_companies(500)
    preview = preview_of(company_mapping)
    run = previews.carry_out(preview, now=clock.now())

    def settled(_some: Sequence[Settled]) -> None:
        runs.pause(run)

    paused = execute(run.pk, owner=liveness.owner_here(), progress=settled)
    sent = len(kintone.records(company_mapping.app))
    assert (paused.status, 0 < sent < 500) == (RunStatus.HELD, True)

    with pytest.raises(previews.AlreadyAtWork):
        previews.start(company_mapping, reads_kintone=False, now=clock.now())
    runs.resume(paused, now=clock.now())
    ended = execute(run.pk, owner=liveness.owner_here())

    assert (ended.status, outcomes(ended)) == (RunStatus.SUCCEEDED, {"created": 500})
    assert (ended.counted, ended.total) == (5, 500)
    assert len(kintone.records(company_mapping.app)) == 500


def test_one_whose_maker_died_is_made_anew(kintone, company_mapping, monkeypatch):
    make_companies(3)
    preview = previews.start(company_mapping, reads_kintone=False, now=clock.now())

    class KilledError(BaseException):
        pass

    def die(_self: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("jobs.key_contests.KeyContests.give_out", die)
        with pytest.raises(KilledError):
            previewing.make(preview.pk, owner=liveness.owner_here())
    rung: list[int] = []
    monkeypatch.setattr("jobs.queue.ring_for_preview_now", rung.append)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda callback, **_: callback())

    sweep.mind_previews(now=clock.now())
    assert rung == []  # it may still be at work
    sweep.mind_previews(now=clock.now() + previews.LOST_AFTER + timedelta(seconds=1))

    assert rung == [preview.pk]
    made = previewing.make(preview.pk, owner=liveness.owner_here())
    assert (made.status, told(made), made.items.count()) == (
        PreviewStatus.READY,
        {"created": 3},
        3,
    )


def test_one_that_is_canceled_stops_and_says_nothing(kintone, company_mapping, monkeypatch):
    make_companies(3)
    preview = previews.start(company_mapping, reads_kintone=False, now=clock.now())
    monkeypatch.setattr(
        "jobs.key_contests.KeyContests.give_out",
        lambda _self: previews.cancel(preview, now=clock.now()),
    )

    made = previewing.make(preview.pk, owner=liveness.owner_here())

    assert (made.status, told(made)) == (PreviewStatus.CANCELED, {})


def test_a_new_one_takes_the_place_of_the_last_and_old_ones_are_forgotten(kintone, company_mapping):
    make_company()
    first = preview_of(company_mapping)
    second = preview_of(company_mapping)

    assert list(Preview.objects.all()) == [second]
    assert not PreviewItem.objects.filter(preview=first.pk).exists()
    with pytest.raises(previews.OutdatedError):
        previews.carry_out(first, now=clock.now())
    previews.forget_old(now=clock.now() + previews.KEPT + timedelta(minutes=1))
    assert not PreviewItem.objects.exists()


def test_where_kintone_or_the_budget_says_no_the_reason_is_told(kintone, company_mapping):
    make_company()
    kintone.change_password("anders")
    assert preview_of(company_mapping).message["code"] == "kintone_config.login"

    kintone.change_password(kintone.password)
    host, app = company_mapping.connection.host, company_mapping.app
    budget.set_daily_requests(host, app, 0)
    assert preview_of(company_mapping).message["code"] == "preview_budget"
    assert Preview.objects.get().status == PreviewStatus.FAILED

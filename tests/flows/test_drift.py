"""A form changed in kintone is told before records fail, and stops only what it concerns.

Each kind is carried through from the change in kintone to records that are right again.
"""

from datetime import timedelta

import pytest
from django.core import mail

from common import clock
from integrations import connections
from jobs import alerts, liveness, runs, tasks, trial
from jobs.book import DatabaseBook
from jobs.execute import execute
from jobs.ledger import failed_entries
from jobs.models import Alert, LedgerEntry, Run, Schedule
from jobs.notices import telling
from jobs.states import AlertKind, FailureKind, RunStatus, Trigger
from mapping import accepting, mappings
from mapping.drift import Effect
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from tests.builders_crm import change, make_companies, make_company
from tests.flows.conftest import enabled_mapping, outcomes, run_now


@pytest.fixture
def mapping(company_mapping):
    """As `company_mapping`, with somebody to tell."""
    Schedule.objects.filter(connection=company_mapping.connection).update(
        notify=["it@example.com"], interval="24h"
    )
    return company_mapping


@pytest.fixture
def a_day_later(time_machine):
    """The form is old, and read anew as soon as there is something to send."""
    time_machine.move_to(clock.now(), tick=True)
    return lambda: time_machine.shift(timedelta(days=1, minutes=1))


def load(mapping):
    """読み込み."""
    mapping.refresh_from_db()
    with connections.client_for(mapping.connection) as client:
        return mappings.read_form(mapping, client, now=clock.now())


def accept(mapping):
    """The click on what is proposed."""
    mapping.refresh_from_db()
    return accepting.accept(mapping, stamp=accepting.stamp_of(mapping))


def drifts(mapping):
    """Code of each drift → its effect."""
    mapping.refresh_from_db()
    return {
        one.problem.code.removeprefix("drift."): one.effect for one in mappings.drift_of(mapping)
    }


def tell():
    """What the next tick does about it; the subjects of all mails so far."""
    alerts.review_drifts(now=clock.now())
    telling.tell(now=clock.now())
    return [one.subject for one in mail.outbox]


def column(kintone, mapping, field):
    """Company → what kintone holds of it in that field."""
    return {one["code"]: one.get(field) for one in kintone.records(mapping.app)}


def phones(rows):
    for row in rows:
        row.refresh_from_db()
    return {row.external_id: row.main_tel for row in rows}


def left_out_of(run):
    return [problem["field"] for problem in run.left_out]


# A field code that is another one


def test_a_renamed_field_is_left_out_alone_told_once_and_made_good_by_a_click(
    mapping, kintone, a_day_later
):
    rows = make_companies(3, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    # kintone ignores a code that it does not know: nobody can tell before the form is read again.
    change(rows[0], main_tel="03-2222-2222")
    assert outcomes(run_now(mapping)) == {"updated": 1}
    assert column(kintone, mapping, "telephone")[rows[0].external_id] == "03-1111-1111"

    a_day_later()
    change(rows[1], main_tel="03-3333-3333", name="青葉商事")
    run = run_now(mapping)

    assert (run.status, outcomes(run), left_out_of(run)) == (
        RunStatus.PARTIAL,
        {"updated": 1},
        ["tel"],
    )
    assert column(kintone, mapping, "name")[rows[1].external_id] == "青葉商事"
    assert drifts(mapping) == {"renamed": Effect.LEFT_OUT}
    assert len(tell()) == 1
    change(rows[2], name="若葉商事")
    run_now(mapping)
    assert len(tell()) == 1

    (accepted,) = accept(mapping)
    assert accepted.proposal.to == "telephone"
    assert drifts(mapping) == {}
    run = run_now(mapping)

    assert run.status == RunStatus.SUCCEEDED
    assert column(kintone, mapping, "telephone") == phones(rows)
    assert [subject.split("】")[0] for subject in tell()] == ["【要対応", "【復旧"]
    kintone.forget_requests()
    assert outcomes(run_now(mapping)) == {}
    assert kintone.requests == []


def test_what_a_renamed_field_ignored_is_sent_again_though_it_got_its_old_name_back(
    mapping, kintone
):
    rows = make_companies(2, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    change(rows[0], main_tel="03-2222-2222")
    run_now(mapping)
    load(mapping)
    kintone.rename_field(mapping.app, "telephone", "tel")
    load(mapping)

    run = run_now(mapping)

    assert run.status == RunStatus.SUCCEEDED
    assert column(kintone, mapping, "tel") == phones(rows)


def test_a_field_deleted_and_made_anew_is_filled_again_without_anybody_telling(
    mapping, kintone, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    rows = make_companies(3, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.remove_field(mapping.app, "tel")
    load(mapping)
    assert drifts(mapping) == {"gone": Effect.LEFT_OUT}
    change(rows[0], main_tel="03-2222-2222")
    assert left_out_of(run_now(mapping)) == ["tel"]
    kintone.set_field(mapping.app, "tel", type="SINGLE_LINE_TEXT", label="電話番号")
    assert outcomes(run_now(mapping)) == {}

    time_machine.shift(timedelta(hours=1))
    run = run_now(mapping)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"updated": 3})
    assert column(kintone, mapping, "tel") == phones(rows)
    assert drifts(mapping) == {}


def test_another_field_chosen_by_hand_gets_the_values_of_all_that_kintone_has(mapping, kintone):
    rows = make_companies(2, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.remove_field(mapping.app, "tel")
    kintone.set_field(mapping.app, "phone", type="SINGLE_LINE_TEXT", label="TEL")
    load(mapping)
    assert drifts(mapping) == {"gone": Effect.LEFT_OUT}, "another label is no proposal"
    rules = [spec for spec in specs_of(mapping) if spec.field != "tel"]

    save_rules(mapping, [*rules, RuleSpec(field="phone", source="main_tel")], update_key="code")
    run_now(mapping)

    assert column(kintone, mapping, "phone") == phones(rows)


def test_a_rule_that_is_given_up_costs_nothing(mapping, kintone):
    make_companies(2, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.remove_field(mapping.app, "tel")
    load(mapping)
    rules = [spec for spec in specs_of(mapping) if spec.field != "tel"]

    save_rules(mapping, rules, update_key="code")
    run = run_now(mapping)

    assert (run.status, outcomes(run), run.counted) == (RunStatus.SUCCEEDED, {}, 0)


def test_of_two_fields_left_out_the_mended_one_is_sent_before_the_other(mapping, kintone):
    (row,) = make_companies(1, main_tel="03-1111-1111", business_category_kbn="製造業")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    kintone.remove_field(mapping.app, "industry")
    load(mapping)
    change(row, main_tel="03-2222-2222")
    assert left_out_of(run_now(mapping)) == ["tel", "industry"]

    accept(mapping)
    run = run_now(mapping)

    assert left_out_of(run) == ["industry"]
    assert column(kintone, mapping, "telephone") == phones([row])
    assert drifts(mapping) == {"gone": Effect.LEFT_OUT}


def test_a_run_that_dies_over_what_lacked_leaves_it_to_the_next(mapping, kintone, monkeypatch):
    rows = make_companies(3, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)
    change(rows[0], main_tel="03-2222-2222")
    run_now(mapping)
    accept(mapping)

    class Killed(BaseException):
        pass

    def die(*_given, **_named):
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(DatabaseBook, "intend", die)
        with pytest.raises(Killed):
            run_now(mapping)
    Run.objects.filter(status=RunStatus.RUNNING).update(status=RunStatus.FAILED)
    run_now(mapping)

    assert column(kintone, mapping, "telephone") == phones(rows)


def test_a_test_that_was_on_its_way_by_the_former_rules_is_sent_again(
    mapping, kintone, monkeypatch
):
    rows = make_companies(1, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)
    change(rows[0], main_tel="03-2222-2222")
    real = DatabaseBook.settle

    def meanwhile(book, settled):
        monkeypatch.setattr(DatabaseBook, "settle", real)
        accept(mapping)
        run_now(mapping)
        real(book, settled)

    monkeypatch.setattr(DatabaseBook, "settle", meanwhile)
    assert trial.push(mapping, rows[0].pk).ok
    run_now(mapping)

    assert column(kintone, mapping, "telephone") == phones(rows)


# The update key


def test_a_renamed_key_stops_everything_until_one_click_and_doubles_nothing(mapping, kintone):
    rows = make_companies(3)
    run_now(mapping)
    kintone.rename_field(mapping.app, "code", "number")
    load(mapping)
    change(rows[0], name="青葉商事")
    new = make_company()

    stopped = run_now(mapping)

    assert (stopped.status, stopped.failure_kind) == (RunStatus.FAILED, FailureKind.CONFIGURATION)
    assert drifts(mapping) == {"renamed_key": Effect.STOPS}
    assert len(tell()) == 1
    assert [alert.kind for alert in Alert.objects.all()] == [AlertKind.DRIFT]
    accept(mapping)
    assert mapping.update_key == "number"
    run = run_now(mapping)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 1, "updated": 1})
    held = {one["number"]: one["name"] for one in kintone.records(mapping.app)}
    assert held == {row.external_id: row.name for row in [*rows, new]}
    assert len(kintone.records(mapping.app)) == 4
    assert len(tell()) == 2


def test_a_key_that_kintone_refuses_in_mid_run_is_told_once(mapping, kintone):
    make_companies(1)
    kintone.rename_field(mapping.app, "code", "number")

    run = run_now(mapping)
    run_now(mapping)

    assert run.message["code"].startswith("kintone_config.")
    assert drifts(mapping) == {"renamed_key": Effect.STOPS}
    assert [alert.kind for alert in Alert.objects.all()] == [AlertKind.DRIFT]
    assert len(tell()) == 1


def test_a_key_that_may_be_double_stops_everything_until_it_is_put_right(
    mapping, kintone, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    kintone.set_field(mapping.app, "code", unique=False)
    load(mapping)
    row = make_company()

    assert run_now(mapping).status == RunStatus.FAILED
    assert drifts(mapping) == {"key_not_unique": Effect.STOPS}
    assert kintone.records(mapping.app) == []
    assert accept(mapping) == ()
    kintone.set_field(mapping.app, "code", unique=True)
    time_machine.shift(timedelta(hours=1))
    run_now(mapping)

    assert column(kintone, mapping, "name") == {row.external_id: row.name}
    assert drifts(mapping) == {}


def test_a_key_of_another_type_stops_everything_until_somebody_has_looked(mapping, kintone):
    (row,) = make_companies(1)
    kintone.remove_field(mapping.app, "code")
    kintone.set_field(mapping.app, "code", type="NUMBER", label="会社ID", unique=True)
    load(mapping)
    change(row, external_id="77")

    assert run_now(mapping).status == RunStatus.FAILED
    assert drifts(mapping) == {"retyped_key": Effect.STOPS}
    assert kintone.records(mapping.app) == []
    accept(mapping)
    run_now(mapping)

    assert column(kintone, mapping, "name") == {"77": row.name}


# Types


def test_a_field_made_anew_with_another_type_goes_on_and_is_filled_again_by_a_click(
    mapping, kintone
):
    rows = make_companies(2, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.remove_field(mapping.app, "tel")
    kintone.set_field(mapping.app, "tel", type="MULTI_LINE_TEXT", label="電話番号")
    load(mapping)
    change(rows[0], main_tel="03-2222-2222")
    run = run_now(mapping)

    assert (run.status, left_out_of(run)) == (RunStatus.SUCCEEDED, [])
    assert drifts(mapping) == {"retyped": Effect.RECORDS}
    assert column(kintone, mapping, "tel")[rows[1].external_id] != rows[1].main_tel
    accept(mapping)
    run_now(mapping)

    assert column(kintone, mapping, "tel") == phones(rows)
    assert drifts(mapping) == {}


def test_a_field_that_cannot_take_the_value_any_more_is_left_out_alone(mapping, kintone):
    (row,) = make_companies(1, main_tel="03-1111-1111")
    kintone.remove_field(mapping.app, "tel")
    kintone.set_field(mapping.app, "tel", type="FILE", label="電話番号")
    load(mapping)

    run = run_now(mapping)

    assert (run.status, left_out_of(run)) == (RunStatus.PARTIAL, ["tel"])
    assert drifts(mapping) == {"retyped_unfit": Effect.LEFT_OUT}
    assert column(kintone, mapping, "name") == {row.external_id: row.name}


def test_a_field_that_became_calculated_is_left_out_alone(mapping, kintone):
    (row,) = make_companies(1, main_tel="03-1111-1111")
    kintone.set_field(mapping.app, "tel", expression="name")
    load(mapping)

    run = run_now(mapping)

    assert (run.status, left_out_of(run)) == (RunStatus.PARTIAL, ["tel"])
    assert drifts(mapping) == {"unwritable": Effect.LEFT_OUT}
    assert column(kintone, mapping, "name") == {row.external_id: row.name}


# Options


def test_a_renamed_option_is_told_before_records_fail_and_goes_through_the_value_table(
    mapping, kintone
):
    row = make_company(business_category_kbn="製造業")
    kintone.set_field(mapping.app, "industry", options=["メーカー", "小売業"])
    load(mapping)
    assert drifts(mapping) == {"options_renamed": Effect.RECORDS}
    assert len(tell()) == 1
    assert outcomes(run_now(mapping)) == {"invalid": 1}

    accept(mapping)
    run = run_now(mapping)

    assert (run.status, outcomes(run)) == (RunStatus.SUCCEEDED, {"created": 1})
    assert column(kintone, mapping, "industry") == {row.external_id: "メーカー"}
    (rule,) = [spec for spec in specs_of(mapping) if spec.field == "industry"]
    assert rule.values == {"製造業": "メーカー"}


@pytest.mark.parametrize("by_hand", [False, True], ids=["by a click", "by hand"])
def test_a_fixed_value_that_was_renamed_is_left_out_until_it_is_changed(kintone, db, by_hand):
    mapping = enabled_mapping(
        kintone,
        rules={
            "code": "external_id",
            "name": "name",
            "industry": RuleSpec(field="industry", fixed="製造業"),
        },
    )
    row = make_company()
    kintone.set_field(mapping.app, "industry", options=["メーカー", "小売業"])
    load(mapping)

    assert left_out_of(run_now(mapping)) == ["industry"]
    assert column(kintone, mapping, "name") == {row.external_id: row.name}
    if by_hand:
        others = [spec for spec in specs_of(mapping) if spec.field != "industry"]
        fixed = RuleSpec(field="industry", fixed="メーカー")
        save_rules(mapping, [*others, fixed], update_key="code")
    else:
        accept(mapping)
    run_now(mapping)

    assert column(kintone, mapping, "industry") == {row.external_id: "メーカー"}


def test_a_removed_option_is_told_and_its_records_alone_fail(mapping, kintone):
    bad, good = (make_company(business_category_kbn=kind) for kind in ("製造業", "小売業"))
    kintone.remove_option(mapping.app, "industry", "製造業")
    load(mapping)

    assert drifts(mapping) == {"options_removed": Effect.RECORDS}
    assert len(tell()) == 1
    run = run_now(mapping)
    assert outcomes(run) == {"created": 1, "invalid": 1}
    assert [entry.source_id for entry in failed_entries(mapping)] == [bad.pk]
    assert column(kintone, mapping, "industry") == {good.external_id: "小売業"}

    accept(mapping)
    assert drifts(mapping) == {}, "who has seen it need not see it again"
    load(mapping)
    assert drifts(mapping) == {}
    kintone.set_field(mapping.app, "industry", options=["製造業", "小売業"])
    load(mapping)
    run_now(mapping)
    assert column(kintone, mapping, "industry")[bad.external_id] == "製造業"


def test_a_refusal_that_names_a_field_has_the_form_read_and_the_reason_told(
    mapping, kintone, time_machine
):
    time_machine.move_to(clock.now(), tick=True)
    time_machine.shift(timedelta(hours=2))
    kintone.set_field(mapping.app, "industry", options=["メーカー", "小売業"])
    row = make_company(business_category_kbn="製造業")

    assert outcomes(run_now(mapping)) == {"rejected": 1}
    assert drifts(mapping) == {"options_renamed": Effect.RECORDS}
    assert len(tell()) == 2, "the record, and the reason"
    kintone.forget_requests()
    run_now(mapping)
    assert not any("form" in one.path for one in kintone.requests), "once an hour is enough"
    accept(mapping)
    run_now(mapping)

    assert column(kintone, mapping, "industry") == {row.external_id: "メーカー"}


# Demands


def test_a_new_required_field_refuses_new_records_lets_updates_pass_and_loses_none(
    mapping, kintone
):
    known = make_company()
    run_now(mapping)
    kintone.set_field(
        mapping.app, "rank", type="SINGLE_LINE_TEXT", label="顧客ランク", required=True
    )
    record = kintone.app(mapping.app).records[1]
    record.values["rank"] = "A"
    load(mapping)
    assert drifts(mapping) == {"required": Effect.RECORDS}
    assert len(tell()) == 1
    change(known, name="青葉商事")
    new = make_company()

    run = run_now(mapping)

    assert outcomes(run) == {"updated": 1, "rejected": 1}
    assert [entry.source_id for entry in failed_entries(mapping)] == [new.pk]
    rules = [*specs_of(mapping), RuleSpec(field="rank", fixed="B")]
    save_rules(mapping, rules, update_key="code")
    assert drifts(mapping) == {}
    run_now(mapping)
    assert column(kintone, mapping, "name") == {
        known.external_id: "青葉商事",
        new.external_id: new.name,
    }


def test_a_tighter_limit_is_told_before_records_fail(mapping, kintone):
    kintone.set_field(mapping.app, "tel", maxLength="10", unique=True)
    load(mapping)

    assert drifts(mapping) == {"unique": Effect.RECORDS, "max_length": Effect.RECORDS}
    assert len(tell()) == 1


# Tables


def test_a_table_of_which_a_column_is_gone_is_left_alone_with_its_rows(kintone, db):
    columns = {
        "tag": {"type": "SINGLE_LINE_TEXT", "label": "名前"},
        "kind": {"type": "SINGLE_LINE_TEXT", "label": "区分"},
    }
    mapping = enabled_mapping(
        kintone,
        fields={
            "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
            "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
            "list": {"type": "SUBTABLE", "label": "一覧", "fields": columns},
        },
        rules={
            "code": "external_id",
            "name": "name",
            "tag": RuleSpec(table="list", field="tag", source="main_tel"),
            "kind": RuleSpec(table="list", field="kind", source="business_category_kbn"),
        },
    )
    row = make_company(main_tel="03-1111-1111", business_category_kbn="製造業")
    run_now(mapping)
    renamed = {"tag": columns["tag"], "kubun": columns["kind"]}
    kintone.set_field(mapping.app, "list", fields=renamed)
    load(mapping)
    change(row, name="青葉商事", main_tel="03-2222-2222")

    run = run_now(mapping)

    assert left_out_of(run) == ["list.tag", "list.kind"]
    assert column(kintone, mapping, "name") == {row.external_id: "青葉商事"}
    (record,) = kintone.records(mapping.app)
    assert [each["value"]["tag"]["value"] for each in record["list"]] == ["03-1111-1111"]
    assert drifts(mapping) == {"renamed": Effect.LEFT_OUT}

    accept(mapping)
    run_now(mapping)
    (record,) = kintone.records(mapping.app)
    (line,) = record["list"]
    cells = {code: cell["value"] for code, cell in line["value"].items()}
    assert cells == {"tag": "03-2222-2222", "kubun": "製造業"}


# Telling


def test_what_comes_to_a_drift_is_told_anew_and_what_stays_is_not(mapping, kintone):
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)
    assert len(tell()) == 1
    load(mapping)
    assert len(tell()) == 1
    kintone.remove_option(mapping.app, "industry", "小売業")
    load(mapping)
    assert len(tell()) == 2
    kintone.set_field(mapping.app, "industry", options=["製造業", "小売業"])
    load(mapping)
    assert len(tell()) == 2
    kintone.rename_field(mapping.app, "telephone", "tel")
    load(mapping)
    subjects = tell()
    assert [subject.split("】")[0] for subject in subjects] == ["【要対応", "【要対応", "【復旧"]


def test_the_tick_tells_of_a_form_that_a_page_read(mapping, kintone):
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)

    tasks.tick()
    tasks.tick()

    (told,) = mail.outbox
    assert "telephone" in told.body
    assert f"/settings/mappings/{mapping.pk}/" in told.body


def test_a_mapping_that_is_off_tells_nobody(kintone, mapping):
    mapping.enabled = False
    mapping.save(update_fields=["enabled"])
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)

    assert tell() == []
    assert drifts(mapping) == {"renamed": Effect.LEFT_OUT}, "the page still shows it"


def test_a_rule_that_has_nothing_to_do_with_it_settles_no_drift(mapping, kintone):
    kintone.remove_option(mapping.app, "industry", "小売業")
    load(mapping)
    rules = [spec for spec in specs_of(mapping) if spec.field != "tel"]

    save_rules(mapping, rules, update_key="code")

    assert drifts(mapping) == {"options_removed": Effect.RECORDS}


def test_a_drift_that_is_another_by_now_is_not_accepted_unseen(mapping, kintone):
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)
    stamp = accepting.stamp_of(mapping)
    kintone.remove_field(mapping.app, "telephone")
    load(mapping)
    before = specs_of(mapping)

    with pytest.raises(accepting.DriftMoved):
        accepting.accept(mapping, stamp=stamp)

    assert specs_of(mapping) == before


def test_an_active_run_goes_on_by_the_new_rules_and_nothing_is_lost(mapping, kintone, monkeypatch):
    rows = make_companies(3, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)
    for row in rows:
        change(row, main_tel="03-2222-2222")
    real = DatabaseBook.intend

    def meanwhile(book, batch, **more):
        monkeypatch.setattr(DatabaseBook, "intend", real)
        accept(mapping)
        return real(book, batch, **more)

    monkeypatch.setattr(DatabaseBook, "intend", meanwhile)
    run = runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())
    stopped = execute(run.pk, owner=liveness.owner_here())
    assert (stopped.status, stopped.message["code"]) == (RunStatus.CANCELED, "rules_changed")
    run_now(mapping)

    assert column(kintone, mapping, "telephone") == phones(rows)
    assert not LedgerEntry.objects.filter(due_at__isnull=False).exists()


# One proposal alone


def accept_only(mapping, code):
    mapping.refresh_from_db()
    (only,) = [one.id for one in mappings.drift_of(mapping) if one.problem.code == f"drift.{code}"]
    return accepting.accept(mapping, stamp=accepting.stamp_of(mapping), only=only)


def test_one_proposal_is_carried_out_alone_and_the_others_stay_as_they_were(mapping, kintone):
    (row,) = make_companies(1, main_tel="03-1111-1111")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    kintone.remove_option(mapping.app, "industry", "小売業")
    load(mapping)

    accepted = accept_only(mapping, "renamed")

    assert [one.problem.field for one in accepted] == ["tel"]
    assert drifts(mapping) == {"options_removed": Effect.RECORDS}
    load(mapping)
    assert drifts(mapping) == {"options_removed": Effect.RECORDS}
    change(row, main_tel="03-2222-2222")
    assert left_out_of(run_now(mapping)) == []
    assert column(kintone, mapping, "telephone") == phones([row])

    accept_only(mapping, "options_removed")
    assert drifts(mapping) == {}


def test_of_two_renamed_fields_one_is_followed_and_the_other_still_known(mapping, kintone):
    make_companies(1, main_tel="03-1111-1111", business_category_kbn="製造業")
    run_now(mapping)
    kintone.rename_field(mapping.app, "tel", "telephone")
    kintone.rename_field(mapping.app, "industry", "branch")
    load(mapping)
    first, second = mappings.drift_of(mapping)

    accepting.accept(mapping, stamp=accepting.stamp_of(mapping), only=first.id)

    assert mappings.drift_of(mapping) == (second,)
    assert left_out_of(run_now(mapping)) == [second.problem.field]


def test_what_changed_in_one_field_is_looked_at_together(mapping, kintone):
    kintone.remove_option(mapping.app, "industry", "小売業")
    kintone.set_field(mapping.app, "industry", required=True)
    load(mapping)
    found = mappings.drift_of(mapping)
    assert len(found) > 1

    accepted = accepting.accept(mapping, stamp=accepting.stamp_of(mapping), only=found[0].id)

    assert accepted == found
    assert drifts(mapping) == {}


def test_a_drift_that_is_not_there_is_not_accepted(mapping, kintone):
    kintone.rename_field(mapping.app, "tel", "telephone")
    load(mapping)

    with pytest.raises(accepting.DriftMoved):
        accepting.accept(mapping, stamp=accepting.stamp_of(mapping), only="drift.gone:tel:")

    assert drifts(mapping) == {"renamed": Effect.LEFT_OUT}

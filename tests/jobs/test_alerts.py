"""What runs report becomes alerts: one when ill health begins, ended when it is well."""

from datetime import timedelta

import pytest

from common.problems import Problem
from jobs import alerts, runs
from jobs.ledger import ledger_of
from jobs.models import Alert, LedgerEntry, Run
from jobs.states import AlertKind, EntryState, FailureKind, RunStatus, Trigger
from mapping.models import Mapping
from tests.builders_mapping import make_connection, make_mapping

OWNER = "elsewhere@1|boot|pid:[1]|1|1"
MINUTE = timedelta(minutes=1)
CONFIGURATION, TRANSIENT = FailureKind.CONFIGURATION, FailureKind.TRANSIENT
LOGIN, FORM = "kintone_config.login", "form_mismatch"


@pytest.fixture
def mapping(db) -> Mapping:
    return make_mapping(enabled=True)


@pytest.fixture
def sibling(mapping) -> Mapping:
    """Another enabled mapping of the same connection."""
    return make_mapping(mapping.connection, app=2, enabled=True)


@pytest.fixture
def report(noon):
    """Let a run of the mapping end so, and be reviewed."""

    def act(
        mapping: Mapping,
        status: RunStatus = RunStatus.SUCCEEDED,
        *,
        code: str = "",
        kind: FailureKind | None = None,
        at=noon,
        trigger: Trigger = Trigger.SCHEDULE,
        only: int | None = None,
    ) -> Run:
        run = runs.start(mapping, trigger=trigger, now=at, only=only)
        runs.take(run.pk, owner=OWNER, now=at)
        runs.finish(
            run.pk,
            owner=OWNER,
            now=at,
            status=status,
            failure_kind=kind,
            problem=Problem(code=code) if code else None,
            resume_at=at + timedelta(hours=12) if status == RunStatus.HELD else None,
        )
        run.refresh_from_db()
        alerts.review_run(run)
        if status == RunStatus.HELD:
            runs.cancel(run, now=at)
        return run

    return act


def fail(report, mapping, code, kind=CONFIGURATION, **more) -> None:
    report(mapping, RunStatus.FAILED, code=code, kind=kind, **more)


def open_alerts() -> list[tuple[str, int | None]]:
    """Kind, and the mapping concerned (None: the whole connection)."""
    stored = Alert.objects.filter(ended_at=None).order_by("id")
    return [(alert.kind, alert.mapping_id) for alert in stored]


def test_a_run_that_ended_well_says_nothing(mapping, report):
    report(mapping)

    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("code", "failure", "kind", "of_mapping"),
    [
        ("kintone_down", TRANSIENT, AlertKind.UNREACHABLE, False),
        (LOGIN, CONFIGURATION, AlertKind.CONFIGURATION, False),
        ("kintone_config.ip_address", CONFIGURATION, AlertKind.CONFIGURATION, False),
        ("kintone_config.app", CONFIGURATION, AlertKind.CONFIGURATION, True),
        ("kintone_config.token", CONFIGURATION, AlertKind.CONFIGURATION, True),
        (FORM, CONFIGURATION, AlertKind.CONFIGURATION, True),
        ("field_gone", CONFIGURATION, AlertKind.CONFIGURATION, True),
        ("internal", FailureKind.INTERNAL, AlertKind.INTERNAL, True),
        ("lost", FailureKind.LOST, AlertKind.INTERNAL, True),
    ],
)
def test_each_failure_opens_an_alert_of_its_kind(mapping, report, code, failure, kind, of_mapping):
    fail(report, mapping, code, failure)

    assert open_alerts() == [(kind, mapping.pk if of_mapping else None)]


def test_a_held_run_opens_an_alert_of_its_mapping(mapping, report):
    report(mapping, RunStatus.HELD, code="budget")

    assert open_alerts() == [(AlertKind.BUDGET, mapping.pk)]


def test_a_missing_sync_user_concerns_the_connection_once_however_many_mappings(db, report):
    connection = make_connection()
    for app in (1, 2):
        leads = make_mapping(connection, record_type="lead", app=app, rules={}, enabled=True)
        fail(report, leads, "sync_user_missing")

    assert open_alerts() == [(AlertKind.SYNC_USER, None)]


def test_companies_that_arrive_do_not_say_that_the_sync_user_is_back(db, report):
    connection = make_connection()
    leads = make_mapping(connection, record_type="lead", app=2, rules={}, enabled=True)
    companies = make_mapping(connection, enabled=True)
    fail(report, leads, "sync_user_disabled")

    report(companies)
    assert open_alerts() == [(AlertKind.SYNC_USER, None)]
    report(leads)

    assert open_alerts() == []


def test_the_same_failure_again_opens_no_second_alert(mapping, report, noon):
    fail(report, mapping, "kintone_down", TRANSIENT)
    fail(report, mapping, "kintone_down", TRANSIENT, at=noon + 5 * MINUTE)

    assert [alert.began_at for alert in Alert.objects.all()] == [noon]


def test_a_run_that_ends_well_ends_the_alert(mapping, report, noon):
    fail(report, mapping, "kintone_down", TRANSIENT)
    report(mapping, at=noon + 5 * MINUTE)

    alert = Alert.objects.get()
    assert alert.ended_at == noon + 5 * MINUTE
    assert alert.ended_told_at is None


def test_ill_again_is_another_alert(mapping, report, noon):
    fail(report, mapping, "kintone_down", TRANSIENT)
    report(mapping, at=noon + 5 * MINUTE)
    fail(report, mapping, "kintone_down", TRANSIENT, at=noon + 10 * MINUTE)

    assert Alert.objects.count() == 2


def test_a_refused_login_concerns_all_mappings_once(mapping, sibling, report):
    fail(report, mapping, LOGIN)
    fail(report, sibling, LOGIN)

    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]


def test_one_mapping_that_still_cannot_log_in_keeps_the_alert_open(mapping, sibling, report):
    fail(report, mapping, LOGIN)
    fail(report, sibling, LOGIN)

    report(sibling)
    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]
    report(mapping)

    assert open_alerts() == []


def test_an_app_that_never_answers_does_not_flap_with_one_that_does(mapping, sibling, report, noon):
    for slot in range(3):
        at = noon + slot * 5 * MINUTE
        fail(report, mapping, "kintone_down", TRANSIENT, at=at)
        report(sibling, at=at)

    assert Alert.objects.count() == 1


def test_no_answer_says_nothing_about_the_login(mapping, report):
    fail(report, mapping, LOGIN)
    fail(report, mapping, "kintone_down", TRANSIENT)

    assert open_alerts() == [(AlertKind.CONFIGURATION, None), (AlertKind.UNREACHABLE, None)]


def test_a_refused_login_says_that_kintone_answers(mapping, report):
    fail(report, mapping, "kintone_down", TRANSIENT)
    fail(report, mapping, LOGIN)

    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]


def test_another_thing_to_mend_is_told_anew(mapping, report, noon):
    fail(report, mapping, LOGIN)
    Alert.objects.update(began_told_at=noon)
    fail(report, mapping, "kintone_config.ip_address", at=noon + 5 * MINUTE)

    alert = Alert.objects.get()
    assert alert.problem["code"] == "kintone_config.ip_address"
    assert (alert.began_at, alert.began_told_at) == (noon + 5 * MINUTE, None)


def test_a_test_of_one_record_changes_no_alert(mapping, report):
    fail(report, mapping, LOGIN, trigger=Trigger.TEST, only=1)

    assert not Alert.objects.exists()


def test_a_canceled_run_ends_nothing(mapping, report):
    fail(report, mapping, LOGIN)
    report(mapping, RunStatus.CANCELED, code="canceled")

    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]


def fail_record(mapping: Mapping, noon) -> LedgerEntry:
    return LedgerEntry.objects.create(
        ledger=ledger_of(mapping),
        source_id=1,
        state=EntryState.FAILED,
        version=1,
        problems=[Problem(code="too_long").as_json()],
        touched_at=noon,
    )


def test_failed_records_are_an_alert_until_there_are_none(mapping, report, noon):
    entry = fail_record(mapping, noon)
    report(mapping, RunStatus.PARTIAL)
    assert open_alerts() == [(AlertKind.RECORDS_FAILED, mapping.pk)]

    # The next run has nothing to do with it: the record is as it was.
    report(mapping)
    assert open_alerts() == [(AlertKind.RECORDS_FAILED, mapping.pk)]

    LedgerEntry.objects.filter(pk=entry.pk).update(state=EntryState.SYNCED)
    report(mapping)
    assert open_alerts() == []


def test_a_retry_of_one_record_ends_the_alert_about_failed_records_only(mapping, report, noon):
    fail(report, mapping, LOGIN)
    entry = fail_record(mapping, noon)
    report(mapping, RunStatus.PARTIAL, trigger=Trigger.RETRY, only=1)
    LedgerEntry.objects.filter(pk=entry.pk).update(state=EntryState.SYNCED)

    report(mapping, trigger=Trigger.RETRY, only=1)

    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]


def test_what_was_disabled_by_a_person_ends_without_a_mail(mapping, report, noon):
    fail(report, mapping, FORM)
    fail(report, mapping, LOGIN)
    Mapping.objects.update(enabled=False)

    alerts.close_moot(now=noon + MINUTE)

    for alert in Alert.objects.all():
        assert alert.ended_at == alert.ended_told_at == noon + MINUTE
        assert alert.began_told_at == noon + MINUTE


def test_the_connections_alert_stays_while_another_of_its_mappings_is_enabled(
    mapping, sibling, report, noon
):
    fail(report, mapping, LOGIN)
    Mapping.objects.filter(pk=mapping.pk).update(enabled=False)

    alerts.review_connection(mapping.connection, now=noon + MINUTE)

    assert open_alerts() == [(AlertKind.CONFIGURATION, None)]

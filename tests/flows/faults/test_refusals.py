"""kintone answers, but not as it should, or not as it did a moment ago."""

import socket

import pytest

from common.clock import now
from jobs import ledger
from jobs.models import Alert, LedgerEntry, Run
from jobs.states import AlertKind, FailureKind, RunStatus
from mapping import accepting
from mapping.models import Mapping
from tests.builders_crm import make_companies, make_company
from tests.flows.conftest import outcomes
from tests.flows.faults.conftest import ONE_BY_ONE, by_code
from tests.flows.faults.processes import wait_until
from tests.flows.faults.wire import meanwhile


def everything(rows):
    return {row.external_id: row.name for row in rows}


# Not now


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "GAIA_TO04", "status": 429},
        {"code": "GAIA_DA02"},
        {"code": "GAIA_RE18"},
        {"code": "GAIA_LT01"},
        {"status": 500, "body": "<html>Internal Server Error</html>"},
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 503, "body": "<html>Service Unavailable</html>"},
        {"status": 302, "body": "<html>Moved</html>"},
    ],
    ids=lambda answer: answer.get("code", "") or str(answer["status"]),
)
def test_what_passes_by_itself_costs_patience_and_nothing_else(answer, product, kintone, mapping):
    rows = make_companies(3)

    kintone.fail(**answer, times=2)
    assert product.run(mapping).status == RunStatus.SUCCEEDED
    rows += make_companies(2)
    kintone.fail(**answer, times=None)
    stopped = product.run(mapping)
    assert len(by_code(kintone, mapping)) == 3
    kintone.heal()
    product.slot()
    product.slot()

    assert (stopped.status, stopped.failure_kind) == (RunStatus.FAILED, FailureKind.TRANSIENT)
    assert stopped.unsent == 2
    assert by_code(kintone, mapping) == everything(rows)
    assert not ledger.failed_entries(mapping).exists()
    assert [alert.kind for alert in Alert.objects.all()] == [AlertKind.UNREACHABLE]
    assert not Alert.objects.filter(ended_at=None).exists()


def test_nobody_follows_where_an_answer_leads(product, kintone, mapping):
    make_companies(1)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/login"
        kintone.fail(status=302, headers={"Location": url}, times=None)

        run = product.run(mapping)

        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert run.status == RunStatus.FAILED


# Changed in the middle of a run


def test_a_password_changed_in_mid_run_stops_it_and_is_told_once(product, wire, kintone, mapping):
    rows = make_companies(250)
    wire.do(meanwhile(lambda: kintone.change_password("another")))

    stopped = product.run(mapping, queue=ONE_BY_ONE)
    product.slot()
    product.slot()
    assert (stopped.status, stopped.failure_kind) == (RunStatus.FAILED, FailureKind.CONFIGURATION)
    assert (stopped.message["code"], outcomes(stopped)) == (
        "kintone_config.login",
        {"created": 100, "unsent": 150},
    )
    assert not LedgerEntry.objects.filter(doubt_until__isnull=False).exists()
    assert len(product.mails.mails) == 1
    mapping.connection.password = "another"
    mapping.connection.save()
    product.slot()

    assert by_code(kintone, mapping) == everything(rows)
    assert not Alert.objects.filter(ended_at=None).exists()


def test_an_app_deleted_in_mid_run_stops_it_and_another_app_gets_what_was_not_sent(
    product, wire, kintone, mapping
):
    rows = make_companies(250)
    definitions = kintone.app(mapping.app).definitions
    wire.do(meanwhile(lambda: kintone.delete_app(mapping.app)))

    stopped = product.run(mapping, queue=ONE_BY_ONE)
    assert (stopped.status, stopped.message["code"]) == (RunStatus.FAILED, "kintone_config.app")
    assert outcomes(stopped) == {"created": 100, "unsent": 150}
    Mapping.objects.update(app=kintone.add_app("新しい顧客リスト", definitions))
    mapping.refresh_from_db()
    product.slot()

    # What the lost app had is lost with it; 全件連携 brings it into the new one.
    assert by_code(kintone, mapping) == everything(rows[100:])


def test_an_update_key_renamed_in_mid_run_stops_it_before_records_fail_on_it(
    product, wire, kintone, mapping
):
    rows = make_companies(250)
    wire.do(meanwhile(lambda: kintone.rename_field(mapping.app, "code", "number")))

    stopped = product.run(mapping, queue=ONE_BY_ONE)
    assert (stopped.status, stopped.failure_kind) == (RunStatus.FAILED, FailureKind.CONFIGURATION)
    assert outcomes(stopped) == {"created": 100, "unsent": 150}
    mapping.refresh_from_db()
    assert "number" in mapping.form["properties"], "the page can say which field is gone"
    kintone.rename_field(mapping.app, "number", "code")
    Mapping.objects.update(form_read_at=None)  # 読み込み
    product.slot()

    assert by_code(kintone, mapping) == everything(rows)


def test_a_field_renamed_in_mid_run_is_named_as_soon_as_the_form_is_read_again(
    product, wire, kintone, mapping
):
    rows = make_companies(250, main_tel="03-1234-5678")
    wire.do(meanwhile(lambda: kintone.rename_field(mapping.app, "tel", "telephone")))
    product.run(mapping, queue=ONE_BY_ONE)
    rows.append(make_company(main_tel="03-9876-5432"))

    Mapping.objects.update(form_read_at=None)  # as after a day
    product.slot()

    run = Run.objects.latest("pk")
    assert (run.status, [problem["field"] for problem in run.left_out]) == (
        RunStatus.PARTIAL,
        ["tel"],
    )
    assert by_code(kintone, mapping) == everything(rows), "only what is renamed is left out"
    assert [alert.kind for alert in Alert.objects.filter(ended_at=None)] == [AlertKind.DRIFT]
    product.tick()
    wait_until(lambda: product.mails.mails)
    product.rest()
    assert len(product.mails.mails) == 1
    mapping.refresh_from_db()
    accepting.accept(mapping, stamp=accepting.stamp_of(mapping))
    product.slot()

    held = {one["code"]: one["telephone"] for one in kintone.records(mapping.app)}
    assert held == {row.external_id: row.main_tel for row in rows}, "what was ignored came again"
    assert not Alert.objects.filter(ended_at=None).exists()


def test_an_option_removed_in_mid_run_fails_the_records_that_have_it_and_nobody_else(
    product, wire, kintone, mapping
):
    rows = make_companies(100)
    bad = make_companies(2, business_category_kbn="小売業")
    rows += make_companies(148, business_category_kbn="製造業")
    wire.do(meanwhile(lambda: kintone.remove_option(mapping.app, "industry", "小売業")))

    run = product.run(mapping, queue=ONE_BY_ONE)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"created": 248, "rejected": 2})
    assert by_code(kintone, mapping) == everything(rows)
    listed = ledger.failed_entries(mapping)
    assert [(entry.source_id, entry.problems[0]["field"]) for entry in listed] == [
        (row.pk, "industry") for row in bad
    ]
    kintone.set_field(mapping.app, "industry", options=["製造業", "小売業"])
    ledger.retry(mapping, now=now())
    product.slot()
    assert by_code(kintone, mapping) == everything(rows + bad)


def test_a_field_that_becomes_required_in_mid_run_is_named_for_each_record_that_lacks_it(
    product, wire, kintone, mapping
):
    rows = make_companies(100)
    bad = make_companies(50)
    good = make_companies(100, main_tel="03-1234-5678")
    wire.do(meanwhile(lambda: kintone.set_field(mapping.app, "tel", required=True)))

    run = product.run(mapping, queue=ONE_BY_ONE)

    assert (run.status, outcomes(run)) == (RunStatus.PARTIAL, {"created": 200, "rejected": 50})
    assert by_code(kintone, mapping) == everything(rows + good)
    fields = {entry.problems[0]["field"] for entry in ledger.failed_entries(mapping)}
    assert fields == {"tel"}
    kintone.set_field(mapping.app, "tel", required=False)
    ledger.retry(mapping, now=now())
    product.slot()
    assert by_code(kintone, mapping) == everything(rows + bad + good)

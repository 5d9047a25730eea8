"""Applying a settings file makes the product so; applying it twice changes nothing."""

from common import clock
from crm.models import CustomItem
from integrations import budget, connections
from integrations.models import Connection
from jobs.models import Ledger, Schedule
from mapping import mappings
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.builders_crm import make_company, make_custom_item, make_member
from tests.builders_mapping import form_answer
from tests.flows.conftest import outcomes, run_now
from tests.jobs.settings_file.conftest import FIELDS


def test_an_empty_installation_becomes_what_the_file_says(apply, text, app):
    make_member(email="sato@example.com")

    apply(text)

    assert CustomItem.objects.get().label == "ランク"
    connection = Connection.objects.get()
    assert (connection.host, connection.login) == ("demo.cybozu.com", "sync")
    assert connection.password == "sync-password"
    schedule = Schedule.objects.get()
    assert (schedule.interval, schedule.notify) == ("30m", ["ops@example.com"])
    assert schedule.sync_user
    assert schedule.sync_user.email == "sato@example.com"
    mapping = Mapping.objects.get()
    assert (mapping.app, mapping.update_key, mapping.enabled) == (app, "code", True)
    assert mapping.app_name == "顧客リスト"
    assert [rule.field for rule in specs_of(mapping)] == [
        *("code", "name", "rank", "place", "origin", "tag"),
    ]
    assert budget.daily_requests(connection.host, app) == 4000


def test_what_was_applied_runs(apply, text, kintone, app):
    make_custom_item("rank")
    CustomItem.objects.update(kind="choice")
    apply(text)
    make_company(
        external_id="C-1",
        name="青葉",
        pref="宮城県",
        address="仙台市",
        tags=("重要", "新規"),
        custom={"rank": "上"},
    )

    run = run_now(Mapping.objects.get())

    assert outcomes(run) == {"created": 1}
    (record,) = kintone.records(app)
    values = {code: record[code] for code in ("code", "name", "rank", "place", "origin")}
    assert values == {
        "code": "C-1",
        "name": "青葉",
        "rank": "A",
        "place": "宮城県 仙台市",
        "origin": "CRM",
    }
    assert [row["value"]["tag"]["value"] for row in record["tags"]] == ["重要", "新規"]


def test_applying_it_again_changes_nothing_and_says_so(apply, text, kintone):
    apply(text)
    version = Mapping.objects.get().version
    kintone.forget_requests()

    assert apply(text).endswith("変更はありません。設定はファイルのとおりです。\n")
    assert Mapping.objects.get().version == version
    assert kintone.requests == []


def test_enabling_starts_from_now(apply, text):
    make_company()
    apply(text)
    make_company(external_id="C-new")

    run = run_now(Mapping.objects.get())

    assert outcomes(run) == {"created": 1}


def test_where_kintone_cannot_be_reached_all_is_saved_and_the_first_run_reads_the_form(
    apply, text, kintone
):
    kintone.fail(status=503, times=None)

    out = apply(text)

    assert "フォームは最初のデータ処理で読み込みます" in out
    mapping = Mapping.objects.get()
    assert (mapping.enabled, mapping.form) == (True, {})
    kintone.heal()
    make_company()
    assert outcomes(run_now(mapping)) == {"created": 1}


def test_a_sync_user_who_has_not_come_in_yet_is_remembered(apply, text, export):
    out = apply(text)

    assert "社員「sato@example.com」はまだ取り込まれていません" in out
    schedule = Schedule.objects.get()
    assert (schedule.sync_user, schedule.sync_user_email) == (None, "sato@example.com")
    assert "sync_user: sato@example.com" in export()


def test_disabling_through_the_file(apply, text):
    apply(text)

    out = apply(text.replace("enabled: true", "enabled: false"))

    assert "連携: 有効 → 無効" in out
    assert not Mapping.objects.get().enabled


def test_enabling_again_says_what_it_leaves_out(apply, text):
    apply(text)
    apply(text.replace("enabled: true", "enabled: false"))
    make_company()

    out = apply(text)

    assert "無効の間に変更された1件は連携しません" in out
    assert outcomes(run_now(Mapping.objects.get())) == {}
    assert Ledger.objects.count() == 1


def test_tokens_take_the_place_of_a_login(apply, text, monkeypatch, kintone, app):
    apply(text)
    monkeypatch.setenv("TOKEN_A", kintone.token(app))

    apply("version: 1\nconnections: [{name: 本番, auth: {tokens: [{env: TOKEN_A}]}}]")

    connection = Connection.objects.get()
    assert (connection.login, connection.password) == ("", "")
    assert connection.tokens


def test_another_kintone_has_other_forms(apply, text, kintone):
    apply(text)
    kintone.forget_requests()

    out = apply(text.replace("subdomain: demo", "subdomain: other"))

    assert "サブドメイン: demo → other" in out
    assert any("form/fields" in exchange.path for exchange in kintone.requests)


def test_the_form_of_another_kintone_is_not_taken_for_a_change_of_the_former(apply, text, kintone):
    apply(text)
    former = {**FIELDS, "place": {**FIELDS["place"], "type": "MULTI_LINE_TEXT"}}
    Mapping.objects.update(form=form_answer(former))

    apply(text.replace("subdomain: demo", "subdomain: other"))

    mapping = Mapping.objects.get()
    assert (mapping.drift, mapping.made_on) == ([], {})
    assert mapping.form["properties"]["place"]["type"] == "SINGLE_LINE_TEXT"


def test_a_file_that_says_the_same_settles_no_drift_and_tells_it(apply, text, kintone, app):
    apply(text)
    mapping = Mapping.objects.get()
    kintone.set_field(app, "place", maxLength="10")
    with connections.client_for(mapping.connection) as client:
        mappings.read_form(mapping, client, now=clock.now())

    out = apply(text)

    assert "「所在地」は、10文字までになりました。" in out
    mapping.refresh_from_db()
    assert [one.problem.code for one in mappings.drift_of(mapping)] == ["drift.max_length"]

"""「元に戻す」 of connections and mappings: shown first, checked as ever, refused in words."""

from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.test import Client

from audit.kinds import Kind
from audit.models import Entry
from common import clock
from common.types import RecordType
from integrations import budget
from integrations.models import Connection
from jobs import cleansing, connection_log, enabling, first_loads, removing, runs
from jobs.models import Ledger, Run, Schedule
from jobs.states import Trigger
from mapping import user_ties
from mapping.models import Mapping, UserTie
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec, WhenEmpty
from tests.audit.conftest import kinds, newest
from tests.builders_crm import make_company, make_member
from tests.builders_mapping import form_answer, make_mapping, switch_off
from tests.flows.conftest import FIELDS, outcomes, run_now
from tests.pages.reading import Page, filled

PutBack = Callable[..., Page]
RICH = RuleSpec(
    field="industry",
    source="business_category_kbn",
    values={"製造": "製造業", "小売": ""},
    empty=WhenEmpty.FIXED,
    empty_value="小売業",
)


def rules(mapping: Mapping) -> dict[str, RuleSpec]:
    return {spec.field: spec for spec in specs_of(mapping)}


def test_what_would_change_is_shown_before_it_is_put_back(
    as_administrator: Client, mapping: Mapping
) -> None:
    save_rules(mapping, [*specs_of(mapping)[:3], RICH], update_key="code")
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")

    page = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))

    assert "現在 元に戻した後" in page.text()
    assert "「業種（industry）」の項目 （なし） 業種（空のとき「小売業」）" in page.text()
    assert "（値の変換表：製造） （なし） 製造業" in page.text()
    assert page.buttons()[-1] == "元に戻す"
    assert "industry" not in rules(mapping)


def test_rules_with_all_that_they_say_come_back(mapping: Mapping, put_back: PutBack) -> None:
    save_rules(mapping, [*specs_of(mapping)[:3], RICH], update_key="code")
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")

    page = put_back()

    assert "元に戻しました。" in page.text()
    assert rules(mapping)["industry"] == RICH


def test_putting_back_can_be_put_back(mapping: Mapping, put_back: PutBack) -> None:
    former = rules(mapping)
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")
    put_back()
    assert rules(mapping) == former

    put_back()

    assert "industry" not in rules(mapping)
    assert kinds() == ["mapping.rules", "connection.back", "connection.back"]


def test_what_was_put_back_says_so_on_both_pages(
    as_administrator: Client, mapping: Mapping, put_back: PutBack
) -> None:
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")
    first = newest()
    put_back()

    page = Page(as_administrator.get(f"/history/{first.pk}/"))
    assert "この操作は元に戻し済みです。" in page.text()
    assert page.links()["元に戻した操作を表示"] == f"/history/{newest().pk}/"
    back = Page(as_administrator.get(f"/history/{newest().pk}/"))
    assert back.links()[f"操作{first.pk}"] == f"/history/{first.pk}/"
    assert "（元に戻し済み）" in Page(as_administrator.get("/history/")).text()


def test_what_others_changed_since_stays(mapping: Mapping, put_back: PutBack) -> None:
    save_rules(mapping, [one for one in specs_of(mapping) if one.field != "tel"], update_key="code")
    first = newest()
    save_rules(
        mapping, [one for one in specs_of(mapping) if one.field != "industry"], update_key="code"
    )

    put_back(first)

    assert set(rules(mapping)) == {"code", "name", "tel"}


def test_one_value_of_a_table_comes_back_and_the_others_stay(
    mapping: Mapping, put_back: PutBack
) -> None:
    def save(values: dict[str, str]) -> None:
        spec = RuleSpec(field="industry", source="business_category_kbn", values=values)
        save_rules(mapping, [*specs_of(mapping)[:3], spec], update_key="code")

    save({"製造": "製造業"})
    save({"製造": "小売業"})
    entry = newest(Kind.MAPPING_VALUES)
    save({"製造": "小売業", "卸売": "小売業"})

    put_back(entry)

    assert rules(mapping)["industry"].values == {"製造": "製造業", "卸売": "小売業"}


def test_the_update_key_comes_back(kintone: Any, mapping: Mapping, put_back: PutBack) -> None:
    kintone.set_field(mapping.app, "name", unique=True)
    mapping.form["properties"]["name"]["unique"] = True
    mapping.save(update_fields=["form"])
    save_rules(mapping, specs_of(mapping), update_key="name")

    put_back()

    mapping.refresh_from_db()
    assert mapping.update_key == "code"


def test_rules_that_no_longer_fit_the_app_are_refused_with_the_reason(
    as_administrator: Client, kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")
    kintone.remove_field(mapping.app, "industry")
    mapping.form["properties"].pop("industry")
    mapping.save(update_fields=["form"])

    page = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))

    assert "元に戻せません" in page.text()
    assert "industry" in page.text()
    assert "元に戻す" not in page.buttons()
    assert set(rules(mapping)) == {"code", "name", "tel"}


def test_what_was_switched_off_is_on_again_and_sends_what_changed_meanwhile(
    as_administrator: Client, mapping: Mapping, put_back: PutBack
) -> None:
    make_company()
    run_now(mapping)
    enabling.disable(mapping, now=clock.now())
    make_company()
    asked = Page(as_administrator.get(f"/history/{newest(Kind.MAPPING_DISABLE).pk}/put-back/"))
    assert "無効の間に変更されたデータも、次回の実行から連携します。" in asked.text()

    put_back(newest(Kind.MAPPING_DISABLE))

    mapping.refresh_from_db()
    assert mapping.enabled
    assert outcomes(run_now(mapping)) == {"created": 1}


def test_what_was_switched_on_is_off_again(
    kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    enabling.disable(mapping, now=clock.now())
    enabling.enable(mapping, now=clock.now())

    put_back(newest(Kind.MAPPING_ENABLE))

    mapping.refresh_from_db()
    assert not mapping.enabled


def test_a_deleted_mapping_comes_back_with_its_rules_and_finds_its_records_again(
    as_administrator: Client, kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    former = rules(mapping)
    company = make_company()
    run_now(mapping)
    budget.set_daily_requests(mapping.connection.host, mapping.app, 1234)
    removing.delete_mapping(mapping, now=clock.now())
    entry = newest(Kind.MAPPING_DELETE)
    asked = Page(as_administrator.get(f"/history/{entry.pk}/put-back/")).text()
    assert "データ処理の履歴と、連携済みかどうかの記録は戻りません。" in asked

    put_back(entry)

    restored = Mapping.objects.get()
    assert rules(restored) == former
    assert (restored.app, restored.update_key, restored.enabled) == (mapping.app, "code", True)
    assert restored.app_name == "顧客リスト"
    assert budget.daily_requests(restored.connection.host, restored.app) == 1234
    assert Ledger.objects.exists()
    run_now(restored, full=True)
    assert [one["code"] for one in kintone.records(mapping.app)] == [company.external_id]


def test_a_mapping_whose_app_is_gone_stays_away_with_a_sentence(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    removing.delete_mapping(mapping, now=clock.now())
    kintone.delete_app(mapping.app)

    page = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))

    assert f"アプリID「{mapping.app}」のアプリがありません" in page.text()
    assert "元に戻す" not in page.buttons()
    assert Mapping.objects.count() == 0


def test_an_app_that_goes_between_question_and_answer_changes_nothing(
    as_administrator: Client, kintone: Any, mapping: Mapping
) -> None:
    removing.delete_mapping(mapping, now=clock.now())
    address = f"/history/{newest().pk}/put-back/"
    asked = Page(as_administrator.get(address))
    kintone.delete_app(mapping.app)

    answer = as_administrator.post(address, asked.values())

    assert answer.status_code == 409
    assert "元に戻せませんでした" in Page(answer).text()
    assert (Mapping.objects.count(), kinds()) == (0, ["mapping.delete"])


def test_a_mapping_made_anew_meanwhile_is_not_doubled(
    as_administrator: Client, mapping: Mapping
) -> None:
    removing.delete_mapping(mapping, now=clock.now())
    make_mapping(mapping.connection, app=mapping.app)

    page = Page(as_administrator.get(f"/history/{newest(Kind.MAPPING_DELETE).pk}/put-back/"))

    assert "同じ対象データのマッピングが、すでにあります。" in page.text()


def test_a_rule_of_a_mapping_that_was_deleted_and_put_back_can_still_be_put_back(
    mapping: Mapping, put_back: PutBack
) -> None:
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")
    first = newest()
    removing.delete_mapping(mapping, now=clock.now())
    refused = put_back(first)
    assert "先に、マッピングの削除を元に戻してください。" in refused.text()

    put_back(newest(Kind.MAPPING_DELETE))
    put_back(first)

    assert set(rules(Mapping.objects.get())) == {"code", "name", "tel", "industry"}


def test_step_1_comes_back_but_for_secrets(
    as_administrator: Client, mapping: Mapping, put_back: PutBack
) -> None:
    switch_off(mapping)
    sato, suzuki = make_member(name="佐藤"), make_member(name="鈴木")
    Schedule.objects.update(sync_user=sato, sync_user_email=sato.email, notify=["a@example.com"])
    address = f"/settings/{mapping.connection_id}/"
    changed = {
        "name": "別の名前",
        "interval": "24h",
        "sync_user": str(suzuki.pk),
        "notify": "",
        "password": "another",
        "apps-0-daily_requests": "77",
        "action": "save",
    }
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))
    assert Connection.objects.get().name == "別の名前"

    page = put_back(newest(Kind.CONNECTION_CHANGE))

    schedule = Schedule.objects.get()
    assert schedule.connection.name == mapping.connection.name
    assert (schedule.interval, schedule.sync_user, schedule.notify) == (
        *("5m", sato, ["a@example.com"]),
    )
    assert budget.daily_requests(mapping.connection.host, mapping.app) == 5000
    assert schedule.connection.password == "another"
    assert "パスワードは元に戻しません。" in page.text()


def test_a_password_goes_to_no_other_kintone_by_putting_back(
    as_administrator: Client, mapping: Mapping
) -> None:
    switch_off(mapping)
    address = f"/settings/{mapping.connection_id}/"
    changed = {"subdomain": "other", "password": "another", "action": "save"}
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))

    page = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))

    assert "サブドメイン、パスワードは元に戻しません。" in page.text()
    assert "元に戻す" not in page.buttons()


def test_a_mapping_that_was_moved_to_another_app_goes_back_with_its_rules(
    as_administrator: Client, kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    switch_off(mapping)
    other = kintone.add_app("別のアプリ", form_answer(FIELDS)["properties"])
    address = f"/settings/{mapping.connection_id}/"
    changed = {"apps-0-app": str(other), "action": "load"}
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))
    assert Mapping.objects.get().app == other
    former = rules(mapping)

    put_back(newest(Kind.CONNECTION_CHANGE))

    moved = Mapping.objects.get()
    assert (moved.pk, moved.app, moved.app_name) == (mapping.pk, mapping.app, "顧客リスト")
    assert rules(moved) == former


def test_a_mapping_that_step_1_added_goes_again(
    as_administrator: Client, kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    other = kintone.add_app("部署", form_answer(FIELDS)["properties"])
    address = f"/settings/{mapping.connection_id}/"
    changed = {"apps-1-app": str(other), "action": "save"}
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))
    entry = newest(Kind.CONNECTION_CHANGE)
    assert Mapping.objects.count() == 2
    asked = Page(as_administrator.get(f"/history/{entry.pk}/put-back/")).text()
    assert f"会社 → アプリID {other} あり 削除" in asked

    put_back(entry)

    assert Mapping.objects.get().pk == mapping.pk


def test_a_run_under_way_keeps_its_mapping(
    as_administrator: Client, kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    other = kintone.add_app("部署", form_answer(FIELDS)["properties"])
    address = f"/settings/{mapping.connection_id}/"
    changed = {"apps-1-app": str(other), "action": "save"}
    as_administrator.post(address, filled(Page(as_administrator.get(address)), changed))
    added = Mapping.objects.get(app=other)
    runs.start(added, trigger=Trigger.MANUAL, now=clock.now())

    page = put_back(newest(Kind.CONNECTION_CHANGE))

    assert "データ処理が終わっていません。" in page.text()
    assert Mapping.objects.count() == 2


def test_a_deleted_connection_comes_back_without_its_secrets_and_switched_off(
    mapping: Mapping, put_back: PutBack
) -> None:
    former, connection = rules(mapping), mapping.connection
    make_member(email="sato@example.com")
    user_ties.save(connection, {"sato@example.com": "sato"})
    removing.delete_connection(connection)

    page = put_back(newest(Kind.CONNECTION_DELETE))

    restored = Mapping.objects.get()
    assert "元に戻しました。" in page.text()
    assert (restored.connection.name, restored.connection.host) == (
        connection.name,
        connection.host,
    )
    assert (restored.connection.password, restored.connection.login) == ("", "")
    assert (restored.enabled, rules(restored)) == (False, former)
    assert UserTie.objects.get().code == "sato"


def test_a_deleted_connection_does_not_take_the_name_of_another(
    as_administrator: Client, mapping: Mapping
) -> None:
    name = mapping.connection.name
    removing.delete_connection(Connection.objects.get())
    Connection.objects.create(name=name, subdomain="x")

    page = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))

    assert f"同じ名前の接続「{name}」があるため、元に戻せません。" in page.text()


def test_a_connection_that_was_added_goes_again(
    submit: Callable[..., Page], put_back: PutBack
) -> None:
    submit("save")
    assert kinds() == ["connection.add"]

    put_back()

    assert Connection.objects.count() == 0


def test_user_ties_come_back(mapping: Mapping, put_back: PutBack) -> None:
    for email in ("a@example.com", "b@example.com"):
        make_member(email=email)
    user_ties.save(mapping.connection, {"a@example.com": "a", "b@example.com": ""})
    user_ties.save(mapping.connection, {"a@example.com": None, "b@example.com": "b"})
    entry = newest(Kind.MAPPING_USERS)

    put_back(entry)

    assert dict(UserTie.objects.values_list("email", "code")) == {
        "a@example.com": "a",
        "b@example.com": "",
    }


def test_a_pause_for_cleansing_is_one_entry_and_ends_by_putting_it_back(
    mapping: Mapping, put_back: PutBack
) -> None:
    cleansing.begin(mapping.connection, now=clock.now())
    assert kinds() == ["connection.cleansing"]

    put_back()

    mapping.refresh_from_db()
    assert (mapping.enabled, mapping.off_for) == (True, "")


def test_a_settings_file_comes_back_as_a_whole(
    mapping: Mapping, put_back: PutBack, tmp_path: Any
) -> None:
    former = rules(mapping)
    file = tmp_path / "settings.yaml"
    file.write_text(
        f"version: 1\nconnections:\n  - name: {mapping.connection.name}\n    schedule: 3h\n"
        f"    mappings:\n      - {{record_type: company, app: {mapping.app}, enabled: false,"
        " daily_requests: 10, rules: {tel: corporate_number}}\n"
    )
    call_command("settings_apply", str(file))

    put_back(newest(Kind.CONNECTION_FILE))

    mapping.refresh_from_db()
    assert (Schedule.objects.get().interval, mapping.enabled) == ("5m", True)
    assert rules(mapping) == former


def test_runs_are_no_settings_and_offer_nothing(as_administrator: Client, mapping: Mapping) -> None:
    as_administrator.post(f"/settings/mappings/{mapping.pk}/run/")

    page = Page(as_administrator.get(f"/history/{newest().pk}/"))
    assert "元に戻す" not in page.links()
    asked = Page(as_administrator.get(f"/history/{newest().pk}/put-back/"))
    assert "この操作は、元に戻せません。" in asked.text()
    assert Run.objects.count() == 1


def test_settings_that_moved_after_the_question_are_asked_about_again(
    as_administrator: Client, mapping: Mapping
) -> None:
    save_rules(mapping, specs_of(mapping)[:3], update_key="code")
    address = f"/history/{newest().pk}/put-back/"
    asked = Page(as_administrator.get(address)).values()
    other = RuleSpec(field="industry", source="note")
    save_rules(mapping, [*specs_of(mapping), other], update_key="code")

    answer = as_administrator.post(address, asked)

    assert answer.status_code == 409
    assert "表示した後に設定が変わりました。" in Page(answer).text()
    assert rules(mapping)["industry"] == other
    assert not first_loads.is_open(mapping)
    assert Entry.objects.count() == 2


def test_the_former_settings_are_nothing_to_put_back(
    as_administrator: Client, mapping: Mapping
) -> None:
    former = specs_of(mapping)
    save_rules(mapping, former[:3], update_key="code")
    first = newest()
    save_rules(mapping, former, update_key="code")

    page = Page(as_administrator.get(f"/history/{first.pk}/put-back/"))
    assert "すでに元の設定です。" in page.text()


def test_a_mapping_made_with_its_app_goes_again(
    kintone: Any, mapping: Mapping, put_back: PutBack
) -> None:
    with connection_log.adding(mapping.connection, record_type=RecordType.COMPANY, app=99):
        made = Mapping.objects.create(connection=mapping.connection, record_type="company", app=99)
        save_rules(made, [RuleSpec(field="code", source="external_id")], update_key="code")
    assert kinds() == ["mapping.add"]

    put_back()

    assert Mapping.objects.get() == mapping

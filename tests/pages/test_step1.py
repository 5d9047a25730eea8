"""Step 1 in the browser: a connection, its schedule, its apps; and what people get wrong there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from integrations.models import AppBudget, Connection
from jobs.models import Schedule
from mapping.models import Mapping
from mapping.rules import save_rules
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_member
from tests.builders_mapping import make_connection, make_mapping
from tests.pages.reading import Page, filled

Submit = Callable[..., Page]

#: The app field of companies is the first of the formset.
COMPANY_APP, LEAD_APP = "apps-0-app", "apps-2-app"
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
}


@pytest.fixture
def app(kintone: Any) -> int:
    return int(kintone.add_app("顧客リスト", FIELDS))


def test_loading_saves_the_connection_and_reads_the_apps_form(
    submit_step1: Submit, app: int
) -> None:
    page = submit_step1("load", **{COMPANY_APP: str(app), "interval": "1h"})

    assert "読み込みに成功しました" in page.text()
    mapping = Mapping.objects.get()
    assert (mapping.record_type, mapping.app, mapping.app_name) == ("company", app, "顧客リスト")
    assert set(mapping.form["properties"]) >= {"code", "name"}
    schedule = Schedule.objects.get()
    assert schedule.connection.password == "sync-password"
    assert schedule.interval == "1h"


def test_after_loading_the_page_leads_on_to_the_mapping(submit_step1: Submit, app: int) -> None:
    page = submit_step1("load", **{COMPANY_APP: str(app)})

    mapping = Mapping.objects.get()
    assert page.links()["会社 → 顧客リスト"] == f"/settings/mappings/{mapping.pk}/"


def test_after_loading_a_new_mapping_its_proposals_are_announced_and_later_no_more(
    submit_step1: Submit, app: int, as_administrator: Client
) -> None:
    page = submit_step1("load", **{COMPANY_APP: str(app)})

    assert "連携先の候補があります：会社 → 顧客リスト（2個）。" in page.text()

    mapping = Mapping.objects.get()
    save_rules(mapping, [RuleSpec(field="code", source="external_id")], update_key="code")
    again = Page(as_administrator.get(f"/settings/{mapping.connection_id}/"))
    page = Page(
        as_administrator.post(
            f"/settings/{mapping.connection_id}/", filled(again, {"action": "load"}), follow=True
        )
    )

    assert "読み込みに成功しました" in page.text()
    assert "連携先の候補" not in page.text()


@pytest.mark.parametrize(
    "typed", ["{app}", "　{app} ", "https://demo.cybozu.com/k/{app}/", "/k/{app}/show#record=3"]
)
def test_an_app_is_read_from_digits_and_from_a_pasted_address(
    submit_step1: Submit, app: int, typed: str
) -> None:
    submit_step1("load", **{COMPANY_APP: typed.format(app=app)})

    assert Mapping.objects.get().app == app


def test_full_width_digits_are_digits(submit_step1: Submit, app: int) -> None:
    wide = str(app).translate(str.maketrans("0123456789", "０１２３４５６７８９"))

    submit_step1("load", **{COMPANY_APP: wide})

    assert Mapping.objects.get().app == app


def test_a_pasted_address_of_a_guest_space_names_the_space_too(
    submit_step1: Submit, kintone: Any
) -> None:
    app = kintone.add_app("共有リスト", FIELDS, guest_space=5)

    submit_step1("load", **{COMPANY_APP: f"https://demo.cybozu.com/k/guest/5/{app}/"})

    mapping = Mapping.objects.get()
    assert (mapping.app, mapping.guest_space, mapping.app_name) == (app, 5, "共有リスト")


def test_the_subdomain_is_read_from_a_pasted_address(submit_step1: Submit, app: int) -> None:
    submit_step1("load", subdomain="https://demo.kintone.com/k/1/", **{COMPANY_APP: str(app)})

    assert Connection.objects.get().host == "demo.kintone.com"


def test_a_wrong_subdomain_is_told_beside_the_subdomain(
    submit_step1: Submit, app: int, kintone: Any, settings: Any
) -> None:
    settings.KINTONE_URL_TEMPLATE = kintone.url_template

    page = submit_step1("load", subdomain="exmaple", **{COMPANY_APP: str(app)})

    assert page.status == 422
    assert "読み込みに失敗しました" in page.text("error-summary")
    assert page.error_of("subdomain") == (
        "サブドメイン「exmaple」のkintoneが見つかりません。"
        "kintoneを開いたときのURLで、.cybozu.comの前の部分を入力してください。"
    )
    assert page.title().startswith("エラー：")
    assert not Connection.objects.exists()


def test_a_wrong_password_is_told_beside_the_password(submit_step1: Submit, app: int) -> None:
    page = submit_step1("load", password="no-such-password", **{COMPANY_APP: str(app)})

    assert page.error_of("password") == (
        "ログイン名またはパスワードが正しくありません。"
        "kintoneの画面でログインできることを確認してから、入力し直してください。"
    )
    assert not Connection.objects.exists()


def test_a_wrong_app_id_is_told_beside_the_app(submit_step1: Submit) -> None:
    page = submit_step1("load", **{COMPANY_APP: "999"})

    assert page.error_of(COMPANY_APP) == (
        "アプリID「999」のアプリがありません。"
        "kintoneでアプリを開き、URLの/k/の後の数字を入力してください。"
        "ゲストスペースのアプリは、ゲストスペースIDも入力してください。"
    )
    assert page.values()[COMPANY_APP] == "999"


def test_text_that_is_no_app_id_is_told_beside_the_app(submit_step1: Submit) -> None:
    page = submit_step1("save", **{COMPANY_APP: "顧客リスト"})

    assert page.error_of(COMPANY_APP) == (
        "アプリIDは数字です。kintoneでアプリを開き、URLの/k/の後の数字を入力してください。"
    )


def test_an_address_that_kintone_blocks_is_told_with_our_address(
    submit_step1: Submit, app: int, kintone: Any, settings: Any
) -> None:
    settings.EGRESS_ADDRESSES = ["203.0.113.10"]
    kintone.fail(status=403, body="<html><body>Forbidden</body></html>", times=None)

    page = submit_step1("load", **{COMPANY_APP: str(app)})

    assert "kintoneの［IPアドレス制限］で、203.0.113.10からの接続を許可してください。" in page.text(
        "error-summary"
    )


def test_an_app_without_a_unique_field_says_what_to_do_in_kintone(
    submit_step1: Submit, kintone: Any
) -> None:
    app = kintone.add_app("メモ", {"name": {"type": "SINGLE_LINE_TEXT", "label": "名前"}})

    page = submit_step1("load", **{COMPANY_APP: str(app)})

    assert "更新キーにできるフィールドがありません" in page.text()
    assert "［値の重複を禁止する］を設定した文字列（1行）または数値" in page.text()


def test_kintone_that_does_not_answer_is_told_and_nothing_is_lost(
    submit_step1: Submit, app: int, kintone: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("integrations.kintone.client.time.sleep", lambda _seconds: None)
    kintone.fail(status=503, body="", times=None)

    page = submit_step1("load", **{COMPANY_APP: str(app)})

    assert "kintoneから応答がありません。" in page.text("error-summary")
    assert page.values()["name"] == "本番"


def test_loading_without_any_app_asks_for_one(submit_step1: Submit) -> None:
    page = submit_step1("load")

    assert page.error_of(COMPANY_APP) == "アプリIDを1つ以上入力してください。"


def test_saving_asks_kintone_nothing(submit_step1: Submit, kintone: Any) -> None:
    submit_step1("save", **{COMPANY_APP: "7"})

    assert Mapping.objects.get().app == 7
    assert list(kintone.requests) == []


def test_a_typed_password_survives_an_error_without_being_shown(
    as_administrator: Client, submit_step1: Submit, app: int, kintone: Any
) -> None:
    page = submit_step1("load", name="", **{COMPANY_APP: str(app)})
    assert page.error_of("name") == "接続名を入力してください。"
    assert page.values()["password"] == ""
    assert kintone.password not in str(page.values())

    mended = filled(page, {"name": "本番", "action": "load"})
    as_administrator.post("/settings/new/", mended)

    assert Connection.objects.get().password == kintone.password


def test_a_stored_password_is_never_shown_and_stays_when_nothing_is_typed(
    as_administrator: Client, kintone: Any
) -> None:
    stored = make_connection(login="sync", password="planted-marker", tokens="")
    answer = as_administrator.get(f"/settings/{stored.pk}/")
    assert "planted-marker" not in answer.content.decode()
    assert "設定済み（表示できません）" in answer.content.decode()

    changed = filled(Page(answer), {"name": "予備", "action": "save"})
    as_administrator.post(f"/settings/{stored.pk}/", changed)

    stored.refresh_from_db()
    assert (stored.name, stored.password) == ("予備", "planted-marker")


def test_a_stored_password_does_not_go_to_another_kintone(as_administrator: Client) -> None:
    stored = make_connection(password="planted-marker")
    page = Page(as_administrator.get(f"/settings/{stored.pk}/"))

    changed = filled(page, {"subdomain": "elsewhere", "action": "check"})
    page = Page(as_administrator.post(f"/settings/{stored.pk}/", changed))

    assert page.error_of("password") == "接続先が変わりました。もう一度入力してください。"


def test_an_api_token_takes_the_place_of_the_login(
    submit_step1: Submit, app: int, kintone: Any
) -> None:
    token = kintone.token(app)

    page = submit_step1(
        "load", auth="tokens", tokens=token, password="", login="", **{COMPANY_APP: str(app)}
    )

    assert "読み込みに成功しました" in page.text()
    stored = Connection.objects.get()
    assert (stored.tokens, stored.login, stored.password) == (token, "", "")


def test_a_wrong_api_token_is_told_beside_the_token(submit_step1: Submit, app: int) -> None:
    page = submit_step1(
        "load", auth="tokens", tokens="no-such-token", password="", **{COMPANY_APP: str(app)}
    )

    assert page.error_of("tokens").startswith("APIトークンが正しくないか、")


def test_leads_need_a_sync_user(submit_step1: Submit, app: int) -> None:
    page = submit_step1("save", **{LEAD_APP: str(app)})

    assert page.error_of("sync_user") == ("リードを連携するには、連携ユーザーを選択してください。")


def test_the_sync_user_is_a_member(submit_step1: Submit, app: int, db: None) -> None:
    member = make_member(name="佐藤花子", email="sato@example.com")

    submit_step1("save", sync_user=str(member.pk), **{LEAD_APP: str(app)})

    schedule = Schedule.objects.get()
    assert (schedule.sync_user, schedule.sync_user_email) == (member, "sato@example.com")


def test_notification_addresses_are_checked_and_kept(submit_step1: Submit) -> None:
    page = submit_step1("save", notify="ops@example.com, nobody")
    assert page.error_of("notify") == "「nobody」はメールアドレスの形式ではありません。"

    submit_step1("save", notify="ops@example.com、it@example.com")
    assert Schedule.objects.get().notify == ["ops@example.com", "it@example.com"]


def test_the_daily_limit_is_the_apps(submit_step1: Submit) -> None:
    submit_step1("save", **{COMPANY_APP: "7", "apps-0-daily_requests": "1200"})

    budget = AppBudget.objects.get()
    assert (budget.host, budget.app, budget.daily_requests) == ("demo.cybozu.com", 7, 1200)


def test_a_type_can_go_to_more_than_one_app(as_administrator: Client) -> None:
    mapping = make_mapping(app=7)
    address = f"/settings/{mapping.connection.pk}/"
    page = Page(as_administrator.get(address))
    assert "会社を別のアプリにも連携" in page.text()

    as_administrator.post(address, filled(page, {"apps-1-app": "8", "action": "save"}))

    assert set(Mapping.objects.values_list("record_type", "app")) == {
        ("company", 7),
        ("company", 8),
    }


def test_the_same_app_twice_for_one_type_is_refused(as_administrator: Client) -> None:
    mapping = make_mapping(app=7)
    address = f"/settings/{mapping.connection.pk}/"
    page = Page(as_administrator.get(address))

    sent = filled(page, {"apps-1-app": "7", "action": "save"})
    page = Page(as_administrator.post(address, sent))

    assert page.error_of("apps-1-app") == "このアプリは、同じ対象データですでに指定されています。"


def test_another_app_makes_the_form_to_be_read_again(as_administrator: Client) -> None:
    mapping = make_mapping(app=7)
    address = f"/settings/{mapping.connection.pk}/"
    page = Page(as_administrator.get(address))

    as_administrator.post(address, filled(page, {COMPANY_APP: "8", "action": "save"}))

    mapping.refresh_from_db()
    assert (mapping.app, mapping.form, mapping.version) == (8, {}, 2)


def test_the_check_shows_the_chain_up_to_the_broken_link_and_saves_nothing(
    submit_step1: Submit, app: int
) -> None:
    page = submit_step1("check", password="no-such-password", **{COMPANY_APP: str(app)})

    assert "サブドメイン ：問題なし 通信 ：問題なし ログイン ：要対応" in page.text("check")
    assert "アクセス権 ：未確認 アプリ ：未確認" in page.text("check")
    assert "kintoneにログインできません" in page.text("check")
    assert not Connection.objects.exists()


def test_the_check_of_a_sound_connection_is_all_well(submit_step1: Submit, app: int) -> None:
    page = submit_step1("check", **{COMPANY_APP: str(app)})

    assert page.text("check").count("問題なし") == 5


def test_our_own_addresses_stand_beside_the_connection(
    as_administrator: Client, settings: Any
) -> None:
    settings.EGRESS_ADDRESSES = ["203.0.113.10", "203.0.113.11"]

    page = Page(as_administrator.get("/settings/new/"))

    assert "203.0.113.10 203.0.113.11" in page.text().replace("　", " ")


def test_a_connection_can_be_checked_before_a_sync_user_is_chosen(
    submit_step1: Callable[..., Page], kintone: Any
) -> None:
    app = kintone.add_app("見込み客", {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}})

    page = submit_step1("check", **{"apps-2-app": str(app)})

    assert page.text("check").count("問題なし") == 5
    assert "連携ユーザーを選択してください。" not in page.text()


def test_an_error_that_begins_with_its_label_is_not_labelled_again(
    submit_step1: Callable[..., Page],
) -> None:
    page = submit_step1("load", name="")

    assert "接続名を入力してください。" in page.text("error-summary")
    assert "接続名：" not in page.text("error-summary")

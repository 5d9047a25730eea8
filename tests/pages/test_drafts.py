"""Drafts: what is saved of a connection at work waits for 「登録」; runs go on as registered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.kinds import Kind
from audit.models import Entry
from common import clock
from crm.models import Account
from integrations.models import Connection
from jobs import enabling, liveness, previewing, removing, schedules
from jobs.models import Preview, Run, Schedule, SecretName
from mapping.models import Mapping, SettingsDraft
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from mapping.settings_drafts import as_drafted, draft_of
from tests.builders_crm import change, make_companies, make_company, make_lead, make_member
from tests.conftest import PASSWORD, signed_in
from tests.flows.conftest import enabled_mapping, outcomes, run_now
from tests.mapping.step_two import chosen, row_of
from tests.pages.reading import Page, filled

Save = Callable[..., Page]


def step1(mapping: Mapping) -> str:
    return reverse("jobs:connection", args=[mapping.connection_id])


def step2(mapping: Mapping) -> str:
    return reverse("mapping:edit", args=[mapping.pk])


def step3(mapping: Mapping) -> str:
    return reverse("jobs:trial", args=[mapping.pk])


def confirmation(mapping: Mapping) -> str:
    return reverse("drafts:register", args=[mapping.connection_id])


@pytest.fixture
def save_step1(as_administrator: Client, company_mapping: Mapping) -> Save:
    """Opens step 1, changes these fields and saves."""

    def save(action: str = "save", **changes: str) -> Page:
        page = Page(as_administrator.get(step1(company_mapping)))
        sent = filled(page, {"action": action, **changes})
        return Page(as_administrator.post(step1(company_mapping), sent, follow=True))

    return save


@pytest.fixture
def save_step2(as_administrator: Client, company_mapping: Mapping) -> Save:
    """Opens step 2, takes the telephone number's rule away and saves."""

    def save(**changes: Any) -> Page:
        drafted = as_drafted(company_mapping, draft_of(company_mapping.connection))
        sent = chosen(drafted)
        sent |= {"to:main_tel": "", "item": [*sent["item"], "main_tel"], **changes}
        return Page(as_administrator.post(step2(company_mapping), sent, follow=True))

    return save


def register(client: Client, mapping: Mapping, **choices: str) -> Page:
    """Opens 変更の確認 and presses 登録."""
    page = Page(client.get(confirmation(mapping)))
    sent = filled(page, choices)
    return Page(client.post(confirmation(mapping), sent, follow=True))


def test_rules_of_a_mapping_at_work_are_kept_and_runs_go_on_by_the_registered_ones(
    save_step2: Save, company_mapping: Mapping, kintone: Any
) -> None:
    page = save_step2()

    assert "下書きに保存しました。［登録］を押すまで反映されません。" in page.text()
    assert "下書きがあります" in page.text()
    assert "kanriが" in page.text()
    company_mapping.refresh_from_db()
    assert (company_mapping.version, len(specs_of(company_mapping))) == (1, 4)
    make_company(main_tel="03-1234-5678")
    assert outcomes(run_now(company_mapping)) == {"created": 1}
    assert kintone.records(company_mapping.app)[0]["tel"] == "03-1234-5678"


def test_a_draft_is_there_for_another_administrator_and_on_every_page_of_the_path(
    save_step2: Save, company_mapping: Mapping
) -> None:
    save_step2()
    other = Account.objects.create_user("sub", password=PASSWORD, role=Account.Role.ADMINISTRATOR)
    client = signed_in(other)

    for address in (
        reverse("jobs:settings"),
        step1(company_mapping),
        step2(company_mapping),
        step3(company_mapping),
        confirmation(company_mapping),
        reverse("jobs:preview", args=[company_mapping.pk]),
    ):
        assert "下書きがあります kanriが" in Page(client.get(address)).text(), address
    go_on = Page(client.get(reverse("jobs:settings"))).links()
    assert next(url for text, url in go_on.items() if text.startswith("続きから")) == step2(
        company_mapping
    )
    shown = client.get(step2(company_mapping)).content.decode()
    assert " selected" not in row_of(shown, "main_tel").split("</select>")[0]


def test_registering_makes_the_draft_what_runs_go_by_as_one_act(
    as_administrator: Client,
    save_step1: Save,
    save_step2: Save,
    company_mapping: Mapping,
    kintone: Any,
) -> None:
    save_step1(interval="1h", notify="ops@example.com")
    save_step2()

    page = register(as_administrator, company_mapping)

    assert "下書きを登録しました。" in page.text()
    assert not SettingsDraft.objects.exists()
    company_mapping.refresh_from_db()
    assert {spec.source for spec in specs_of(company_mapping)} == {
        "external_id",
        "name",
        "business_category_kbn",
    }
    assert Schedule.objects.get().interval == "1h"
    (entry,) = Entry.objects.filter(account_id__isnull=False)
    assert entry.kind == Kind.DRAFT_REGISTER
    told = Page(as_administrator.get(reverse("history:entry", args=[entry.pk]))).text()
    assert "実行スケジュール 5分 1時間" in told
    assert "「電話番号（tel）」の項目" in told
    make_company(main_tel="03-1234-5678")
    run_now(company_mapping)
    assert not kintone.records(company_mapping.app)[0]["tel"]


def test_what_was_registered_can_be_put_back(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping
) -> None:
    save_step2()
    register(as_administrator, company_mapping)
    address = reverse("history:put-back", args=[Entry.objects.latest("pk").pk])

    page = Page(as_administrator.get(address))
    as_administrator.post(address, page.values())

    assert len(specs_of(company_mapping)) == 4


def test_the_confirmation_says_what_changes_with_its_consequences_and_which_app_it_is(
    as_administrator: Client,
    save_step1: Save,
    save_step2: Save,
    company_mapping: Mapping,
    kintone: Any,
) -> None:
    make_companies(3)
    run_now(company_mapping)
    change(make_company(), name="新しい会社")
    save_step1(interval="1h")
    save_step2()

    page = Page(as_administrator.get(confirmation(company_mapping)))

    text = page.text()
    assert "変更する設定（2件）" in text
    assert "実行スケジュール 5分 1時間 登録したときから、新しい間隔で実行します。" in text
    assert "「電話番号（tel）」の項目 代表電話番号 （なし） この項目は送らなくなります。" in text
    assert f"顧客リスト （新しいタブ） （アプリID {company_mapping.app}、demo.cybozu.com）" in text
    assert "次の実行で1件が対象になります。" in text
    assert "1時間ごと（登録したときから数えます）" in text


def test_the_count_of_the_apps_records_is_asked_for_by_the_page_or_by_a_link(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping
) -> None:
    make_companies(3)
    run_now(company_mapping)
    save_step2()
    address = reverse("jobs:app-count", args=[company_mapping.pk])

    fragment = as_administrator.get(address, headers={"HX-Request": "true"})
    linked = Page(
        as_administrator.get(f"{confirmation(company_mapping)}?count={company_mapping.pk}")
    )

    assert "3件のレコード" in fragment.content.decode()
    assert "3件のレコード" in linked.text()


def test_a_count_that_kintone_refuses_says_why(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    kintone.change_password("another")
    address = reverse("jobs:app-count", args=[company_mapping.pk])

    answer = as_administrator.get(address, headers={"HX-Request": "true"})

    assert (
        "レコードの件数を確認できません。kintoneにログインできません。" in answer.content.decode()
    )


def test_discarding_leaves_everything_as_it_is_registered(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    address = reverse("drafts:discard", args=[company_mapping.connection_id])

    page = Page(as_administrator.get(address))
    assert "実行スケジュール 5分 1時間" in page.text()
    page = Page(as_administrator.post(address, page.values(), follow=True))

    assert "下書きを破棄しました。" in page.text()
    assert not SettingsDraft.objects.exists()
    assert Schedule.objects.get().interval == "5m"
    assert Entry.objects.latest("pk").kind == Kind.DRAFT_DISCARD


def test_a_draft_that_was_saved_meanwhile_is_not_discarded_unseen(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    address = reverse("drafts:discard", args=[company_mapping.connection_id])
    page = Page(as_administrator.get(address))
    save_step1(interval="3h")

    page = Page(as_administrator.post(address, page.values(), follow=True))

    assert "表示した後に下書きが変わりました。" in page.text()
    assert SettingsDraft.objects.exists()


def test_saving_what_is_registered_again_ends_the_draft(save_step1: Save) -> None:
    save_step1(interval="1h")

    page = save_step1(interval="5m")

    assert "登録済みの設定から変更はありません。" in page.text()
    assert not SettingsDraft.objects.exists()


def test_a_mapping_that_is_off_is_saved_at_once(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping
) -> None:
    enabling.disable(company_mapping, now=clock.now())

    page = save_step2()

    assert "マッピングを保存しました。" in page.text()
    assert len(specs_of(company_mapping)) == 3
    assert not SettingsDraft.objects.exists()


def test_before_the_first_registration_the_same_facts_are_shown(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    enabling.disable(company_mapping, now=clock.now())

    text = Page(as_administrator.get(step3(company_mapping))).text("trial-panel")

    assert "登録する設定" in text
    assert f"（アプリID {company_mapping.app}、demo.cybozu.com）" in text
    assert "更新キー 会社ID" in text
    assert "5分ごと" in text


class TestConflicts:
    @pytest.fixture(autouse=True)
    def faster(self, save_step2: Save, save_step1: Save, company_mapping: Mapping) -> None:
        """The draft takes a rule away that somebody else changes meanwhile."""
        save_step2()
        save_step1(interval="1h")
        specs = [
            RuleSpec(field="tel", fixed="0120") if one.field == "tel" else one
            for one in specs_of(company_mapping)
        ]
        save_rules(company_mapping, specs, update_key="code")

    def test_it_is_shown_and_nothing_is_registered_without_a_choice(
        self, as_administrator: Client, company_mapping: Mapping
    ) -> None:
        page = Page(as_administrator.get(confirmation(company_mapping)))
        assert "下書きの後に、登録済みの設定が変わりました" in page.text()
        assert "固定値「0120」" in page.text()
        assert "下書きを始めたときは「代表電話番号」でした。" in page.text()

        page = Page(as_administrator.post(confirmation(company_mapping), page.values()))

        assert page.status == 422
        assert "残す設定を選択してください。" in page.text("error-summary")
        assert SettingsDraft.objects.exists()
        assert len(specs_of(company_mapping)) == 4

    @pytest.mark.parametrize(("choice", "left"), [("draft", 3), ("live", 4)])
    def test_a_person_chooses_which_one_stays(
        self, as_administrator: Client, company_mapping: Mapping, choice: str, left: int
    ) -> None:
        page = Page(as_administrator.get(confirmation(company_mapping)))
        (name,) = set(_radios(as_administrator, company_mapping))

        sent = filled(page, {name: choice})
        as_administrator.post(confirmation(company_mapping), sent)

        assert len(specs_of(company_mapping)) == left
        assert Schedule.objects.get().interval == "1h"
        assert not SettingsDraft.objects.exists()

    def test_what_moves_after_the_page_was_shown_is_shown_first(
        self, as_administrator: Client, company_mapping: Mapping
    ) -> None:
        page = Page(as_administrator.get(confirmation(company_mapping)))
        (name,) = set(_radios(as_administrator, company_mapping))
        schedules.set_interval(Schedule.objects.get(), interval="6h", now=clock.now())

        sent = filled(page, {name: "draft"})
        page = Page(as_administrator.post(confirmation(company_mapping), sent))

        assert page.status in (409, 422)
        assert Schedule.objects.get().interval == "6h"
        assert SettingsDraft.objects.exists()


def test_a_draft_that_was_saved_after_the_page_was_shown_is_shown_first(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    page = Page(as_administrator.get(confirmation(company_mapping)))
    save_step1(interval="3h")

    page = Page(as_administrator.post(confirmation(company_mapping), page.values()))

    assert page.status == 409
    assert "表示した後に設定が変わりました。" in page.text()
    assert "実行スケジュール 5分 3時間" in page.text()
    assert Schedule.objects.get().interval == "5m"


def _radios(client: Client, mapping: Mapping) -> list[str]:
    html = client.get(confirmation(mapping)).content.decode()
    return [part.split('"')[0] for part in html.split('name="')[1:] if part.startswith("conflict-")]


def test_a_page_that_somebody_overtook_saves_nothing_and_keeps_what_was_typed(
    as_administrator: Client, company_mapping: Mapping, save_step1: Save
) -> None:
    stale = Page(as_administrator.get(step1(company_mapping)))
    save_step1(interval="1h")

    sent = filled(stale, {"action": "save", "notify": "ops@example.com"})
    page = Page(as_administrator.post(step1(company_mapping), sent))

    assert page.status == 409
    assert "表示した後に、ほかの操作で設定が変わりました" in page.text()
    assert "実行スケジュール：現在は「1時間」" in page.text()
    assert "通知先メールアドレス：現在は空です" in page.text()
    assert page.values()["notify"] == "ops@example.com"
    sent = filled(page, {"action": "save"})
    assert Page(as_administrator.post(step1(company_mapping), sent)).status == 302


def test_a_page_of_rules_that_somebody_overtook_saves_nothing(
    as_administrator: Client, company_mapping: Mapping, save_step2: Save
) -> None:
    stale = Page(as_administrator.get(step2(company_mapping)))
    save_step2()

    sent = {**chosen(company_mapping), "seen": stale.values()["seen"]}
    page = Page(as_administrator.post(step2(company_mapping), sent))

    assert page.status == 409
    assert "まだ保存していません。" in page.text()
    assert "入力した内容と違う設定： 「電話番号」" in page.text()


def test_looking_at_proposals_in_between_does_not_hide_that_a_page_was_overtaken(
    as_administrator: Client, company_mapping: Mapping, save_step2: Save
) -> None:
    stale = Page(as_administrator.get(step2(company_mapping)))
    save_step2()

    sent = {**chosen(company_mapping), "seen": stale.values()["seen"]}
    asked = {**sent, "action": "suggest"}
    between = Page(as_administrator.post(step2(company_mapping), asked))
    sent["seen"] = between.values()["seen"]
    page = Page(as_administrator.post(step2(company_mapping), sent))

    assert (between.status, page.status) == (200, 409)


def test_a_password_is_kept_sealed_shown_nowhere_and_tried_as_typed(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping, kintone: Any
) -> None:
    kintone.change_password("planted-marker")

    page = save_step1("load", password="planted-marker")

    assert "読み込みに成功しました" in page.text()
    draft = SettingsDraft.objects.get()
    stored = SettingsDraft.objects.filter(pk=draft.pk).values_list("changes", "forms")[0]
    assert "planted-marker" not in str(stored)
    html = as_administrator.get(confirmation(company_mapping)).content.decode()
    assert "planted-marker" not in html
    assert "パスワード" in html
    assert "変更あり" in html
    register(as_administrator, company_mapping)
    company_mapping.connection.refresh_from_db()
    assert company_mapping.connection.password == "planted-marker"
    assert Entry.objects.latest("pk").secrets == ["password"]
    make_company()
    assert outcomes(run_now(company_mapping)) == {"created": 1}


def test_tokens_take_the_place_of_the_login_when_that_is_registered(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping, kintone: Any
) -> None:
    token = kintone.token(company_mapping.app)
    login = company_mapping.connection.login

    page = save_step1("load", auth="tokens", tokens=token)
    assert "読み込みに成功しました" in page.text()
    company_mapping.connection.refresh_from_db()
    assert (company_mapping.connection.login, company_mapping.connection.tokens) == (login, "")
    register(as_administrator, company_mapping)

    stored = Connection.objects.get()
    assert (stored.login, stored.password, stored.tokens) == ("", "", token)
    assert not SecretName.objects.exists()
    make_company()
    assert outcomes(run_now(Mapping.objects.get())) == {"created": 1}


def test_a_new_kintone_is_read_before_it_is_registered(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping, kintone: Any
) -> None:
    page = save_step1("load", domain="kintone.com", password=kintone.password)
    assert "読み込みに成功しました" in page.text()
    text = Page(as_administrator.get(confirmation(company_mapping))).text()
    assert "ドメイン cybozu.com kintone.com 別のkintoneに連携します。" in text

    register(as_administrator, company_mapping)

    company_mapping.refresh_from_db()
    assert company_mapping.connection.host == "demo.kintone.com"
    assert company_mapping.form
    assert len(specs_of(company_mapping)) == 4


def test_the_column_of_secrets_is_encrypted(
    save_step1: Save,
) -> None:
    save_step1(password="planted-marker")

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM mapping_settingsdraft")
        assert "planted-marker" not in str(cursor.fetchall())


def test_the_test_goes_by_the_draft_and_the_next_run_by_what_is_registered(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping, kintone: Any
) -> None:
    company = make_company(main_tel="03-1234-5678")
    save_step2(**{"other": "tel", "other_kind:tel": "fixed", "other_text:tel": "0120"})

    shown = Page(as_administrator.get(f"{step3(company_mapping)}?record={company.pk}"))
    assert "電話番号 0120 0120" in shown.text("trial-panel"), shown.text("trial-panel")
    address = reverse("jobs:trial-push", args=[company_mapping.pk])
    page = Page(as_administrator.post(address, {"record": company.pk}))

    assert "下書きの設定でテストしました。" in page.text("trial-result")
    assert kintone.records(company_mapping.app)[0]["tel"] == "0120"
    run_now(company_mapping)
    (record,) = kintone.records(company_mapping.app)
    assert record["tel"] == "03-1234-5678"


def test_a_test_of_another_update_key_finds_the_record_that_is_there(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    unique = {"type": "SINGLE_LINE_TEXT", "unique": True}
    mapping = enabled_mapping(
        kintone,
        fields={"code": unique, "number": unique},
        rules={"code": "external_id"},
    )
    company = make_company(corporate_number="1234567890123")
    run_now(mapping)
    chosen_now = {**chosen(mapping), "item": ["external_id", "corporate_number"]}
    sent = {**chosen_now, "to:corporate_number": "number", "key": "corporate_number"}
    as_administrator.post(step2(mapping), sent)

    address = reverse("jobs:trial-push", args=[mapping.pk])
    page = Page(as_administrator.post(address, {"record": company.pk}))

    assert "を更新しました。" in page.text("trial-result")
    assert len(kintone.records(mapping.app)) == 1
    assert outcomes(run_now(mapping)) == {"updated": 1}
    register(as_administrator, mapping)
    run_now(mapping)
    assert len(kintone.records(mapping.app)) == 1


def test_a_failed_test_of_a_draft_alarms_nobody_and_fails_no_record(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    company = make_company()
    save_step1(password="wrong")

    address = reverse("jobs:trial-push", args=[company_mapping.pk])
    page = Page(as_administrator.post(address, {"record": company.pk}))

    assert "kintoneにログインできません" in page.text("trial-panel")
    assert outcomes(run_now(company_mapping)) == {"created": 1}


def test_a_record_that_only_the_draft_cannot_send_goes_with_the_next_run(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    rules = {"code": "external_id", "name": "name"}
    mapping = enabled_mapping(kintone, rules=rules)
    company = make_company(business_category_kbn="情報・通信業")
    sent = {**chosen(mapping), "item": ["external_id", "name", "business_category_kbn"]}
    as_administrator.post(step2(mapping), {**sent, "to:business_category_kbn": "industry"})

    address = reverse("jobs:trial-push", args=[mapping.pk])
    page = Page(as_administrator.post(address, {"record": company.pk}))

    assert "値が選択肢にありません" in page.text("trial-panel")
    assert outcomes(run_now(mapping)) == {"created": 1}


def test_another_app_is_read_and_mapped_for_the_draft_while_runs_go_to_the_former(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping, kintone: Any
) -> None:
    unique = {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True}
    other = kintone.add_app(
        "新しいリスト", {"code": unique, "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"}}
    )
    former = company_mapping.app

    page = save_step1("load", **{"apps-0-app": str(other)})
    assert "読み込みに成功しました" in page.text()
    assert "新しいリスト" in page.text()
    company_mapping.refresh_from_db()
    assert (company_mapping.app, company_mapping.app_name) == (former, "顧客リスト")
    page = Page(as_administrator.get(confirmation(company_mapping)))
    assert "このままでは登録できません" in page.text()
    assert register(as_administrator, company_mapping).status == 409

    rules = {"to:external_id": "code", "to:name": "name", "key": "external_id"}
    items = ["external_id", "name", "main_tel", "business_category_kbn"]
    as_administrator.post(step2(company_mapping), {"item": items, **rules})
    make_company()
    run_now(company_mapping)
    assert (len(kintone.records(former)), len(kintone.records(other))) == (1, 0)
    register(as_administrator, company_mapping)

    company_mapping.refresh_from_db()
    assert (company_mapping.app, company_mapping.app_name) == (other, "新しいリスト")
    make_company()
    run_now(company_mapping)
    assert (len(kintone.records(former)), len(kintone.records(other))) == (1, 1)


def test_a_new_app_of_a_connection_at_work_is_there_at_once(
    save_step1: Save, company_mapping: Mapping, kintone: Any
) -> None:
    other = kintone.add_app("部署一覧", {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}})

    save_step1("load", **{"apps-2-app": str(other)})

    added = Mapping.objects.get(record_type="department")
    assert (added.app, added.app_name, added.enabled) == (other, "部署一覧", False)
    assert not SettingsDraft.objects.exists()


def test_the_sync_user_is_drafted_with_what_it_changes(
    as_administrator: Client, kintone: Any, db: None
) -> None:
    hanako, taro = make_member(name="花子"), make_member(name="太郎")
    fields = {"code": {"type": "SINGLE_LINE_TEXT", "unique": True}}
    mapping = enabled_mapping(
        kintone, record_type="lead", fields=fields, rules={"code": "external_id"}
    )
    Schedule.objects.update(sync_user=hanako, sync_user_email=hanako.email)
    make_lead(owner=hanako, visibility="営業担当者のみ")
    make_lead(owner=taro, visibility="営業担当者のみ")
    make_lead(owner=taro, visibility="営業担当者のみ")
    page = Page(as_administrator.get(step1(mapping)))
    sent = filled(page, {"action": "save", "sync_user": str(taro.pk)})
    as_administrator.post(step1(mapping), sent)

    assert outcomes(run_now(mapping)) == {"created": 1, "skipped": 2}
    text = Page(as_administrator.get(confirmation(mapping))).text()
    assert "（参照できる件数：1件→2件）" in text
    assert "太郎" in text
    register(as_administrator, mapping)
    assert Schedule.objects.get().sync_user == taro


def test_the_preview_judges_by_the_draft_and_is_carried_out_by_nobody(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping
) -> None:
    make_company(business_category_kbn="情報・通信業")
    items = ["external_id", "name", "main_tel", "business_category_kbn"]
    save_step2(item=items, **{"to:business_category_kbn": ""})
    address = reverse("jobs:preview", args=[company_mapping.pk])

    as_administrator.post(address, {"reads_kintone": "on"})
    previewing.make(Preview.objects.get().pk, owner=liveness.owner_here())
    text = Page(as_administrator.get(address)).text()

    assert "下書きの設定でチェックしました。" in text
    assert "新規1件" in text
    assert "件を実行" not in text
    carried = reverse("jobs:preview-run", args=[company_mapping.pk])
    as_administrator.post(carried, {"preview": Preview.objects.get().pk})
    assert not Run.objects.exists()
    save_step2(item=items, **{"to:business_category_kbn": "industry"})
    text = Page(as_administrator.get(address)).text()
    assert "チェックの後に設定が変わりました" in text


def test_a_mapping_that_was_deleted_meanwhile_is_left_out(
    as_administrator: Client, save_step1: Save, save_step2: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    save_step2()
    removing.delete_mapping(company_mapping, now=clock.now())

    text = Page(as_administrator.get(confirmation(company_mapping))).text()
    assert "削除されたマッピングへの変更は登録しません。" in text
    assert "変更する設定（1件）" in text
    register(as_administrator, company_mapping)

    assert Schedule.objects.get().interval == "1h"
    assert not SettingsDraft.objects.exists()


def test_the_confirmation_takes_no_more_queries_for_more_changes(
    as_administrator: Client, save_step2: Save, company_mapping: Mapping
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            as_administrator.get(confirmation(company_mapping))
        return len(captured)

    save_step2()
    before = queries()
    items = ["external_id", "name", "main_tel", "business_category_kbn"]
    save_step2(item=items, **{"to:name": "", "to:business_category_kbn": "name"})

    assert len(SettingsDraft.objects.get().changes) == 3
    assert queries() == before


def test_a_connection_goes_with_its_draft(save_step1: Save, company_mapping: Mapping) -> None:
    save_step1(interval="1h")

    removing.delete_connection(company_mapping.connection)

    assert not SettingsDraft.objects.exists()


def test_a_settings_file_and_a_draft_go_side_by_side(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping, tmp_path: Path
) -> None:
    save_step1(interval="1h")
    file = tmp_path / "settings.yaml"
    name = company_mapping.connection.name
    said = "version: 1\nconnections:\n  - {name: %s, notify: [file@example.com]}\n"
    file.write_text(said % name)
    call_command("settings_apply", str(file))

    assert Schedule.objects.get().notify == ["file@example.com"]
    register(as_administrator, company_mapping)

    schedule = Schedule.objects.get()
    assert (schedule.interval, schedule.notify) == ("1h", ["file@example.com"])


def test_registering_twice_says_that_it_is_done(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    page = Page(as_administrator.get(confirmation(company_mapping)))
    register(as_administrator, company_mapping)

    page = Page(as_administrator.post(confirmation(company_mapping), page.values(), follow=True))

    assert "登録していない下書きはありません。" in page.text()


def test_the_switch_leads_to_the_confirmation_where_there_is_a_draft(
    as_administrator: Client, save_step1: Save, company_mapping: Mapping
) -> None:
    save_step1(interval="1h")
    address = reverse("jobs:enable", args=[company_mapping.pk])

    answer = as_administrator.post(address, {"enabled": "on"})
    assert answer["Location"] == confirmation(company_mapping)
    as_administrator.post(address, {})

    company_mapping.refresh_from_db()
    assert not company_mapping.enabled
    assert SettingsDraft.objects.exists()


def test_only_administrators_see_and_register_drafts(
    as_general: Client, as_stranger: Client, company_mapping: Mapping
) -> None:
    now = clock.now()
    SettingsDraft.objects.create(
        connection=company_mapping.connection, begun_at=now, saved_at=now, version=1
    )
    for address in (
        confirmation(company_mapping),
        reverse("drafts:discard", args=[company_mapping.connection_id]),
        reverse("jobs:app-count", args=[company_mapping.pk]),
    ):
        assert as_general.get(address).status_code == 403
        assert as_general.post(address).status_code == 403
        assert as_stranger.get(address).status_code == 302
    assert SettingsDraft.objects.exists()


def test_a_run_is_at_work_and_goes_on_while_a_draft_is_saved(
    save_step2: Save, company_mapping: Mapping
) -> None:
    make_companies(2)
    run = run_now(company_mapping)
    save_step2()

    assert Run.objects.get(pk=run.pk).rules_version == company_mapping.version

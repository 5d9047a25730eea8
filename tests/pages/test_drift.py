"""A drift on the pages: what changed, what it does, and the button that accepts a proposal."""

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import clock
from integrations import connections
from jobs.pages.health import Health, mapping_lines
from mapping import accepting, mappings
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.builders_crm import make_company
from tests.flows.conftest import enabled_mapping, run_now
from tests.pages.reading import Page

ACCEPT = "提案どおりに変更"


@pytest.fixture
def renamed(kintone: Any, company_mapping: Mapping) -> Mapping:
    """A mapping of which a field has another code by now."""
    kintone.rename_field(company_mapping.app, "tel", "telephone")
    return load(company_mapping)


def load(mapping: Mapping) -> Mapping:
    with connections.client_for(mapping.connection) as client:
        mappings.read_form(mapping, client, now=clock.now())
    return mapping


def edit_address(mapping: Mapping) -> str:
    return reverse("mapping:edit", args=[mapping.pk])


def click(client: Client, mapping: Mapping, *, stamp: str = "", back: str = "") -> Any:
    mapping.refresh_from_db()
    given = {"stamp": stamp or accepting.stamp_of(mapping), "back": back}
    return client.post(reverse("mapping:accept-drift", args=[mapping.pk]), given, follow=True)


def test_a_mapping_that_is_as_it_was_made_says_nothing_of_it(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    for address in ("/", edit_address(company_mapping)):
        page = Page(as_administrator.get(address))
        assert "フォームが変更されました" not in page.text()
        assert ACCEPT not in " ".join(page.buttons())


@pytest.mark.parametrize("on_dashboard", [True, False], ids=["dashboard", "mapping page"])
def test_what_changed_what_it_does_and_what_is_proposed_stand_on_the_page(
    as_administrator: Client, renamed: Mapping, on_dashboard: bool
) -> None:
    page = Page(as_administrator.get("/" if on_dashboard else edit_address(renamed)))

    text = page.text()
    assert "kintoneのフォームが変更されました" in text
    assert "「電話番号」（tel）は、「telephone」に変更されたと見られます。" in text
    assert "ほかのフィールドの連携は続いています。" in text
    assert "連携先を「telephone」に変更します。" in text
    assert "連携済みのデータをすべて送り直します。" in text
    assert any(button.startswith(ACCEPT) for button in page.buttons())


def test_a_mapping_with_a_drift_is_for_a_person_to_look_at(renamed: Mapping) -> None:
    (line,) = mapping_lines(now=clock.now())

    assert line.health == Health.ACTION


def test_one_click_on_the_dashboard_mends_the_rule_and_leads_back(
    as_administrator: Client, renamed: Mapping
) -> None:
    page = Page(click(as_administrator, renamed, back="dashboard"))

    assert "提案どおりに変更しました。" in page.text()
    assert "対応が必要な連携はありません。" in page.text()
    assert {spec.field: spec.source for spec in specs_of(renamed)}["telephone"] == "main_tel"


def test_a_form_that_moved_since_it_was_shown_is_not_accepted_unseen(
    as_administrator: Client, renamed: Mapping, kintone: Any
) -> None:
    stamp = accepting.stamp_of(renamed)
    kintone.rename_field(renamed.app, "telephone", "phone")

    page = Page(click(as_administrator, renamed, stamp=stamp))

    assert "表示した後に変わりました。" in page.text()
    assert "「phone」に変更されたと見られます。" in page.text()
    assert "tel" in {spec.field for spec in specs_of(renamed)}


def test_without_kintone_nothing_is_accepted(
    as_administrator: Client, renamed: Mapping, kintone: Any
) -> None:
    kintone.change_password("another")

    page = Page(click(as_administrator, renamed))

    assert "kintoneにログインできません" in page.text()
    assert "tel" in {spec.field for spec in specs_of(renamed)}


def test_only_a_post_with_a_token_of_the_page_accepts(administrator: Any, renamed: Mapping) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(administrator)
    address = reverse("mapping:accept-drift", args=[renamed.pk])

    assert client.get(address).status_code == 405
    refused = client.post(address, {"stamp": accepting.stamp_of(renamed)})

    assert refused.status_code == 403
    assert "tel" in {spec.field for spec in specs_of(renamed)}


def test_what_needs_no_other_rule_is_marked_as_seen(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    kintone.remove_option(company_mapping.app, "industry", "小売業")
    load(company_mapping)
    page = Page(as_administrator.get("/"))
    assert "「業種」から選択肢が削除されました（小売業）。" in page.text()
    assert "連携は続いています。" in page.text()

    page = Page(click(as_administrator, company_mapping, back="dashboard"))

    assert "確認済みにしました。" in page.text()
    assert "フォームが変更されました" not in page.text()


def test_what_no_click_can_settle_leads_to_the_mapping(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    kintone.remove_field(company_mapping.app, "tel")
    load(company_mapping)

    page = Page(as_administrator.get("/"))

    assert "連携先のフィールドがなくなりました" in page.text()
    assert not any(button.startswith((ACCEPT, "確認済み")) for button in page.buttons())
    assert page.links()["項目のマッピングを開く"] == edit_address(company_mapping)


def test_a_stopped_mapping_is_told_once_on_the_dashboard(
    as_administrator: Client, company_mapping: Mapping, kintone: Any
) -> None:
    kintone.rename_field(company_mapping.app, "code", "number")
    load(company_mapping)
    run_now(company_mapping)

    page = Page(as_administrator.get("/"))

    assert page.text().count("連携先を変更するまで、この連携を止めています。") == 1
    assert "接続先の設定を開く" not in page.links(), "it is no question of the connection"
    assert "更新キーに問題があるため、この連携を止めています。" in page.text()


def test_the_run_says_which_fields_it_left_out(as_administrator: Client, renamed: Mapping) -> None:
    make_company(main_tel="03-1234-5678")
    run = run_now(renamed)

    page = Page(as_administrator.get(reverse("jobs:run", args=[run.pk])))

    assert "1個のフィールドを連携していません" in page.text()
    assert "電話番号 ： フィールドコードが変更されました 。" in page.text()
    assert "完了（一部エラー）" in page.text()


@pytest.mark.parametrize("name", ["jobs:trial", "jobs:preview"])
def test_whoever_tests_or_checks_is_told_too(
    as_administrator: Client, renamed: Mapping, name: str
) -> None:
    page = Page(as_administrator.get(reverse(name, args=[renamed.pk])))

    assert "kintoneのフォームが変更されました" in page.text()


def test_the_dashboard_asks_no_more_for_many_mappings_with_a_drift(
    as_administrator: Client, renamed: Mapping, kintone: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            as_administrator.get("/")
        return len(asked)

    queries()
    one = queries()
    for _ in range(3):
        more = enabled_mapping(kintone, connection=renamed.connection)
        kintone.rename_field(more.app, "tel", "telephone")
        load(more)

    assert Mapping.objects.exclude(drift=[]).count() == 4
    assert queries() - one <= 3 * _of_one_line(as_administrator, kintone, renamed)


def _of_one_line(client: Client, kintone: Any, renamed: Mapping) -> int:
    """What one more mapping without a drift costs."""

    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            client.get("/")
        return len(asked)

    before = queries()
    enabled_mapping(kintone, connection=renamed.connection)
    return queries() - before


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("tel", "一部のフィールドの連携だけを止めています。"),
        ("code", "更新キーに問題があるため、この連携を止めています。"),
    ],
)
def test_a_record_that_waits_for_a_person_does_not_say_that_nothing_need_be_done(
    as_administrator: Client, company_mapping: Mapping, kintone: Any, field: str, said: str
) -> None:
    company = make_company()
    kintone.rename_field(company_mapping.app, field, "another")
    load(company_mapping)

    page = Page(as_administrator.get(f"/records/company/{company.pk}/"))

    assert said in page.text()
    assert ("操作は不要です。" in page.text()) is (field == "tel")


def test_one_of_several_proposals_has_a_button_of_its_own(
    as_administrator: Client, renamed: Mapping, kintone: Any
) -> None:
    assert "この提案だけ変更" not in Page(as_administrator.get("/")).text(), "there is only one"
    kintone.remove_option(renamed.app, "industry", "小売業")
    load(renamed)
    page = Page(as_administrator.get("/"))
    assert any(button.startswith("すべて提案どおりに変更") for button in page.buttons())
    assert any(button.startswith("この提案だけ変更") for button in page.buttons())
    assert any(button.startswith("これだけ確認済みにする") for button in page.buttons())
    (only,) = [one.id for one in mappings.drift_of(renamed) if one.problem.field == "industry"]

    given = {"stamp": accepting.stamp_of(renamed), "back": "dashboard", "only": only}
    address = reverse("mapping:accept-drift", args=[renamed.pk])
    page = Page(as_administrator.post(address, given, follow=True))

    assert "確認済みにしました。" in page.text()
    assert "小売業" not in page.text()
    assert "「telephone」に変更されたと見られます。" in page.text()
    assert "tel" in {spec.field for spec in specs_of(renamed)}

"""ホットプロファイル連携元: the tenant's form, its pulls, and what needs a look."""

from typing import Any

import pytest
from django.test import Client

from common import clock
from crm.models import Company
from jobs import schedules, tasks
from pulls import pulling, tenants
from pulls.models import Arrival, Pull, Refusal, Tenant
from tests.builders_mapping import make_connection
from tests.fixtures.hotprofile import Source
from tests.pages.reading import Page, filled


@pytest.fixture
def show(as_administrator: Client) -> Any:
    """The page, or one below it."""
    return lambda below="": Page(as_administrator.get(f"/source/{below}"))


@pytest.fixture
def submit(as_administrator: Client, show: Any) -> Any:
    """Fills in the form and presses the button that sends `action`."""

    def act(action: str, **given: str) -> Page:
        sent = filled(show(), {**given, "action": action})
        return Page(as_administrator.post("/source/", sent, follow=True))

    return act


@pytest.fixture
def pull_now(tenant: Tenant, as_administrator: Client, rung_for_pulls: list[int]) -> Any:
    """Presses 今すぐ取り込む and carries the pull out, as a worker does."""

    def act(**given: str) -> Pull:
        as_administrator.post("/source/pull/", given)
        tasks.pull(Pull.objects.latest("pk").pk)
        return Pull.objects.latest("pk")

    return act


def test_host_and_key_are_stored_and_the_key_is_never_shown(
    hotprofile: Source, submit: Any, as_administrator: Client
) -> None:
    page = submit("save", host=hotprofile.url, api_key=hotprofile.api_key, notify="ops@example.com")

    assert "ホットプロファイル連携元を保存しました。" in page.text()
    tenant = Tenant.objects.get()
    assert (tenant.host, tenant.api_key) == (hotprofile.host, hotprofile.api_key)
    assert (tenant.notify, tenant.enabled) == (["ops@example.com"], True)
    answer = as_administrator.get("/source/").content.decode()
    assert hotprofile.api_key not in answer
    assert "設定済み（表示できません）" in answer


def test_a_stored_key_is_kept_when_something_else_is_changed(
    hotprofile: Source, tenant: Tenant, submit: Any
) -> None:
    submit("save", notify="other@example.com")

    stored = Tenant.objects.get()
    assert (stored.api_key, stored.notify) == (hotprofile.api_key, ["other@example.com"])


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "hotprofile.biz.example.com",
        "https://example.hotprofile.biz@evil.example.com/",
        "example.hotprofile.biz:8443",
        "hotprofile.biz",
        "127.0.0.1:1",
        "http://[",
    ],
)
def test_a_key_goes_to_nobody_but_the_vendor_and_whom_the_operator_allows(
    hotprofile: Source, submit: Any, host: str
) -> None:
    page = submit("save", host=host, api_key="key")

    assert page.status == 422
    assert "使用できません" in page.error_of("host")
    assert not Tenant.objects.exists()


@pytest.mark.parametrize(
    "host",
    [
        "example.hotprofile.biz",
        "https://Example.hotprofile.biz/clients/12?x=1",
        "ｅｘａｍｐｌｅ.hotprofile.biz ",
    ],
)
def test_a_pasted_address_is_read(db: None, submit: Any, host: str) -> None:
    submit("save", host=host, api_key="key")

    assert Tenant.objects.get().host == "example.hotprofile.biz"


def test_another_host_wants_its_own_key(tenant: Tenant, submit: Any) -> None:
    page = submit("save", host="example.hotprofile.biz")

    assert "もう一度入力してください" in page.error_of("api_key")
    assert Tenant.objects.get().host == tenant.host


def test_another_host_is_read_anew_and_that_is_said(tenant: Tenant, submit: Any) -> None:
    page = submit("save", host="example.hotprofile.biz", api_key="another")

    assert "同じIDのデータは、上書きします" in page.text()
    assert Tenant.objects.get().host == "example.hotprofile.biz"


def test_trouble_is_told_on_the_dashboard_as_well(
    hotprofile: Source, pull_now: Any, company_mapping: Any, as_administrator: Client
) -> None:
    hotprofile.world.api_key = "another"
    pull_now()

    page = Page(as_administrator.get("/"))

    assert "APIキーが正しくありません" in page.text()
    assert page.links()["ホットプロファイル連携元を開く"] == "/source/"


def test_the_test_says_what_the_key_can_see_and_stores_nothing(
    hotprofile: Source, submit: Any, db: None
) -> None:
    hotprofile.add_lead(hotprofile.add_company())

    page = submit("check", host=hotprofile.host, api_key=hotprofile.api_key)

    assert "会社1件、リード1件を参照できます。" in page.text("check")
    assert not Tenant.objects.exists()


def test_what_was_typed_before_a_test_is_saved_after_it(
    hotprofile: Source, as_administrator: Client, submit: Any, db: None
) -> None:
    tested = submit("check", host=hotprofile.host, api_key=hotprofile.api_key)

    as_administrator.post("/source/", {**tested.values(), "action": "save"})

    assert Tenant.objects.get().api_key == hotprofile.api_key


def test_a_test_that_fails_says_why_and_what_to_do(
    hotprofile: Source, submit: Any, db: None
) -> None:
    page = submit("check", host=hotprofile.host, api_key="wrong")

    assert "APIキーが正しくありません" in page.text("check")
    assert len(hotprofile.calls) == 1


def test_the_button_queues_a_pull_and_its_end_stands_in_the_list(
    hotprofile: Source, pull_now: Any, show: Any, rung_for_pulls: list[int]
) -> None:
    hotprofile.add_lead(hotprofile.add_company())

    pull = pull_now()

    assert pull.trigger == Pull.Trigger.MANUAL
    listed = show().text(f"pull-{pull.pk}")
    assert "完了" in listed
    assert "手動" in listed


def test_progress_is_shown_while_it_runs_and_asked_for_again(
    tenant: Tenant, as_administrator: Client
) -> None:
    pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())
    values = {"status": "running", "stage": "lead", "total": 1200, "done": 300}
    Pull.objects.filter(pk=pull.pk).update(**values)

    answer = as_administrator.get("/source/", headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert "リード1,200件のうち300件を取り込みました。" in text
    assert 'hx-trigger="every 2s"' in text
    assert "<form method" in text
    assert "<html" not in text


def test_a_pull_can_be_canceled(tenant: Tenant, as_administrator: Client, show: Any) -> None:
    pull = pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())

    as_administrator.post(f"/source/pulls/{pull.pk}/cancel/")

    assert "中止" in show().text(f"pull-{pull.pk}")


def test_trouble_stands_on_top_with_its_remedy_until_it_is_over(
    hotprofile: Source, pull_now: Any, show: Any, tenant: Tenant
) -> None:
    hotprofile.world.api_key = "another"
    pull_now()
    assert "APIキーを確認し、入力し直してください" in show().text("source-state")

    hotprofile.world.api_key = hotprofile.api_key
    pull_now()

    assert "入力し直してください" not in show().text("source-state")


def test_refused_records_are_listed_with_their_reasons(
    hotprofile: Source, pull_now: Any, show: Any
) -> None:
    hotprofile.add_company(name="青" * 300)
    pull_now()

    assert show().links()["エラーのデータ1件"] == "/source/refused/"
    assert "会社名：長すぎます（300文字）" in show("refused/").text()


def test_rows_that_are_gone_are_listed_and_lead_to_the_row(
    hotprofile: Source, pull_now: Any, show: Any
) -> None:
    number = hotprofile.add_company(name="株式会社青葉商事")
    pull_now()
    hotprofile.world.remove("clients", number)
    pull_now(full="1")

    assert show().links()["連携元で見つからないデータ1件"] == "/source/gone/"
    assert "/customers/company/" in show("gone/").links()["株式会社青葉商事"]


def test_owners_whom_nobody_knows_are_named(hotprofile: Source, pull_now: Any, show: Any) -> None:
    hotprofile.add_company(user_name="高橋 健", user_code="u7")
    pull_now()

    assert "高橋 健 （ u7 ） 1件" in show().text("source-state")


def test_the_next_slot_is_named(tenant: Tenant, show: Any) -> None:
    assert "接続を追加すると" in show().text("source-state")

    schedules.ensure(make_connection(), now=clock.now())

    assert "kintoneへの連携の前に取り込みます" in show().text("source-state")


def test_the_page_costs_the_same_however_much_there_is(
    hotprofile: Source,
    pull_now: Any,
    as_administrator: Client,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(1, 31):
        hotprofile.add_company(number, user_name=f"担当{number}", name="" if number % 2 else "名")
        pull_now()

    with django_assert_max_num_queries(12):
        as_administrator.get("/source/")
    with django_assert_max_num_queries(8):
        as_administrator.get("/source/refused/")


def test_an_installation_without_a_tenant_says_what_it_would_do(show: Any) -> None:
    page = show()

    assert "自動で取り込みます" in page.text()
    assert not page.has("source-state")


def test_disabling_it_ends_its_trouble_without_a_mail(
    hotprofile: Source, pull_now: Any, submit: Any, mailoutbox: list[Any]
) -> None:
    hotprofile.world.api_key = "another"
    pull_now()
    tenant = tenants.tenant()
    assert tenant is not None
    tenants.save(host=tenant.host, api_key=None, enabled=False, notify=tenant.notify)

    tasks.tick()

    assert mailoutbox == []
    assert not tenant.troubles.filter(ended_at=None).exists()


def test_the_page_before_deleting_says_what_goes_and_what_stays(
    tenant: Tenant, pull_now: Any, show: Any, hotprofile: Source
) -> None:
    hotprofile.add_company()
    pull_now()

    page = show("delete/")

    assert f"接続先 {tenant.host}" in page.text()
    assert "取り込み済みの会社 1件" in page.text()
    assert "取り込み済みの顧客データ、カスタム項目は削除されません。" in page.text()
    assert page.links()["キャンセル"] == "/source/"
    assert show().links()["連携元を削除"] == "/source/delete/"


def test_a_deleted_tenant_goes_with_its_key_and_pulls_and_customer_data_stays(
    tenant: Tenant, pull_now: Any, as_administrator: Client, hotprofile: Source
) -> None:
    hotprofile.add_company()
    pull_now()

    answer = as_administrator.post("/source/delete/", {"understood": "on"}, follow=True)

    assert "ホットプロファイル連携元を削除しました。" in answer.content.decode()
    assert [m for m in (Tenant, Pull, Arrival, Refusal) if m.objects.exists()] == []
    assert Company.objects.count() == 1
    assert as_administrator.get("/source/delete/").status_code == 404


def test_a_tenant_that_came_back_brings_nothing_twice(
    tenant: Tenant, pull_now: Any, as_administrator: Client, hotprofile: Source, submit: Any
) -> None:
    hotprofile.add_company()
    pull_now()
    as_administrator.post("/source/delete/", {"understood": "on"})

    submit("save", host=hotprofile.host, api_key=hotprofile.api_key)
    pull_now()

    assert Company.objects.count() == 1


def test_nothing_is_deleted_unconfirmed_or_while_a_pull_has_not_ended(
    tenant: Tenant, as_administrator: Client
) -> None:
    assert as_administrator.post("/source/delete/").status_code == 422
    pulling.start(tenant, trigger=Pull.Trigger.MANUAL, now=clock.now())

    answer = as_administrator.post("/source/delete/", {"understood": "on"})

    assert answer.status_code == 409
    assert "終わっていない取り込みがある間は削除できません。" in answer.content.decode()
    assert Tenant.objects.count() == Pull.objects.count() == 1

"""What the login may not do is said on the pages where somebody can mend it."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from common import clock
from integrations.models import Connection
from jobs import liveness, previewing, previews
from mapping.mappings import plan_of
from mapping.models import Mapping
from mapping.rules import save_rules
from mapping.rulespec import RuleSpec
from tests.builders_crm import make_company
from tests.pages.reading import Page, filled

Submit = Callable[..., Page]
COMPANY_APP = "apps-0-app"
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
}


def make_app(kintone: Any, *rights: str, fields: dict[str, Any] = FIELDS) -> int:
    app = int(kintone.add_app("顧客リスト", fields))
    kintone.add_records(app, [{"code": "1"}])
    if rights:
        kintone.grant(app, *rights)
    return app


def load(submit_step1: Submit, app: int) -> Mapping:
    submit_step1("load", **{COMPANY_APP: str(app)})
    return Mapping.objects.get()


def mapping_page(client: Client, mapping: Mapping) -> str:
    return Page(client.get(f"/settings/mappings/{mapping.pk}/")).text()


def test_loading_finds_the_missing_right_and_the_mapping_page_says_it(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    mapping = load(submit_step1, make_app(kintone, "view", "edit", "manage"))

    page = mapping_page(as_administrator, mapping)

    assert "レコード追加のアクセス権がありません" in page
    assert "レコード編集のアクセス権がありません" not in page
    assert "レコード閲覧 できます レコード追加 できません レコード編集 できます" in page


def test_what_kintone_does_not_tell_is_called_so_and_not_guessed(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    mapping = load(submit_step1, make_app(kintone, "view", "edit"))

    page = mapping_page(as_administrator, mapping)

    assert "レコード追加 確認できません" in page
    assert "連携テストで1件を登録して確認してください。" in page
    assert "レコード追加のアクセス権がありません" not in page


def test_a_right_that_was_given_back_is_found_by_reloading(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    app = make_app(kintone, "view", "add", "manage")
    mapping = load(submit_step1, app)
    assert "レコード番号1で確認しました。" in mapping_page(as_administrator, mapping)

    kintone.grant(app, "view", "add", "edit", "manage")
    as_administrator.post(f"/settings/mappings/{mapping.pk}/", {"action": "load"})

    assert "アクセス権がありません" not in mapping_page(as_administrator, mapping)


def test_a_field_that_may_not_be_edited_is_a_warning_of_its_rule_and_stops_nothing(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    app = make_app(kintone)
    kintone.app(app).read_only = {"name"}
    mapping = load(submit_step1, app)
    rules = [
        RuleSpec(field="code", source="external_id"),
        RuleSpec(field="name", source="name"),
    ]
    save_rules(mapping, rules, update_key="code")

    page = mapping_page(as_administrator, mapping)

    assert "「会社名」は、kintoneの［フィールドのアクセス権］により" in page
    assert "「会社ID」は、kintoneの［フィールドのアクセス権］により" not in page
    assert not plan_of(mapping).left_out


def test_the_lookups_source_is_named_with_its_key(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    source = kintone.add_app("会社マスター", FIELDS)
    look = {
        "type": "SINGLE_LINE_TEXT",
        "label": "会社",
        "lookup": {
            "relatedApp": {"app": str(source), "code": ""},
            "relatedKeyField": "code",
            "fieldMappings": [],
        },
    }
    mapping = load(submit_step1, make_app(kintone, fields={**FIELDS, "look": look}))
    rules = [
        RuleSpec(field="code", source="external_id"),
        RuleSpec(field="look", source="corporate_number"),
    ]
    save_rules(mapping, rules, update_key="code")

    assert f"アプリ「会社マスター」（アプリID {source}）の「code」" in mapping_page(
        as_administrator, mapping
    )


def test_checking_the_connection_names_the_missing_right(
    submit_step1: Submit, kintone: Any
) -> None:
    app = make_app(kintone, "view", "add", "manage")

    page = submit_step1("check", **{COMPANY_APP: str(app)})

    assert "レコード編集のアクセス権がありません" in page.text("check")
    assert "レコード追加 できます" in page.text("check")
    assert not Connection.objects.exists()


def test_loading_costs_six_requests_at_most_and_one_for_each_app_that_a_lookup_reads(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    app = make_app(kintone, fields={**FIELDS, "capital": {"type": "NUMBER"}})
    mapping = load(submit_step1, app)
    kintone.forget_requests()

    as_administrator.post(f"/settings/mappings/{mapping.pk}/", {"action": "load"})

    paths = [one.path.removeprefix("/k/v1/") for one in kintone.requests]
    assert paths == [
        "app.json",
        "app/form/fields.json",
        "app/settings.json",
        "records.json",
        "records/acl/evaluate.json",
        "app/acl.json",
    ]


def test_another_app_has_other_rights(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    mapping = load(submit_step1, make_app(kintone, "view", "edit", "manage"))
    other = make_app(kintone)
    address = f"/settings/{mapping.connection_id}/"
    page = Page(as_administrator.get(address))

    changes = {COMPANY_APP: str(other), "action": "save"}
    as_administrator.post(address, filled(page, changes), follow=True)

    mapping.refresh_from_db()
    assert (mapping.app, mapping.access) == (other, {})


def test_what_one_login_may_do_is_not_said_of_another(
    submit_step1: Submit, kintone: Any, as_administrator: Client
) -> None:
    mapping = load(submit_step1, make_app(kintone, "view", "edit", "manage"))
    assert "レコード追加のアクセス権がありません" in mapping_page(as_administrator, mapping)

    Connection.objects.update(login="sato", password="sato-password")

    assert "アクセス権" not in mapping_page(as_administrator, mapping)


def test_the_check_of_all_data_says_what_the_login_may_not_do(
    kintone: Any, company_mapping: Mapping, as_administrator: Client
) -> None:
    make_company()
    kintone.add_records(company_mapping.app, [{company_mapping.update_key: "1", "name": "x"}])
    kintone.app(company_mapping.app).read_only = {"name"}
    as_administrator.post(f"/settings/mappings/{company_mapping.pk}/", {"action": "load"})
    preview = previews.start(company_mapping, reads_kintone=False, now=clock.now())
    previewing.make(preview.pk, owner=liveness.owner_here())

    page = Page(as_administrator.get(f"/settings/mappings/{company_mapping.pk}/preview/"))

    assert "フィールドの編集が許可されていません" in page.text()

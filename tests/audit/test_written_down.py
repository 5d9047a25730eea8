"""Who did what, when and from where stands in 操作履歴; what failed does not."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from api import tokens
from api.models import ApiToken
from audit.actors import Actor, acting
from audit.contents import forget_old
from audit.kinds import Kind, Origin
from audit.models import Entry
from common import clock
from common.types import Kind as ItemKind
from common.types import RecordType
from crm import custom_items, writing
from crm.models import Account, CustomItem
from jobs import enabling, runs, schedules, sweep
from jobs.models import Run
from jobs.states import Trigger
from mapping.models import Mapping
from mapping.rules import save_rules, specs_of
from mapping.rulespec import RuleSpec
from tests.audit.conftest import kinds, newest
from tests.builders_crm import make_company, make_lead
from tests.builders_mapping import switch_off
from tests.flows.conftest import fall_due
from tests.pages.reading import Page, filled


def test_the_list_says_who_did_what_to_which_mapping(
    as_administrator: Client, mapping: Mapping
) -> None:
    as_administrator.post(f"/settings/mappings/{mapping.pk}/enable/", {"enabled": ""})

    page = Page(as_administrator.get("/history/"))
    assert "連携を無効に変更" in page.text()
    assert f"{mapping.connection.name} ・会社 → 顧客リスト" in page.text()
    assert "kanri ・画面" in page.text()


def test_another_update_key_is_shown_before_and_after(
    as_administrator: Client, mapping: Mapping
) -> None:
    mapping.form["properties"]["name"]["unique"] = True
    mapping.save(update_fields=["form"])
    save_rules(mapping, specs_of(mapping), update_key="name")

    entry = newest()
    assert entry.get_kind_display() == "更新キーを変更"
    page = Page(as_administrator.get(f"/history/{entry.pk}/"))
    assert "更新キー code name" in page.text()


def test_another_rule_is_shown_by_the_labels_that_people_know(
    as_administrator: Client, mapping: Mapping
) -> None:
    kept = [spec for spec in specs_of(mapping) if spec.field != "tel"]
    save_rules(
        mapping, [*kept, RuleSpec(field="tel", source="corporate_number")], update_key="code"
    )

    page = Page(as_administrator.get(f"/history/{newest(Kind.MAPPING_RULES).pk}/"))
    assert "「電話番号（tel）」の項目 代表電話番号 法人番号" in page.text()


def test_a_value_table_is_shown_value_by_value(as_administrator: Client, mapping: Mapping) -> None:
    switch_off(mapping)
    address = f"/settings/mappings/{mapping.pk}/values/?field=industry"
    as_administrator.post(address, {"value": ["製造", "小売"], "to": ["=製造業", "nothing"]})

    page = Page(as_administrator.get(f"/history/{newest().pk}/"))
    assert newest().get_kind_display() == "値の変換表を変更"
    assert "「業種（industry）」の項目（値の変換表：製造） （なし） 製造業" in page.text()


def test_what_is_saved_unchanged_is_not_written_down(
    as_administrator: Client, mapping: Mapping
) -> None:
    step1 = Page(as_administrator.get(f"/settings/{mapping.connection_id}/"))
    as_administrator.post(
        f"/settings/{mapping.connection_id}/", {**step1.values(), "action": "save"}
    )

    assert kinds() == []


def test_step_1_is_one_entry_with_all_that_changed(
    as_administrator: Client, mapping: Mapping
) -> None:
    switch_off(mapping)
    address = f"/settings/{mapping.connection_id}/"
    step1 = Page(as_administrator.get(address))
    changed = {"interval": "1h", "notify": "a@example.com", "password": "another", "action": "save"}
    as_administrator.post(address, filled(step1, changed))

    assert kinds() == ["connection.change"]
    page = Page(as_administrator.get(f"/history/{newest().pk}/")).text()
    assert "実行スケジュール 5分 1時間" in page
    assert "通知先メールアドレス （なし） a@example.com" in page
    assert "パスワード （表示できません） 変更あり（表示できません）" in page


def test_a_change_that_fails_leaves_no_entry(mapping: Mapping, monkeypatch: Any) -> None:
    def fails(*_args: Any, **_options: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr("jobs.enabling.first_loads.give_up", fails)
    with pytest.raises(DatabaseError):
        enabling.disable(mapping, now=clock.now())

    mapping.refresh_from_db()
    assert (mapping.enabled, kinds()) == (True, [])


def test_an_entry_that_cannot_be_written_takes_the_change_back(
    mapping: Mapping, monkeypatch: Any
) -> None:
    def fails(**_values: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(Entry.objects, "create", fails)
    with pytest.raises(DatabaseError):
        save_rules(mapping, specs_of(mapping)[:2], update_key="code")

    assert len(specs_of(mapping)) == 4


def test_a_command_is_named(mapping: Mapping) -> None:
    call_command("sync", f"{mapping.connection.name}/company")

    entry = newest()
    assert (entry.kind, entry.origin, entry.actor) == ("run.start", "command", "sync")


def test_a_settings_file_is_one_entry_for_each_connection(
    mapping: Mapping, tmp_path: Any, as_administrator: Client
) -> None:
    file = tmp_path / "settings.yaml"
    name = mapping.connection.name
    file.write_text(
        f"version: 1\nconnections:\n  - name: {name}\n    schedule: 1h\n    mappings:\n"
        f"      - {{record_type: company, app: {mapping.app}, enabled: false}}\n"
    )
    call_command("settings_apply", str(file), "--plan")
    assert kinds() == []

    call_command("settings_apply", str(file))

    entry = newest()
    assert kinds() == ["connection.file"]
    assert (entry.origin, entry.actor) == ("file", "settings_apply")
    page = Page(as_administrator.get(f"/history/{entry.pk}/")).text()
    assert "実行スケジュール 5分 1時間" in page
    assert f"会社 → アプリID {mapping.app}・連携 有効 無効" in page


def test_what_a_settings_file_changes_of_notices_has_entries_of_its_own(
    mapping: Mapping, tmp_path: Any, as_administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_URL", "https://hooks.example.com/token-of-slack")
    file = tmp_path / "settings.yaml"

    def apply(notices: str, *options: str) -> list[str]:
        Entry.objects.all().delete()
        file.write_text(
            f"version: 1\nconnections:\n  - name: {mapping.connection.name}\n"
            f"    notices: {notices}\n"
        )
        call_command("settings_apply", str(file), *options)
        return sorted(kinds())

    slack = "{name: 運用, type: slack, url: {env: SLACK_URL}}"
    assert apply(f"{{digest: daily, channels: [{slack}]}}") == [
        "notice.channel_add",
        "notice.plan",
    ]
    plan = Entry.objects.get(kind="notice.plan")
    assert plan.before is not None
    assert plan.after is not None
    assert (plan.before["digest"], plan.after["digest"]) == ("immediate", "daily")
    page = Page(as_administrator.get("/history/"))
    assert "運用" in page.text()
    assert "token-of-slack" not in page.text()

    assert apply("{digest: daily, channels: []}", "--prune") == ["notice.channel_delete"]


def test_a_settings_file_with_mistakes_leaves_no_entry(mapping: Mapping, tmp_path: Any) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(
        f"version: 1\nconnections:\n  - name: {mapping.connection.name}\n    schedule: 1h\n"
        "    mappings:\n      - {record_type: company, app: 1, rules: {name: nonsense}}\n"
    )
    with pytest.raises(CommandError):
        call_command("settings_apply", str(file))

    assert kinds() == []


def test_what_an_api_token_deletes_is_written_down_by_its_name(
    administrator: Account, db: None
) -> None:
    _token, secret = tokens.make(
        name="基幹システム",
        scope=ApiToken.Scope.WRITE,
        record_types=list(RecordType),
        life=None,
        account=administrator,
        now=clock.now(),
    )
    company = make_company(external_id="C-1")
    headers = {"Authorization": f"Bearer {secret}"}
    Client().delete(f"/api/v1/records/company/{company.external_id}", headers=headers)

    entry = newest()
    assert (entry.kind, entry.origin, entry.actor) == ("data.delete", "api", "基幹システム")
    assert entry.details == {"count": 1, "external_ids": ["C-1"]}


def test_runs_of_the_schedule_are_not_written_down_and_those_by_hand_are(
    as_administrator: Client, mapping: Mapping
) -> None:
    fall_due()
    schedules.claim_due(now=clock.now())
    assert Run.objects.count() == 1
    assert kinds() == []

    run = Run.objects.get()
    as_administrator.post(f"/runs/{run.pk}/pause/")
    as_administrator.post(f"/runs/{run.pk}/resume/")
    as_administrator.post(f"/runs/{run.pk}/cancel/")
    as_administrator.post(f"/settings/mappings/{mapping.pk}/run/")
    as_administrator.post(f"/runs/{Run.objects.latest('pk').pk}/cancel/")
    as_administrator.post(f"/settings/mappings/{mapping.pk}/first-load/")

    assert kinds() == [
        *("run.pause", "run.resume", "run.cancel", "run.start", "run.cancel", "run.first_load")
    ]
    page = Page(as_administrator.get(f"/history/{newest().pk}/"))
    assert f"/runs/{Run.objects.latest('pk').pk}/" in page.links().values()


def test_what_a_person_cancels_by_switching_off_is_part_of_that(mapping: Mapping) -> None:
    with acting(lambda: Actor(origin=Origin.SCREEN, name="kanri", account_id=1)):
        runs.start(mapping, trigger=Trigger.MANUAL, now=clock.now())
        enabling.disable(mapping, now=clock.now())

    assert kinds() == ["run.start", "mapping.disable"]


def test_a_record_edited_by_hand_shows_items_and_values(as_administrator: Client) -> None:
    company = make_company(name="青葉商事", pref="宮城県")
    address = f"/customers/company/{company.pk}/edit/"
    form = Page(as_administrator.get(address))
    as_administrator.post(address, filled(form, {"pref": "福島県"}))

    page = Page(as_administrator.get(f"/history/{newest(Kind.DATA_EDIT).pk}/")).text()
    assert "会社・ 青葉商事" in page
    assert "都道府県 宮城県 福島県" in page


def test_what_a_record_said_is_forgotten_with_it(as_administrator: Client) -> None:
    lead = make_lead(family_name="マーカー花子", tel="03-1234-5678")
    address = f"/customers/lead/{lead.pk}/edit/"
    form = Page(as_administrator.get(address))
    as_administrator.post(
        address, filled(form, {"tel": "03-9999-0000", "family_name": "マーカー次郎"})
    )
    entry = newest(Kind.DATA_EDIT)

    writing.delete(RecordType.COMPANY, [lead.company_id])

    page = Page(as_administrator.get(f"/history/{entry.pk}/")).text()
    assert "変更した項目 姓, 電話番号" in page
    assert "データが削除されたため、変更の内容は消去しました。" in page
    everything = "".join(str(row) for row in Entry.objects.values())
    assert "マーカー" not in everything
    assert "03-" not in everything


def test_a_merged_record_leaves_nothing_behind_either(as_administrator: Client) -> None:
    gone, stays = make_company(name="マーカー商事"), make_company(name="青葉")
    as_administrator.post(
        f"/duplicates/company/{gone.pk}/{stays.pk}/", {"action": "merge", "into": str(stays.pk)}
    )

    assert kinds()[-1] == "data.merge"
    assert "マーカー" not in "".join(str(row) for row in Entry.objects.values())


def test_members_accounts_items_and_tokens_are_written_down(as_administrator: Client) -> None:
    add = as_administrator.post
    add("/customers/members/add/", {"name": "佐藤", "email": "s@example.com", "new_group": "東京"})
    account = {"username": "tanaka", "email": "", "role": "general"}
    secret = {"password": "marker-0815-xyz", "again": "marker-0815-xyz"}
    names = Page(as_administrator.get("/customers/accounts/add/")).values()
    typed = {name: "marker-0815-xyz" for name in names if "password" in name}
    add("/customers/accounts/add/", {**account, **secret, **typed})
    add("/customers/company/items/", {"key": "rank", "label": "ランク", "kind": "text"})
    add(
        "/api-tokens/add/",
        {"name": "ERP", "scope": "read", "record_types": "company", "days": "30"},
    )
    add(f"/api-tokens/{ApiToken.objects.get().pk}/")

    assert kinds() == ["member.add", "account.add", "item.add", "token.add", "token.revoke"]
    assert {entry.actor for entry in Entry.objects.all()} == {"kanri"}


def test_an_import_is_written_down_with_its_file(tmp_path: Any, db: None) -> None:
    file = tmp_path / "会社.csv"
    file.write_text("external_id,name\nC-1,青葉\n")
    call_command("import_records", "company", str(file))

    entry = newest()
    assert (entry.kind, entry.label, entry.actor) == ("data.import", "会社.csv", "import_records")


def test_what_happens_by_itself_says_so(as_administrator: Client, db: None) -> None:
    custom_items.add(RecordType.COMPANY, key="rank", label="ランク", kind=ItemKind.TEXT)

    assert "カスタム項目を追加 会社・ ランク 自動" in Page(as_administrator.get("/history/")).text()
    assert CustomItem.objects.count() == 1


def test_entries_are_kept_for_the_days_that_the_operator_set(settings: Any, db: None) -> None:
    settings.AUDIT_DAYS = 400
    now = timezone.now()
    for days in (401, 399):
        at = now - timedelta(days=days)
        Entry.objects.create(at=at, kind=Kind.MAPPING_KEY, area="mapping", origin=Origin.SYSTEM)

    sweep.sweep(now=now)

    assert [(now - entry.at).days for entry in Entry.objects.all()] == [399]
    assert forget_old(now=now) == 0


def test_only_administrators_see_it(as_general: Client, as_stranger: Client) -> None:
    for address in ("/history/", "/history/entries.csv", "/history/1/", "/history/1/put-back/"):
        assert as_general.get(address).status_code == 403
        assert as_stranger.get(address).status_code == 302

"""Applying a settings file: things known by name, absent ones left alone, twice changes nothing."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.models import CustomItem
from integrations import budget
from integrations.kintone import transport
from integrations.models import Connection
from jobs.models import Ledger, Schedule
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.builders_crm import make_company, make_custom_item, make_member
from tests.builders_mapping import form_answer, make_mapping
from tests.flows.conftest import outcomes, run_now

SETTINGS = """\
version: 1
custom_items:
  company:
    - {{key: rank, label: ランク, kind: choice}}
connections:
  - name: 本番
    subdomain: demo
    domain: cybozu.com
    auth: {{login: sync, password: {{env: KINTONE_PASSWORD}}}}
    schedule: 30m
    sync_user: sato@example.com
    notify: [ops@example.com]
    mappings:
      - record_type: company
        app: {app}
        guest_space: null
        daily_requests: 4000
        update_key: code
        enabled: true
        rules:
          code: external_id
          name: name
          rank: {{source: custom.rank, values: {{上: A, 中: B}}, empty: keep}}
          place: {{template: "{{pref}} {{address}}"}}
          origin: {{fixed: CRM}}
          tag: {{source: tags, table: tags}}
"""
FIELDS: dict[str, dict[str, Any]] = {
    "code": {"type": "SINGLE_LINE_TEXT", "label": "会社ID", "unique": True},
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名", "required": True},
    "rank": {"type": "DROP_DOWN", "label": "ランク", "options": ["A", "B"]},
    "place": {"type": "SINGLE_LINE_TEXT", "label": "所在地"},
    "origin": {"type": "SINGLE_LINE_TEXT", "label": "取込元"},
    "tags": {
        "type": "SUBTABLE",
        "label": "タグ一覧",
        "fields": {"tag": {"type": "SINGLE_LINE_TEXT", "label": "タグ"}},
    },
}


@pytest.fixture(autouse=True)
def environment(db, monkeypatch):
    monkeypatch.setenv("KINTONE_PASSWORD", "sync-password")
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(transport, "LONGEST_PAUSE", 0.02)


@pytest.fixture
def app(kintone):
    return kintone.add_app("顧客リスト", form_answer(FIELDS)["properties"])


@pytest.fixture
def text(app) -> str:
    return SETTINGS.format(app=app)


@pytest.fixture
def apply(tmp_path: Path, capsys):
    """The command with a file of this text: what it printed."""

    def act(text: str, *options: str):
        file = tmp_path / "settings.yaml"
        file.write_text(text)
        call_command("settings_apply", str(file), *options)
        return capsys.readouterr().out

    return act


@pytest.fixture
def export(capsys):
    """What `settings_export` prints."""

    def act():
        call_command("settings_export")
        return capsys.readouterr().out

    return act


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


def test_the_plan_shows_the_difference_and_changes_nothing(apply, text, kintone):
    out = apply(text, "--plan")

    assert "追加  接続「本番」" in out
    assert "まだ何も変更していません" in out
    assert not Connection.objects.exists()
    assert not CustomItem.objects.exists()
    assert kintone.requests == []


def test_the_plan_of_a_change_names_before_and_after(apply, text, app):
    apply(text)
    changed = text.replace("schedule: 30m", "schedule: 1h").replace("name: name", "name: name_kana")

    out = apply(changed, "--plan")

    assert "変更  接続「本番」  実行スケジュール: 30分 → 1時間" in out
    assert f"変更  マッピング「本番/company/{app}」  「name」の項目: name → name_kana" in out
    assert "2件を変更します" in out
    assert Schedule.objects.get().interval == "30m"


def test_a_secret_that_changed_is_told_without_being_shown(apply, text, monkeypatch):
    apply(text)
    monkeypatch.setenv("KINTONE_PASSWORD", "another-secret")

    out = apply(text)

    assert "変更  接続「本番」  パスワード（表示できません）" in out
    assert "another-secret" not in out
    assert Connection.objects.get().password == "another-secret"


def test_what_the_file_leaves_out_is_left_alone(apply, text):
    apply(text)
    make_mapping(Connection.objects.get(), app=99)

    out = apply("version: 1\nconnections: [{name: 本番, schedule: 12h}]")

    assert "1件を変更しました" in out
    connection = Connection.objects.get()
    assert (connection.login, connection.password) == ("sync", "sync-password")
    assert Schedule.objects.get().notify == ["ops@example.com"]
    assert Mapping.objects.count() == 2


def test_a_rule_that_the_file_leaves_out_stays(apply, text, app):
    apply(text)
    apply(
        "version: 1\nconnections: [{name: 本番, mappings: "
        f"[{{record_type: company, app: {app}, rules: {{name: name_kana}}}}]}}]"
    )

    rules = {rule.field: rule.source for rule in specs_of(Mapping.objects.get())}

    assert rules["name"] == "name_kana"
    assert rules["code"] == "external_id"


def test_prune_removes_what_the_file_leaves_out(apply, text, app):
    apply(text)
    make_mapping(Connection.objects.get(), app=99)
    make_mapping()
    make_custom_item("old")
    slim = text.replace("          origin: {fixed: CRM}\n", "")

    out = apply(slim, "--prune")

    assert f"「origin」の項目: {'固定値「CRM」'} → （なし）" in out
    assert "削除  マッピング「本番/company/99」" in out
    assert "削除  カスタム項目「old」（会社）" in out
    assert [connection.name for connection in Connection.objects.all()] == ["本番"]
    assert [mapping.app for mapping in Mapping.objects.all()] == [app]
    assert "origin" not in [rule.field for rule in specs_of(Mapping.objects.get())]
    assert [item.key for item in CustomItem.objects.all()] == ["rank"]


def test_prune_leaves_alone_the_lists_that_the_file_does_not_have(apply, text):
    apply(text)

    apply("version: 1\nconnections: [{name: 本番}]", "--prune")

    assert Mapping.objects.count() == CustomItem.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "instead", "told"),
    [
        ("name: name\n", "name: nmae\n", "22行目"),
        ("{pref} {address}", "{pref} {adress}", "「address」ではありませんか"),
        ("origin: {fixed: CRM}", "gone: {fixed: CRM}", "gone"),
        ("place: {template", "name_2: name\n          place: {template", "name"),
        ("update_key: code", "update_key: name", "name"),
        ("{env: KINTONE_PASSWORD}", "{env: NOT_THERE}", "環境変数「NOT_THERE」"),
        ("kind: choice", "kind: chioce", "使えるのはtext、"),
    ],
)
def test_a_bad_file_changes_nothing(apply, text, given, instead, told):
    assert given in text

    with pytest.raises(CommandError) as refused:
        apply(text.replace(given, instead))

    assert "何も変更していません" in str(refused.value)
    assert told in str(refused.value)
    assert not Connection.objects.exists()
    assert not CustomItem.objects.exists()


def test_a_custom_item_keeps_its_kind(apply, text):
    apply(text)

    with pytest.raises(CommandError) as refused:
        apply(text.replace("kind: choice", "kind: text"))

    assert "種類は後から変更できません" in str(refused.value)


def test_enabling_needs_a_key_and_rules(apply, app):
    with pytest.raises(CommandError) as refused:
        apply(
            "version: 1\nconnections: [{name: A, subdomain: demo, mappings: "
            f"[{{record_type: company, app: {app}, enabled: true}}]}}]"
        )

    assert "update_key と rules を" in str(refused.value)


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


def test_what_is_exported_and_applied_to_an_empty_database_is_exported_the_same(
    apply, text, export, monkeypatch
):
    for name in ("TOKEN_1", "TOKEN_2", "BASIC", "CERTIFICATE"):
        monkeypatch.setenv(name, f"secret of {name}".replace(" ", "-"))
    apply(text)
    apply("""\
version: 1
connections:
  - name: 予備
    subdomain: other
    domain: kintone.com
    auth:
      tokens: [{env: TOKEN_1}, {env: TOKEN_2}]
      basic: {user: basic, password: {env: BASIC}}
      certificate: {file: /etc/client.pem, password: {env: CERTIFICATE}}
""")
    first = export()
    Connection.objects.all().delete()
    CustomItem.objects.all().delete()

    apply(first)

    assert export() == first
    assert "secret" not in first
    assert "sync-password" not in first
    assert first.startswith("version: 1\ncustom_items:\n  company:\n    - key: rank\n")
    assert "password:\n        env: KINTONE_PASSWORD\n" in first


def test_secrets_typed_on_screen_are_exported_under_names_of_their_own(export):
    for name, subdomain in (("本番", "alpha"), ("予備", "alpha"), ("Test kintone", "beta")):
        Connection.objects.create(name=name, subdomain=subdomain, login="sync", password="x")

    names = [line.split()[-1] for line in export().splitlines() if "env:" in line]

    assert names == [
        "KINTONE_PASSWORD_ALPHA",
        "KINTONE_PASSWORD_ALPHA_2",
        "KINTONE_PASSWORD_TEST_KINTONE",
    ]


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path, db):
    with pytest.raises(CommandError, match="開けません"):
        call_command("settings_apply", str(tmp_path / "missing.yaml"))
    (tmp_path / "sjis.yaml").write_bytes("version: 1 # 設定".encode("cp932"))
    with pytest.raises(CommandError, match="UTF-8ではありません"):
        call_command("settings_apply", str(tmp_path / "sjis.yaml"))


def test_another_kintone_has_other_forms(apply, text, kintone):
    apply(text)
    kintone.forget_requests()

    out = apply(text.replace("subdomain: demo", "subdomain: other"))

    assert "サブドメイン: demo → other" in out
    assert any("form/fields" in exchange.path for exchange in kintone.requests)

"""What a file changes, removes and leaves alone, and the difference shown beforehand."""

import pytest
from django.core.management import CommandError

from common import clock
from crm.models import CustomItem
from integrations.models import Connection
from jobs import runs
from jobs.models import Schedule
from jobs.states import Trigger
from mapping.models import Mapping
from mapping.rules import specs_of
from tests.builders_crm import make_custom_item
from tests.builders_mapping import make_mapping


def test_the_plan_shows_the_difference_and_changes_nothing(apply, text, kintone):
    out = apply(text, "--plan")

    assert "追加  接続「本番」" in out
    assert "まだ何も変更していません" in out
    assert not Connection.objects.exists()
    assert not CustomItem.objects.exists()
    assert {exchange.method for exchange in kintone.requests} == {"GET"}


def test_the_plan_refuses_what_applying_would_refuse(apply, text):
    with pytest.raises(CommandError, match="「nowhere」"):
        apply(text.replace("origin: {fixed: CRM}", "nowhere: {fixed: CRM}"), "--plan")


def test_where_kintone_cannot_be_reached_the_plan_says_what_it_did_not_check(apply, text, kintone):
    kintone.fail(status=503, times=None)

    out = apply(text, "--plan")

    assert "フォームに合うかどうかは、確認していません" in out
    assert "まだ何も変更していません" in out


@pytest.mark.parametrize("options", [(), ("--plan",)])
def test_a_field_that_was_added_in_kintone_meanwhile_is_found(apply, text, kintone, app, options):
    apply(text)
    kintone.set_field(app, "kana", type="SINGLE_LINE_TEXT")

    out = apply(text.replace("origin:", "kana: name_kana\n          origin:"), *options)

    assert "「kana」の項目: （なし） → name_kana" in out


def test_a_rule_that_moves_to_another_field_needs_prune_and_the_refusal_says_so(apply, text):
    apply(text)
    moved = text.replace("name: name", "place: name").replace(
        '          place: {template: "{pref} {address}"}\n', ""
    )

    with pytest.raises(CommandError, match="「name」の項目を外すには、--prune"):
        apply(moved)
    assert "「name」の項目: name → （なし）" in apply(moved, "--prune")


def test_what_is_at_work_is_not_pruned(apply, text):
    apply(text)
    other = make_mapping(Connection.objects.get(), app=99)
    runs.start(other, trigger=Trigger.SCHEDULE, now=clock.now())

    with pytest.raises(CommandError, match="データ処理が終わっていません"):
        apply(text, "--prune")
    assert Mapping.objects.count() == 2


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

"""How people are told, in a settings file: applied, planned, written again."""

import pytest
from django.core.management import CommandError

from integrations.models import Connection
from jobs.notices.models import NoticeChannel, NoticePlan
from pulls.models import Tenant

KEY = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tr"
TEXT = """\
version: 1
hotprofile:
  host: example.hotprofile.biz
  api_key: {env: HP_KEY}
  notices:
    digest: daily
    channels:
      - {name: HP, type: line_works, url: {env: LINE_URL}}
connections:
  - name: 本番
    subdomain: demo
    auth: {login: sync, password: {env: KINTONE_PASSWORD}}
    notify: [ops@example.com]
    notices:
      quiet: {from: 22:00, until: 07:00}
      urgent_at_once: false
      digest: hourly
      addresses:
        records_failed: [data@example.com]
        internal: []
      channels:
        - name: 情シス
          type: slack
          url: {env: SLACK_URL}
          kinds: [configuration, internal]
        - name: 監視
          type: webhook
          url: {env: HOOK_URL}
          secret: {env: HOOK_KEY}
          enabled: false
        - name: 営業
          type: chatwork
          token: {env: CHATWORK_TOKEN}
          room: 42
"""
SECRETS = {
    "HP_KEY": "the-key",
    "LINE_URL": "https://webhook.example.com/message/secret-1",
    "SLACK_URL": "https://hooks.example.com/secret-2",
    "HOOK_URL": "https://example.com/secret-3",
    "HOOK_KEY": KEY,
    "CHATWORK_TOKEN": "secret-4",
}


@pytest.fixture(autouse=True)
def secrets(environment, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def test_plans_and_channels_become_what_the_file_says(apply):
    apply(TEXT)

    plan = NoticePlan.objects.get(connection__name="本番")
    assert (f"{plan.quiet_from:%H:%M}", f"{plan.quiet_until:%H:%M}") == ("22:00", "07:00")
    assert (plan.urgent_at_once, plan.digest) == (False, "hourly")
    assert plan.addresses == {"records_failed": ["data@example.com"], "internal": []}
    slack, hook, chatwork = plan.channels.all()
    assert (slack.kind, slack.url, slack.kinds) == (
        "slack",
        SECRETS["SLACK_URL"],
        ["configuration", "internal"],
    )
    assert (hook.secret, hook.enabled) == (KEY, False)
    assert (chatwork.secret, chatwork.room) == ("secret-4", "42")
    assert NoticePlan.objects.get(tenant__isnull=False).channels.get().kind == "line_works"


def test_applying_again_changes_nothing(apply):
    apply(TEXT)

    assert "変更はありません" in apply(TEXT)


def test_what_was_applied_is_written_again_without_its_secrets(apply, export):
    apply(TEXT)
    written = export()

    for value in SECRETS.values():
        assert value not in written
    Connection.objects.all().delete()
    Tenant.objects.all().delete()
    apply(written)
    assert export() == written
    assert "quiet:\n        from: '22:00'\n        until: 07:00" in written


def test_secrets_that_were_typed_get_names_of_their_own(apply, export):
    apply(TEXT)
    NoticeChannel.objects.update(url_variable="", secret_variable="")
    written = export()

    assert "env: NOTICE_URL_SLACK\n" in written
    assert "env: NOTICE_TOKEN_CHATWORK\n" in written
    assert "env: NOTICE_SECRET_WEBHOOK\n" in written


def test_defaults_are_not_written(apply, export):
    apply(TEXT.partition("    notices:\n      quiet")[0])

    assert export().count("notices:") == 1


def test_each_difference_is_told_and_no_secret(apply, monkeypatch):
    apply(TEXT)
    monkeypatch.setenv("SLACK_URL", "https://hooks.example.com/another-secret")
    changed = TEXT.replace("22:00", "23:00").replace("digest: hourly", "digest: daily")
    changed = changed.replace("room: 42", "room: 43").replace("internal: []", "internal: null")
    changed = changed.replace("          enabled: false\n", "          enabled: true\n")

    told = apply(changed, "--plan")

    for words in (
        "22:00〜07:00 → 23:00〜07:00",
        "1時間ごとにまとめて送る → 1日1回、9:00にまとめて送る",
        "42 → 43",
        "無効 → 有効",
        "通知先メールアドレス（内部エラー）: 送信しない → （なし）",
        "接続「本番」の送信先「情シス」  URL、トークンまたは鍵（表示できません）",
    ):
        assert words in told
    assert "another-secret" not in told
    assert NoticePlan.objects.get(connection__name="本番").digest == "hourly"


def test_what_is_left_out_stays_unless_it_is_pruned(apply):
    apply(TEXT)
    begin = TEXT.index("        - name: 監視")
    less = TEXT[:begin].replace("        records_failed: [data@example.com]\n", "")

    apply(less)
    plan = NoticePlan.objects.get(connection__name="本番")
    assert plan.channels.count() == 3
    assert "records_failed" in plan.addresses

    assert "削除  接続「本番」の送信先「監視」" in apply(less, "--prune")
    plan.refresh_from_db()
    assert [one.name for one in plan.channels.all()] == ["情シス"]
    assert plan.addresses == {"internal": []}


def test_quiet_hours_and_a_key_are_taken_away_by_null(apply):
    apply(TEXT)
    apply(TEXT.replace("{from: 22:00, until: 07:00}", "null").replace("{env: HOOK_KEY}", "null"))

    plan = NoticePlan.objects.get(connection__name="本番")
    assert plan.quiet_from is None
    assert plan.channels.get(name="監視").secret == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("digest: hourly", "digest: weekly", "「weekly」は使えません"),
        ("from: 22:00", "from: night", "時刻を 22:00 の形で"),
        ("until: 07:00", "until: 22:00", "開始とは別の時刻"),
        ("records_failed:", "records_fail:", "「records_failed」ではありませんか"),
        ("kinds: [configuration", "kinds: [config", "使えません"),
        ("type: slack", "type: discord", "「discord」は使えません"),
        ("          room: 42\n", "", "「room」を書いてください"),
        ("          url: {env: HOOK_URL}\n", "", "「url」を書いてください"),
        ("          type: webhook\n", "", "「type」を書いてください"),
        ("url: {env: SLACK_URL}", "url: https://hooks.example.com/x", "環境変数の名前"),
        ("secret: {env: HOOK_KEY}", "secret: {env: HP_KEY}", "whsec_"),
        ("url: {env: SLACK_URL}", "url: {env: HP_KEY}", "URLを貼り付けて"),
        ("name: 監視", "name: 情シス", "2回書かれています"),
        ("room: 42", "room: lobby", "1以上の整数"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_nothing_is_changed(apply, capsys, old, new, told):
    assert old in TEXT
    with pytest.raises(CommandError) as error:
        apply(TEXT.replace(old, new, 1))

    assert told in f"{error.value}{capsys.readouterr()}"
    assert not NoticePlan.objects.exists()


def test_the_kind_of_a_channel_cannot_change(apply):
    apply(TEXT)

    with pytest.raises(CommandError) as error:
        apply(TEXT.replace("type: slack", "type: teams"))
    assert "現在はslack" in str(error.value)

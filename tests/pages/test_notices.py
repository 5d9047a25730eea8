"""通知: an administrator sets up who is told, tests each way, and sees how they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common import clock
from common.problems import Problem
from integrations.models import Connection
from jobs import schedules
from jobs.models import Alert, Schedule
from jobs.notices import telling
from jobs.notices.models import Delivery, NoticeChannel, NoticePlan
from jobs.states import AlertKind
from pulls import tenants
from tests.builders_mapping import make_connection
from tests.jobs.notices.receiver import Receiver, Told
from tests.pages.reading import Page, filled

KEY = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tr"


@pytest.fixture
def connection(db: None) -> Connection:
    made = make_connection(name="本番")
    schedule = schedules.ensure(made, now=clock.now())
    Schedule.objects.filter(pk=schedule.pk).update(notify=["ops@example.com"])
    return made


@pytest.fixture
def send(as_administrator: Client) -> Any:
    """Fills in the form of a page and sends it; the page that comes then."""

    def act(address: str, **changes: Any) -> Page:
        empty = Page(as_administrator.get(address))
        given: dict[str, Any] = {**filled(empty, {})}
        if "kinds" in given:  # several boxes of one name
            given["kinds"] = list(AlertKind.values)
        given |= changes
        return Page(as_administrator.post(address, given, follow=True))

    return act


def add_url(connection: Connection, kind: str) -> str:
    return f"/notices/connections/{connection.pk}/add/?kind={kind}"


def plan_url(connection: Connection) -> str:
    return f"/notices/connections/{connection.pk}/"


def make_channel(connection: Connection, **values: Any) -> NoticeChannel:
    plan, _made = NoticePlan.objects.get_or_create(connection=connection)
    defaults = {"kind": "slack", "name": "情シス", "url": "https://hooks.example.com/a-secret"}
    return NoticeChannel.objects.create(plan=plan, **defaults | values)


def test_the_page_names_each_connection_and_the_tenant_with_the_addresses_of_mails(
    as_administrator: Client, connection: Connection
) -> None:
    tenants.save(host="a.hotprofile.biz", api_key="k", enabled=True, notify=["hp@example.com"])

    page = Page(as_administrator.get("/notices/"))

    for words in (
        "本番",
        "ops@example.com",
        "ホットプロファイル（a.hotprofile.biz）",
        "hp@example.com",
    ):
        assert words in page.text()
    assert page.links()["通知"] == "/notices/"


def test_without_connections_it_says_what_comes_first(as_administrator: Client) -> None:
    page = Page(as_administrator.get("/notices/"))

    assert page.links()["接続を追加"] == "/settings/new/"


def test_looking_changes_nothing(as_administrator: Client, connection: Connection) -> None:
    for address in ("/notices/", plan_url(connection), add_url(connection, "slack")):
        assert as_administrator.get(address).status_code == 200

    assert not NoticePlan.objects.exists()


def test_a_slack_is_added_tested_and_told_of_an_alert(
    send: Any, as_administrator: Client, connection: Connection, receiver: Receiver
) -> None:
    page = send(add_url(connection, "slack"), name="情シス", url=receiver.url(), action="test")
    assert "「情シス」にテスト送信しました" in page.text("tried")
    assert "送信先の応答：HTTP 200 ok" in page.text("tried")
    assert "通知のテスト送信です" in receiver.texts()[0]
    assert not NoticeChannel.objects.exists()

    # What was typed is not asked twice.
    answer = as_administrator.post(
        add_url(connection, "slack"),
        {**page.values(), "kinds": list(AlertKind.values), "action": "save"},
        follow=True,
    )
    assert "送信先「情シス」を保存しました。" in Page(answer).text()
    channel = NoticeChannel.objects.get()
    assert (channel.url, channel.kinds, channel.enabled) == (receiver.url(), [], True)

    Alert.objects.create(
        connection=connection,
        kind="configuration",
        problem=Problem(code="kintone_config.login").as_json(),
        began_at=clock.now(),
    )
    telling.tell(now=clock.now())
    assert "kintoneにログインできません" in receiver.texts()[1]
    assert "正常" in Page(as_administrator.get("/notices/")).text()


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("teams", {"url": "https://prod.example.com/workflows/x?sig=a-secret"}),
        ("line_works", {"url": "https://webhook.example.com/message/a-secret"}),
        ("webhook", {"url": "https://example.com/hook", "secret": KEY}),
        ("chatwork", {"secret": "a-secret-token", "room": "42"}),
    ],
)
def test_each_kind_is_stored_and_shows_no_secret(
    send: Any, as_administrator: Client, connection: Connection, kind: str, given: dict[str, str]
) -> None:
    send(add_url(connection, kind), **given, action="save")

    channel = NoticeChannel.objects.get()
    assert channel.kind == kind
    for name, value in given.items():
        assert getattr(channel, name) == value
    for address in ("/notices/", f"/notices/channels/{channel.pk}/"):
        shown = as_administrator.get(address).content.decode()
        assert "a-secret" not in shown
        assert KEY not in shown


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("slack", {}, "url", "WebhookのURLを入力してください"),
        ("slack", {"url": "http://example.com/x"}, "url", "https://で始まるURL"),
        ("slack", {"url": "ftp://example.com/x"}, "url", "https://で始まるURL"),
        ("slack", {"url": "hooks.slack.com"}, "url", "発行したURLを貼り付けて"),
        ("slack", {"url": "https://a:b@example.com/"}, "url", "ユーザー名やパスワード"),
        ("slack", {"url": "https://example.com:99999/"}, "url", "発行したURLを貼り付けて"),
        ("slack", {"url": "https://例え.jp/"}, "url", "発行したURLを貼り付けて"),
        ("webhook", {"url": "https://example.com/", "secret": "abc"}, "secret", "whsec_の後に"),
        ("chatwork", {"room": "1"}, "secret", "APIトークンを入力してください"),
        ("chatwork", {"secret": "トークン", "room": "1"}, "secret", "貼り付けてください"),
        ("chatwork", {"secret": "t"}, "room", "ルームIDを入力してください"),
        ("chatwork", {"secret": "t", "room": "#!rid1"}, "room", "数字だけ"),
        ("slack", {"name": "", "url": "https://example.com/"}, "name", "名前を入力してください"),
    ],
)
def test_what_cannot_work_is_told_beside_its_field(
    send: Any, connection: Connection, kind: str, given: dict[str, str], field: str, words: str
) -> None:
    page = send(add_url(connection, kind), **given, action="save")

    assert page.status == 422
    assert words in page.error_of(field)
    assert not NoticeChannel.objects.exists()


def test_a_name_stands_once_in_a_connection(send: Any, connection: Connection) -> None:
    make_channel(connection)

    page = send(
        add_url(connection, "slack"), name="情シス", url="https://x.example/", action="save"
    )

    assert "同じ名前の送信先があります" in page.error_of("name")


def test_an_empty_secret_keeps_what_is_stored(send: Any, connection: Connection) -> None:
    channel = make_channel(connection, kind="webhook", secret=KEY)

    send(f"/notices/channels/{channel.pk}/", name="監視", action="save")
    channel.refresh_from_db()
    assert (channel.name, channel.url, channel.secret) == (
        "監視",
        "https://hooks.example.com/a-secret",
        KEY,
    )

    send(f"/notices/channels/{channel.pk}/", unsigned="on", action="save")
    channel.refresh_from_db()
    assert channel.secret == ""


def test_a_channel_gets_the_chosen_kinds_alone(send: Any, connection: Connection) -> None:
    channel = make_channel(connection)

    send(f"/notices/channels/{channel.pk}/", kinds=["budget", "internal"], action="save")

    channel.refresh_from_db()
    assert channel.kinds == ["budget", "internal"]


def test_a_test_of_what_was_only_typed_says_nothing_of_the_stored_channel(
    send: Any, connection: Connection, receiver: Receiver
) -> None:
    channel = make_channel(connection)
    receiver.always = Told(status=404, body="no_service")

    page = send(f"/notices/channels/{channel.pk}/", url=receiver.url(), action="test")

    assert "送信先のWebhookまたはルームがありません" in page.text("tried")
    assert "HTTP 404：no_service" in page.text("tried")
    channel.refresh_from_db()
    assert channel.failed_at is None


def test_a_test_from_the_list_takes_the_stored_address_and_is_remembered(
    as_administrator: Client, connection: Connection, receiver: Receiver
) -> None:
    channel = make_channel(connection, url=receiver.url())
    receiver.next.append(Told(status=401))

    page = Page(as_administrator.post(f"/notices/channels/{channel.pk}/test/"))

    assert "送信先に拒否されました" in page.text("tried")
    assert "要対応" in Page(as_administrator.get("/notices/")).text()
    page = Page(as_administrator.post(f"/notices/channels/{channel.pk}/test/"))
    assert "「情シス」にテスト送信しました" in page.text("tried")


def test_a_test_to_a_host_within_says_who_can_allow_it(
    as_administrator: Client, connection: Connection, receiver: Receiver, settings: Any
) -> None:
    settings.NOTICE_INSIDE_NETWORKS = []
    channel = make_channel(connection, url=receiver.url(host="localhost"))

    page = Page(as_administrator.post(f"/notices/channels/{channel.pk}/test/"))

    assert "この送信先には接続できません" in page.text("tried")
    assert "NOTICE_INSIDE_NETWORKS" in page.text("tried")
    assert receiver.received == []


def test_a_test_mail_goes_to_everybody_who_gets_any(
    as_administrator: Client, connection: Connection
) -> None:
    NoticePlan.objects.create(
        connection=connection, addresses={"budget": ["data@example.com"], "internal": []}
    )

    page = Page(as_administrator.post(f"/notices/connections/{connection.pk}/test/"))

    assert "「メール」にテスト送信しました" in page.text("tried")
    (sent,) = mail.outbox
    assert sent.subject == "【テスト】通知のテスト送信です｜本番｜hpsync"
    assert sent.to == ["ops@example.com", "data@example.com"]
    assert NoticePlan.objects.get().succeeded_at is not None


def test_a_mail_server_that_is_away_is_told_in_words(
    as_administrator: Client, connection: Connection, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    page = Page(as_administrator.post(f"/notices/connections/{connection.pk}/test/"))

    assert "メールサーバーに接続できません" in page.text("tried")
    assert "EMAIL_URL" in page.text("tried")


def test_without_addresses_a_test_mail_says_what_to_do(
    as_administrator: Client, connection: Connection
) -> None:
    Schedule.objects.update(notify=[])

    answer = as_administrator.post(f"/notices/connections/{connection.pk}/test/", follow=True)

    assert "先に通知先メールアドレスを入力してください" in Page(answer).text()


def test_addresses_and_hours_are_changed_here_and_stand_in_step_1_too(
    send: Any, as_administrator: Client, connection: Connection
) -> None:
    page = send(
        plan_url(connection),
        notify="ops@example.com\nboss@example.com",
        to_budget="data@example.com",
        to_internal="なし",
        quiet_from="22:00",
        quiet_until="07:00",
        digest="hourly",
    )

    assert "通知の設定を保存しました。" in page.text()
    assert "22:00〜07:00（日本時間）は送らない" in page.text()
    plan = NoticePlan.objects.get()
    assert plan.addresses == {"budget": ["data@example.com"], "internal": []}
    assert (plan.digest, plan.urgent_at_once) == ("hourly", True)
    step1 = Page(as_administrator.get(f"/settings/{connection.pk}/"))
    assert "boss@example.com" in step1.values()["notify"]
    again = Page(as_administrator.get(plan_url(connection))).values()
    assert (again["to_internal"], again["quiet_from"]) == ("なし", "22:00")


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"notify": "nobody"}, "notify", "「nobody」はメールアドレスの形式ではありません"),
        ({"to_budget": "a@example.com, b"}, "to_budget", "「b」はメールアドレスの形式"),
        ({"quiet_from": "22:00"}, "quiet_until", "両方を入力するか、両方を空に"),
        ({"quiet_until": "22:00"}, "quiet_from", "両方を入力するか、両方を空に"),
        ({"quiet_from": "7:00", "quiet_until": "7:00"}, "quiet_until", "別の時刻"),
        ({"quiet_from": "night", "quiet_until": "7:00"}, "quiet_from", "22:00の形で"),
    ],
)
def test_a_mistake_in_the_plan_is_told_and_nothing_is_lost(
    send: Any, connection: Connection, given: dict[str, str], field: str, words: str
) -> None:
    page = send(plan_url(connection), **given)

    assert page.status == 422
    assert words in page.error_of(field)
    for name, value in given.items():
        assert page.values()[name] == value
    assert not NoticePlan.objects.exists()


def test_the_tenant_has_a_plan_and_channels_of_its_own(
    send: Any, as_administrator: Client, receiver: Receiver
) -> None:
    tenants.save(host="a.hotprofile.biz", api_key="k", enabled=True, notify=[])

    send("/notices/source/", notify="hp@example.com", digest="daily")
    send("/notices/source/add/?kind=slack", name="HP", url=receiver.url(), action="save")

    plan = NoticePlan.objects.get()
    assert plan.tenant is not None
    assert (plan.tenant.notify, plan.digest) == (["hp@example.com"], "daily")
    assert plan.channels.get().name == "HP"
    page = Page(as_administrator.post("/notices/source/test/"))
    assert "「メール」にテスト送信しました" in page.text("tried")


def test_what_failed_and_what_was_given_up_is_told_and_can_be_sent_again(
    as_administrator: Client, connection: Connection
) -> None:
    now = clock.now()
    failed = {"failed_at": now, "failure": Problem(code="notice.server").as_json()}
    retried = make_channel(connection, name="再試行", **failed)
    given_up = make_channel(connection, name="届かない", **failed)
    alert = Alert.objects.create(connection=connection, kind="internal", began_at=now)
    row = {
        "plan": retried.plan,
        "alert": alert,
        "stage": "began",
        "since": now,
        "urgent": True,
        "gathered": False,
        "created_at": now,
        "attempts": 3,
    }
    Delivery.objects.create(channel=retried, due_at=now + timedelta(minutes=8), **row)
    Delivery.objects.create(channel=given_up, due_at=now, given_up_at=now, **row)

    page = Page(as_administrator.get("/notices/"))
    assert "自動で再試行" in page.text()
    assert "1件を" in page.text()
    assert "1日再試行しても届かなかった通知が1件あります。" in page.text()

    answer = as_administrator.post(f"/notices/channels/{given_up.pk}/again/", follow=True)
    assert "1件の通知を、1分以内にもう一度送信します。" in Page(answer).text()
    assert Delivery.objects.get(channel=given_up).given_up_at is None


def test_a_channel_is_deleted_after_its_consequences_were_told(
    as_administrator: Client, connection: Connection
) -> None:
    channel = make_channel(connection)
    address = f"/notices/channels/{channel.pk}/delete/"
    assert "まだ送っていない通知も削除されます" in Page(as_administrator.get(address)).text()
    assert NoticeChannel.objects.exists()

    answer = as_administrator.post(address, follow=True)

    assert "送信先「情シス」を削除しました。" in Page(answer).text()
    assert not NoticeChannel.objects.exists()


def test_the_number_of_queries_does_not_grow(
    as_administrator: Client, connection: Connection
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            as_administrator.get("/notices/")
        return len(captured)

    make_channel(connection)
    before = queries()
    for number in range(5):
        other = make_connection(name=str(number))
        make_channel(other, name="a")
        make_channel(other, name="b")

    assert queries() == before

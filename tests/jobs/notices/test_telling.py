"""Alerts as they arrive at chats and mail servers that work, fail, and come back."""

import socket
from datetime import time, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from common.problems import Problem
from jobs import tasks
from jobs.models import Alert
from jobs.notices import plans, posting, sending, telling
from jobs.notices.models import Delivery, NoticeChannel
from jobs.notices.states import Digest
from jobs.states import AlertKind
from pulls import tenants
from pulls.models import Trouble
from tests.jobs.notices.receiver import Told

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def end(alert: Alert, at) -> None:
    Alert.objects.filter(pk=alert.pk).update(ended_at=at)


def titles(receiver) -> list[str]:
    return [text.split("\n")[0].strip("*") for text in receiver.texts()]


def test_an_alert_and_its_end_reach_every_channel_and_the_mail(
    db, server, receiver, alert_of, channel_of, noon
):
    alert = alert_of()
    channel_of(alert)

    telling.tell(now=noon)
    end(alert, noon + HOUR)
    telling.tell(now=noon + HOUR + MINUTE)

    told = [
        "【要対応】kintoneにログインできません｜本番｜hpsync",
        "【復旧】設定の問題が解消しました｜本番｜hpsync",
    ]
    assert titles(receiver) == server.subjects() == told
    text = receiver.texts()[0]
    assert "入力し直してください" in text
    assert f"https://hpsync.example.com/settings/{alert.connection_id}/" in text


def test_what_goes_out_holds_no_address_of_anybody(
    db, server, receiver, alert_of, channel_of, noon
):
    alert = alert_of()
    channel_of(alert, "webhook", url=receiver.url("/hook"))

    telling.tell(now=noon)

    (sent,) = receiver.received
    assert "@example.com" not in sent.body.decode()
    (notice,) = sent.json["data"]["notices"]
    assert (notice["kind"], notice["state"]) == ("configuration", "action_required")
    assert notice["since"] == "2026-11-22T03:00:00+00:00"
    assert sent.json["type"] == "alert.began"


def test_it_is_told_once_however_many_ticks_pass(db, receiver, alert_of, channel_of, noon):
    channel_of(alert_of(notify=[]))

    for minute in range(5):
        telling.tell(now=noon + minute * MINUTE)

    assert len(receiver.received) == 1


def test_kinds_of_alerts_go_to_addresses_and_channels_of_their_own(
    db, server, receiver, alert_of, channel_of, plan_of, noon
):
    alert = alert_of(AlertKind.BUDGET, "budget", whole=False)
    plan_of(alert, addresses={"budget": ["data@example.com"], "internal": []})
    channel_of(alert, kinds=["internal"])
    other = Alert.objects.create(
        connection=alert.connection,
        kind=AlertKind.INTERNAL,
        problem=Problem(code="internal").as_json(),
        began_at=noon,
    )

    telling.tell(now=noon)

    assert [mail["To"] for mail in server.mails] == ["data@example.com"]
    assert len(receiver.received) == 1
    assert not Delivery.objects.filter(alert=other, channel=None).exists()


def test_in_quiet_hours_only_what_a_person_must_mend_goes_at_once(
    db, server, receiver, alert_of, channel_of, plan_of, noon
):
    night = noon + 11 * HOUR  # 23:00
    waits = alert_of(AlertKind.UNREACHABLE, "kintone_down", name="A")
    urgent = alert_of(name="B")
    for alert in (waits, urgent):
        Alert.objects.filter(pk=alert.pk).update(began_at=night)
        plan_of(alert, quiet_from=time(22), quiet_until=time(7))
        channel_of(alert)

    telling.tell(now=night)
    assert [subject.split("｜")[1] for subject in server.subjects()] == ["B"]
    assert len(receiver.received) == 1
    telling.tell(now=night + 8 * HOUR - MINUTE)
    assert len(receiver.received) == 1
    telling.tell(now=night + 8 * HOUR)  # 7:00

    assert [subject.split("｜")[1] for subject in server.subjects()] == ["B", "A"]
    assert len(receiver.received) == 2


def test_what_is_over_before_the_quiet_hours_are_is_told_as_over_only(
    db, receiver, alert_of, channel_of, plan_of, noon
):
    alert = alert_of(AlertKind.UNREACHABLE, "kintone_down", notify=[])
    plan_of(alert, quiet_from=time(22), quiet_until=time(7))
    channel_of(alert)
    night = noon + 11 * HOUR
    telling.tell(now=night)
    end(alert, night + HOUR)

    for hours in range(1, 12):
        telling.tell(now=night + hours * HOUR)

    assert [title[:4] for title in titles(receiver)] == ["【復旧】"]


def test_a_daily_digest_is_one_message_with_all_that_happened(
    db, server, receiver, alert_of, channel_of, plan_of, noon
):
    alert = alert_of()
    plan_of(alert, digest=Digest.DAILY, urgent_at_once=False)
    channel_of(alert)
    channel_of(alert, "webhook", url=receiver.url("/hook"))
    Alert.objects.create(
        connection=alert.connection,
        kind=AlertKind.BUDGET,
        problem=Problem(code="budget").as_json(),
        began_at=noon,
    )

    telling.tell(now=noon)
    assert receiver.received == []
    telling.tell(now=noon + 21 * HOUR)  # 9:00

    assert server.subjects() == ["【要対応】通知2件｜本番｜hpsync"]
    for words in ("kintoneにログインできません", "1日の上限に達したため保留しています"):
        assert words in server.text()
        assert words in server.html()
        assert words in receiver.received[0].json["text"]
    summary = receiver.received[1].json
    assert summary["type"] == "alert.summary"
    assert [one["kind"] for one in summary["data"]["notices"]] == ["configuration", "budget"]


def test_many_notices_become_messages_that_can_be_read(
    db, receiver, alert_of, channel_of, plan_of, noon
):
    alert = alert_of(notify=[])
    plan_of(alert, digest=Digest.HOURLY, urgent_at_once=False)
    channel_of(alert)
    end(alert, noon)
    Alert.objects.bulk_create(
        Alert(connection=alert.connection, kind="internal", began_at=noon, ended_at=noon)
        for _ in range(2 * sending.MOST_TOGETHER)
    )

    telling.tell(now=noon)
    telling.tell(now=noon + HOUR)

    assert [title[:9] for title in titles(receiver)] == [
        *["【まとめ】通知20"] * 2,
        "【復旧】データ処理",
    ]


def test_a_channel_that_fails_holds_up_nobody_and_is_tried_with_growing_pauses(
    db, server, receiver, alert_of, channel_of, noon
):
    alert = alert_of()
    broken = channel_of(alert, name="broken", url=receiver.url("/broken"))
    channel_of(alert, name="sound", url=receiver.url("/sound"))
    receiver.next.append(Told(status=500))
    receiver.always = Told()

    telling.tell(now=noon)
    assert [one.path for one in receiver.received] == ["/broken", "/sound"]
    assert len(server.mails) == 1

    receiver.received.clear()
    receiver.next.extend([Told(status=503)] * 3)
    tried = []
    for minute in range(1, 20):
        before = len(receiver.received)
        telling.tell(now=noon + minute * MINUTE)
        tried += [minute] * (len(receiver.received) - before)
    assert tried == [1, 3, 7, 15]
    broken.refresh_from_db()
    assert broken.succeeded_at == noon + 15 * MINUTE
    assert not broken.is_failing


def test_the_alerts_of_a_broken_channel_wait_for_one_another(
    db, receiver, alert_of, channel_of, noon
):
    alert = alert_of(notify=[])
    channel_of(alert)
    for kind in (AlertKind.INTERNAL, AlertKind.DRIFT):
        Alert.objects.create(connection=alert.connection, kind=kind, began_at=noon)
    receiver.always = Told(status=500)

    telling.tell(now=noon)
    assert len(receiver.received) == 1

    receiver.always = Told()
    telling.tell(now=noon + MINUTE)
    assert len(receiver.received) == 4


def test_a_message_that_is_refused_does_not_hold_up_the_next_one(
    db, receiver, alert_of, channel_of, noon
):
    alert = alert_of(notify=[])
    channel_of(alert)
    Alert.objects.create(connection=alert.connection, kind=AlertKind.INTERNAL, began_at=noon)
    receiver.next.append(Told(status=400, body="invalid_payload"))

    telling.tell(now=noon)

    assert len(receiver.received) == 2
    assert Delivery.objects.filter(sent_at=noon).count() == 1


def test_after_a_day_a_notice_is_given_up_and_can_be_sent_again(
    db, receiver, alert_of, channel_of, noon
):
    alert = alert_of(notify=[])
    channel = channel_of(alert)
    receiver.always = Told(status=410)

    moment = noon
    while moment <= noon + 26 * HOUR:
        telling.tell(now=moment)
        moment += 10 * MINUTE

    delivery = Delivery.objects.get()
    assert delivery.given_up_at is not None
    assert DAY <= delivery.given_up_at - noon < DAY + 2 * HOUR
    attempts = len(receiver.received)
    assert attempts < 40

    receiver.always = Told()
    assert plans.send_again(channel.plan, channel, now=moment) == 1
    telling.tell(now=moment)
    assert len(receiver.received) == attempts + 1
    assert Delivery.objects.get().sent_at == moment


def test_another_address_is_tried_at_once(db, receiver, alert_of, channel_of, noon):
    channel = channel_of(alert_of(notify=[]), url=receiver.url("/old"))
    receiver.next.append(Told(status=404))
    telling.tell(now=noon)
    for attempt in range(4):
        receiver.next.append(Told(status=404))
        Delivery.objects.update(due_at=noon + attempt * MINUTE)
        telling.tell(now=noon + attempt * MINUTE)

    channel.url = receiver.url("/new")
    plans.save_channel(channel, now=noon + 5 * MINUTE)
    telling.tell(now=noon + 5 * MINUTE)

    assert receiver.received[-1].path == "/new"
    assert Delivery.objects.get().sent_at == noon + 5 * MINUTE


def test_the_same_notice_keeps_its_identity_when_it_is_sent_again(
    db, receiver, alert_of, channel_of, noon
):
    channel_of(alert_of(notify=[]), "webhook", url=receiver.url("/hook"))
    receiver.next.append(Told(status=500))

    telling.tell(now=noon)
    telling.tell(now=noon + MINUTE)

    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_what_a_worker_died_over_is_sent_by_another(db, receiver, alert_of, channel_of, noon):
    channel_of(alert_of(notify=[]))
    posting.post(now=noon)
    Delivery.objects.update(sending_at=noon)

    telling.tell(now=noon + MINUTE)
    assert receiver.received == []
    telling.tell(now=noon + 11 * MINUTE)

    assert len(receiver.received) == 1


def test_a_channel_that_is_switched_off_or_deleted_gets_nothing_any_more(
    db, receiver, alert_of, channel_of, noon
):
    alert = alert_of(notify=[])
    off, gone = channel_of(alert, name="off"), channel_of(alert, name="gone")
    posting.post(now=noon)
    NoticeChannel.objects.filter(pk=off.pk).update(enabled=False)
    gone.delete()

    telling.tell(now=noon)

    assert receiver.received == []
    assert not Delivery.objects.exists()


def test_what_ends_silently_is_not_told_any_more(db, receiver, alert_of, channel_of, plan_of, noon):
    alert = alert_of(AlertKind.UNREACHABLE, "kintone_down", notify=[])
    plan_of(alert, quiet_from=time(11), quiet_until=time(13))
    channel_of(alert)
    telling.tell(now=noon)
    Alert.objects.update(ended_at=noon, ended_told_at=noon)

    telling.tell(now=noon + 2 * HOUR)

    assert receiver.received == []


def test_what_waits_goes_by_the_plan_as_it_is_changed(
    db, receiver, alert_of, channel_of, plan_of, noon
):
    alert = alert_of(AlertKind.UNREACHABLE, "kintone_down", notify=[])
    plan_of(alert, digest=Digest.DAILY)
    channel_of(alert)
    telling.tell(now=noon)
    values = plans.PlanValues(
        addresses={},
        quiet_from=None,
        quiet_until=None,
        urgent_at_once=True,
        digest=Digest.IMMEDIATE,
    )
    plans.save_values(alert.connection, values, now=noon + MINUTE)

    telling.tell(now=noon + MINUTE)

    assert len(receiver.received) == 1


def test_trouble_at_the_source_goes_the_same_way(db, server, receiver, noon):
    tenant = tenants.save(
        host="a.hotprofile.biz", api_key="key", enabled=True, notify=["ops@example.com"]
    )
    trouble = Trouble.objects.create(
        tenant=tenant, problem=Problem(code="hotprofile_config.key").as_json(), began_at=noon
    )
    telling.tell(now=noon)
    plan = Delivery.objects.get().plan
    NoticeChannel.objects.create(plan=plan, kind="slack", name="x", url=receiver.url())
    Trouble.objects.filter(pk=trouble.pk).update(ended_at=noon + HOUR)
    telling.tell(now=noon + HOUR)

    name = "ホットプロファイル（a.hotprofile.biz）"
    assert server.subjects() == [
        f"【要対応】APIキーが正しくありません｜{name}｜hpsync",
        f"【復旧】ホットプロファイルからの取り込みの問題が解消しました｜{name}｜hpsync",
    ]
    assert titles(receiver) == server.subjects()[1:]


def test_a_mail_server_that_is_away_is_asked_once_a_tick(
    db, settings, receiver, alert_of, channel_of, noon, caplog
):
    for name in "ABC":
        channel_of(alert_of(name=name), name=name)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = closed.getsockname()[1]

    telling.tell(now=noon)

    assert caplog.text.count("The mail server is not reached") == 1
    assert len(receiver.received) == 3


@pytest.mark.parametrize("sleeping", [0, 3])
def test_a_quiet_tick_costs_the_same_however_much_was_told(
    db, receiver, alert_of, channel_of, noon, sleeping
):
    for number in range(sleeping):
        channel_of(alert_of(name=str(number), notify=[]))
    telling.tell(now=noon)

    with CaptureQueriesContext(
        database,
    ) as queries:
        telling.tell(now=noon + MINUTE)

    assert len(queries) == 3


def test_what_was_told_is_forgotten_after_a_month(db, receiver, alert_of, channel_of, noon):
    channel_of(alert_of(notify=[]))
    telling.tell(now=noon)

    sending.forget_old(now=noon + 29 * DAY)
    assert Delivery.objects.exists()
    sending.forget_old(now=noon + 31 * DAY)
    assert not Delivery.objects.exists()


def test_the_clocks_tick_tells(db, receiver, alert_of, channel_of, noon):
    channel_of(alert_of(notify=[]))

    tasks.tick()

    assert len(receiver.received) == 1


def test_addresses_and_tokens_lie_encrypted_in_the_database(
    db, receiver, alert_of, channel_of, noon
):
    channel_of(alert_of(), "chatwork", url="https://the-address", secret="the-token", room="1")

    with database.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM jobs_noticechannel")
        stored = str(cursor.fetchall())
    assert "the-address" not in stored
    assert "the-token" not in stored

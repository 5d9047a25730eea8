"""Mails as they arrive at a mail server: one when it begins, one when it is well, in words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.db import connection as database

from common.problems import Problem
from jobs.ledger import ledger_of
from jobs.models import Alert, LedgerEntry, Run
from jobs.notices import posting, sending, telling
from jobs.notices.models import Delivery
from jobs.states import AlertKind, EntryState, RunStatus

MINUTE = timedelta(minutes=1)
ADDRESSES = ["ops@example.com", "boss@example.com"]


def end(alert: Alert, at) -> None:
    Alert.objects.filter(pk=alert.pk).update(ended_at=at)


def test_the_mail_names_what_happened_where_since_when_and_what_to_do(db, server, alert_of, noon):
    alert = alert_of()

    telling.tell(now=noon)

    assert server.subjects() == ["【要対応】kintoneにログインできません｜本番｜hpsync"]
    assert server.mails[0]["To"] == "ops@example.com, boss@example.com"
    for words in (
        "11月22日（日）12:00",
        "本番",
        "入力し直してください",
        f"https://hpsync.example.com/settings/{alert.connection_id}/",
        "接続先の設定を確認する",
        "［通知先メールアドレス］",
    ):
        assert words in server.text()
        assert words in server.html()


def test_it_is_told_once_however_many_ticks_pass(db, server, alert_of, noon):
    alert_of()

    for minute in range(3):
        telling.tell(now=noon + minute * MINUTE)

    assert len(server.mails) == 1


def test_when_it_is_well_again_one_mail_says_so(db, server, alert_of, noon):
    alert = alert_of()
    telling.tell(now=noon)
    server.mails.clear()
    end(alert, noon + 65 * MINUTE)

    telling.tell(now=noon + 66 * MINUTE)
    telling.tell(now=noon + 67 * MINUTE)

    assert server.subjects() == ["【復旧】設定の問題が解消しました｜本番｜hpsync"]
    assert "11月22日（日）13:05" in server.text()
    assert "「kintoneにログインできません」" in server.text()


def test_what_is_over_before_it_could_be_told_is_told_as_over_only(db, server, alert_of, noon):
    end(alert_of(), noon + MINUTE)

    telling.tell(now=noon + 2 * MINUTE)
    telling.tell(now=noon + 3 * MINUTE)

    assert [subject[:4] for subject in server.subjects()] == ["【復旧】"]


def test_a_hold_names_the_hour_it_resumes_in_japan_and_asks_for_nothing(db, server, alert_of, noon):
    alert = alert_of(AlertKind.BUDGET, "budget", whole=False)
    Run.objects.filter(pk=alert.run_id).update(
        status=RunStatus.HELD, resume_at=noon + timedelta(hours=12)
    )

    telling.tell(now=noon)

    assert server.subjects()[0].startswith("【自動で再開】1日の上限に達したため保留しています")
    assert "11月23日（月）0:00（日本時間）に自動で再開します" in server.text()
    assert "会社 → 顧客リスト" in server.text()
    assert "本日" not in server.text()


def test_no_answer_is_retried_and_asks_for_nothing(db, server, alert_of, noon):
    alert_of(AlertKind.UNREACHABLE, "kintone_down")

    telling.tell(now=noon)

    assert server.subjects()[0].startswith(
        "【自動で再試行】kintoneから応答がないため待機しています"
    )
    assert "5分ごとに再試行" in server.text()
    assert "操作は不要です" in server.text()


def test_failed_records_are_told_by_cause_and_number(db, server, alert_of, noon):
    alert = alert_of(AlertKind.RECORDS_FAILED, "records_failed", whole=False)
    ledger = ledger_of(alert.mapping)
    codes = ["too_long", "too_long", "not_a_number"]
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            ledger=ledger,
            source_id=number,
            state=EntryState.FAILED,
            version=1,
            problems=[Problem(code=code, field="name").as_json()],
            touched_at=noon,
        )
        for number, code in enumerate(codes)
    )

    telling.tell(now=noon)

    assert server.subjects() == ["【要対応】3件のデータの連携に失敗しました｜本番｜hpsync"]
    causes = [line for line in server.text().splitlines() if line.startswith("- ")]
    assert [cause[:5] for cause in causes] == ["- 2件 ", "- 1件 "]


def test_names_cannot_break_out_of_the_html_or_the_subject(db, server, alert_of, noon):
    alert_of(name="<b>A&B</b>")

    telling.tell(now=noon)

    assert "｜<b>A&B</b>｜hpsync" in server.subjects()[0]
    assert "<b>A" not in server.html()
    assert "接続: <b>A&B</b>" in server.text()


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_words_for_its_beginning_and_its_end(db, server, alert_of, noon, kind):
    alert = alert_of(kind, kind.value, whole=False)
    telling.tell(now=noon)
    end(alert, noon + MINUTE)
    telling.tell(now=noon + MINUTE)

    assert len(server.subjects()) == 2
    assert server.subjects()[1].startswith("【復旧】")


def test_the_mails_speak_the_language_of_the_installation_not_of_the_worker(
    db, server, alert_of, noon, settings
):
    settings.LANGUAGE_CODE = "en"
    alert_of()

    telling.tell(now=noon)

    assert 'lang="en"' in server.html()


def test_where_nobody_is_to_be_told_nothing_is_sent_and_nothing_stays_pending(
    db, server, alert_of, noon
):
    alert = alert_of(notify=[])

    telling.tell(now=noon)

    alert.refresh_from_db()
    assert server.mails == []
    assert alert.began_told_at == noon


def test_a_mail_server_that_is_down_leaves_the_mail_for_the_next_tick(
    db, server, alert_of, noon, caplog
):
    alert_of()
    server.controller.stop()
    telling.tell(now=noon)
    assert "The mail server is not reached: notice.mail_down" in caplog.text

    server.controller = Controller(server, hostname="127.0.0.1", port=server.controller.port)
    server.controller.start()
    telling.tell(now=noon + MINUTE)

    assert len(server.mails) == 1


def test_an_address_that_is_refused_does_not_hold_up_the_others(db, server, alert_of, noon):
    server.refused.add("gone@example.com")
    alert_of(notify=["gone@example.com"], name="A")
    alert_of(name="B")

    telling.tell(now=noon)

    assert [subject.split("｜")[1] for subject in server.subjects()] == ["B"]


def test_a_mail_whose_worker_died_over_it_is_sent_by_another(db, server, alert_of, noon):
    alert_of()
    posting.post(now=noon)
    Delivery.objects.update(sending_at=noon)

    telling.tell(now=noon + MINUTE)
    assert server.mails == []
    telling.tell(now=noon + 11 * MINUTE)

    assert len(server.mails) == 1


def test_a_tick_that_saw_the_mail_due_before_another_sent_it_sends_none(db, server, alert_of, noon):
    alert_of()
    posting.post(now=noon)
    seen = list(Delivery.objects.all())
    telling.tell(now=noon)

    assert sending._claim(seen, now=noon) == []


@pytest.mark.django_db(transaction=True)
def test_several_ticks_at_once_send_one_mail(server, alert_of, noon):
    alert_of()
    together = threading.Barrier(4)

    def tick(_number: int) -> None:
        try:
            together.wait()
            telling.tell(now=noon)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(4)))

    assert len(server.mails) == 1

"""Database, broker, processes and what the database holds."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from common import clock, reencrypting
from crm.models import Account
from hpsync import health
from hpsync.celery import app
from hpsync.doctor.findings import Finding, failure, warning, well
from jobs.models import Heartbeat

#: As many seconds may our clock and the database's be apart.
APART = timedelta(seconds=5)
#: Seconds that workers are given to answer.
PATIENCE = 2.0


def database() -> Iterator[Finding]:
    """Whether it answers, and by our time."""
    what = _("データベース")
    try:
        health.database_answers()
        with connection.cursor() as cursor:
            cursor.execute("SELECT CURRENT_TIMESTAMP")
            (there,) = cursor.fetchone()
    except (DatabaseError, OSError) as error:
        remedy = _("DATABASE_URLと、データベースのサーバーが動いているかを確認してください。")
        yield failure(what, _first_line(error), remedy=remedy)
        return
    yield well(what, connection.display_name)
    if settings.USES_SQLITE:
        return
    apart = abs(clock.now() - there)
    said = _("データベースとの時刻の差は%(seconds)s秒です") % {
        "seconds": round(apart.total_seconds(), 1)
    }
    if apart > APART:
        remedy = _("サーバーの時計をNTPで合わせてください。")
        yield failure(_("時計"), said, remedy=remedy)
    else:
        yield well(_("時計"), said)


def migrations() -> Iterator[Finding]:
    """Whether the schema is this code's."""
    what = _("データベースの構造")
    try:
        is_current = health.schema_is_current()
    except (DatabaseError, OSError) as error:
        yield failure(what, _first_line(error), remedy=_("まずデータベースを直してください。"))
        return
    if is_current:
        yield well(what)
    else:
        said = _("このバージョンに合っていません")
        yield failure(what, said, remedy=_("manage.py migrate を実行してください。"))


def broker() -> Iterator[Finding]:
    """Whether a task could be handed over."""
    what = _("ブローカー")
    try:
        health.broker_answers()
    except (OperationalError, RedisError, OSError) as error:
        remedy = (
            _("manage.py up が動いているかを確認してください。")
            if settings.EMBEDDED_BROKER
            else _("CELERY_BROKER_URLと、Redisのサーバーが動いているかを確認してください。")
        )
        yield failure(what, _first_line(error), remedy=remedy)
    else:
        yield well(what)


def workers() -> Iterator[Finding]:
    """Whether anybody works."""
    what = _("ワーカー")
    try:
        answers = app.control.inspect(timeout=PATIENCE).ping() or {}
    except (OperationalError, RedisError, OSError):
        answers = {}
    if answers:
        yield well(what, "、".join(sorted(answers)))
    else:
        remedy = _("ワーカーを起動し、そのログを確認してください。")
        yield failure(what, _("応答がありません"), remedy=remedy)


def ticks() -> Iterator[Finding]:
    """Whether the minute's tick was carried out lately."""
    what = _("毎分の処理")
    last = Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()
    if health.clock_ticks():
        yield well(what)
        return
    said = (
        _("最後に動いたのは%(minutes)s分前です")
        % {"minutes": f"{(clock.now() - last) // timedelta(minutes=1):,}"}
        if last
        else _("まだ一度も動いていません")
    )
    remedy = _("beatと、キュー「clock」のワーカーが動いているかを確認してください。")
    yield failure(what, said, remedy=remedy)


def credentials() -> Iterator[Finding]:
    """Whether the keys open what is encrypted."""
    what = _("認証情報の鍵")
    report = reencrypting.renew(only_look=True)
    if report.unreadable:
        said = _("どの鍵でも開けない値が%(count)s個あります") % {"count": len(report.unreadable)}
        remedy = _("CREDENTIAL_KEYSに元の鍵を戻すか、接続の認証情報を入力し直してください。")
        yield failure(what, said, remedy=remedy)
    elif report.renewed:
        said = _("古い鍵の値が%(count)s個あります") % {"count": report.renewed}
        yield warning(what, said, remedy=_("manage.py renew_credentials を実行してください。"))
    else:
        yield well(what)


def administrators() -> Iterator[Finding]:
    """Whether somebody may sign in."""
    what = _("管理者")
    count = Account.objects.filter(is_active=True, role=Account.Role.ADMINISTRATOR).count()
    if count:
        yield well(what, _("%(count)s人") % {"count": count})
    else:
        remedy = _("manage.py create_administrator NAME を実行してください。")
        yield failure(what, _("サインインできる管理者がいません"), remedy=remedy)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

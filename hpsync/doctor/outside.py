"""The mail server, and each kintone that mappings at work send to."""

from collections.abc import Iterator
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import get_connection
from django.utils.translation import gettext as _

from hpsync.doctor.findings import Finding, failure, warning, well
from integrations import connections
from integrations.connections import LinkState
from integrations.models import Connection
from mapping.models import Mapping
from mapping.problem_texts import describe

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mail() -> Iterator[Finding]:
    """Whether the mail server lets us in; nothing is sent."""
    what = _("メール")
    if settings.EMAIL_BACKEND != SMTP:
        said = _("メールは送信されず、ファイルに保存されます")
        yield warning(what, said, remedy=_("EMAIL_URLにメールサーバーを設定してください。"))
        return
    server = get_connection()
    try:
        server.open()
    except (SMTPException, OSError) as error:
        remedy = _("EMAIL_URLと、メールサーバーの状態を確認してください。")
        yield failure(what, str(error), remedy=remedy)
    else:
        yield well(what, f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")
    finally:
        server.close()


def kintone() -> Iterator[Finding]:
    """Whether each connection at work reaches its apps."""
    at_work = Mapping.objects.filter(enabled=True).order_by("connection", "id")
    for connection in Connection.objects.filter(mappings__enabled=True).distinct().order_by("id"):
        for mapping in at_work.filter(connection=connection):
            yield _reached(connection, mapping)


def _reached(connection: Connection, mapping: Mapping) -> Finding:
    what = _("kintone（%(mapping)s）") % {"mapping": mapping}
    links = connections.check(connection, app=mapping.app, guest_space=mapping.guest_space)
    broken = next((link for link in links if link.state is LinkState.BROKEN), None)
    if broken is None or broken.problem is None:
        return well(what, connection.host)
    text = describe(broken.problem)
    return failure(what, text.heading, remedy=text.body)

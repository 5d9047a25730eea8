"""Which kintone user each member is, as the settings file says it."""

from collections.abc import Mapping as MappingOf

from django.utils.translation import gettext as _

from crm.models import Member
from integrations.models import Connection
from jobs.settings_file.report import Report, connection_name
from mapping.user_ties import save, table_of


def apply(
    connection: Connection, users: MappingOf[str, str], *, prune: bool, is_new: bool, report: Report
) -> None:
    """Tie the members to these login names; of those that are not named it stays as it was.

    Members who have not come in yet, and login names that kintone is known not to have, are noted:
    the tie is stored all the same, for when they are there.

    Args:
        users: E-mail address in small letters → login name; "" sends nothing for the member.
        prune: Those that are not named are tied by themselves again.
    """
    stored = dict(connection.user_ties.values_list("email", "code"))
    gone = stored.keys() - users.keys() if prune else set()
    thing = connection_name(connection)
    for email in sorted({*users, *gone}):
        before, after = _words(stored.get(email)), _words(users.get(email))
        if before != after and not is_new:
            what = _("kintoneユーザーとの対応（%(email)s）") % {"email": email}
            report.changed(thing, what=what, before=before, after=after)
    save(connection, {**users, **dict.fromkeys(gone)})
    _note_unknown(connection, users, report=report)


def _words(code: str | None) -> str:
    if code is None:
        return ""
    return code or _("送信しない")


def _note_unknown(connection: Connection, users: MappingOf[str, str], *, report: Report) -> None:
    thing = connection_name(connection)
    members = {email.casefold() for email in Member.objects.values_list("email", flat=True)}
    table = table_of(connection)
    for email, code in sorted(users.items()):
        if email not in members:
            report.note(
                thing,
                _(
                    "社員「%(email)s」はまだ取り込まれていません。取り込むまで、この対応は使用しません。"
                )
                % {"email": email},
            )
        if code and table.read_at is not None and code not in table.active:
            report.note(
                thing,
                _("kintoneに、有効なユーザー「%(code)s」がいません（%(email)s）。")
                % {"code": code, "email": email},
            )

"""A file of members (社員): read as a whole, each line added or changed by its e-mail address."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.wording import listed
from crm import writing
from crm.importing.columns import fold_heading
from crm.importing.lines import Line
from crm.importing.reader import CsvError, open_table
from crm.importing.work import RefusedLine
from crm.models import Member

#: Members that one file may hold: it is imported while its sender waits.
MOST: Final = 5_000

#: What the columns may be called: by folded heading, the field of a member.
_HEADINGS: Final[Mapping[str, str]] = {
    "氏名": "name",
    "名前": "name",
    "ユーザー名": "name",
    "name": "name",
    "メールアドレス": "email",
    "email": "email",
    "e-mail": "email",
    "kintoneのログイン名": "login",
    "ログイン名": "login",
    "login": "login",
    "所属部署": "section",
    "section": "section",
    "グループ": "groups",
    "権限グループ": "groups",
    "groups": "groups",
    "状態": "active",
    "active": "active",
}
_ACTIVE: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("有効", "1", "true", "active"), True),
    **dict.fromkeys(("無効", "0", "false", "inactive"), False),
}
_BETWEEN_GROUPS: Final = re.compile(r"[\r\n;；、]+")


@dataclass(slots=True, kw_only=True)
class MembersReport:
    """What became of the lines of the file."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


def import_members(file: BinaryIO) -> MembersReport:
    """Add and change members as the file says; a column that it lacks is left alone.

    A line that does not fit is refused as a whole and does not hold back the others.

    Raises:
        CsvError: the file cannot be read, has too many lines, or no column of addresses.
    """
    table = open_table(file)
    columns = _columns(table.headings)
    lines: list[Line] = []
    for line in table.lines():
        if len(lines) == MOST:
            message = _("社員は1つのファイルで%s名まで取り込めます。ファイルを分割してください。")
            raise CsvError(message % f"{MOST:,}")
        lines.append(line)
    report = MembersReport()
    seen: dict[str, int] = {}
    for line in lines:
        try:
            _take(line, columns, seen=seen, report=report)
        except ValidationError as error:
            reason = " ".join(error.messages)
            report.refused.append(RefusedLine(line=line.line, reason=reason))
    return report


def _columns(headings: Sequence[str]) -> Mapping[str, int]:
    """Field → position."""
    found: dict[str, int] = {}
    for position, heading in enumerate(headings):
        name = _HEADINGS.get(fold_heading(heading))
        if name in found:
            message = _("見出し「%(heading)s」の列が%(count)sつあります。1つにしてください。")
            raise CsvError(message % {"heading": heading, "count": 2}, line=1)
        if name:
            found[name] = position
    if "email" not in found:
        message = _("見出し「%(heading)s」の列がありません。ファイルの見出し：%(headings)s")
        values = {"heading": "メールアドレス", "headings": listed(headings)}
        raise CsvError(message % values, line=1)
    return found


def _take(
    line: Line, columns: Mapping[str, int], *, seen: dict[str, int], report: MembersReport
) -> None:
    flaws = [flaw for place, flaw in line.flaws.items() if place in columns.values()]
    if line.reason or flaws:
        raise ValidationError(line.reason or flaws[0])
    cells = {name: line.cells[place].strip() for name, place in columns.items()}
    email = cells["email"].lower()
    if email in seen:
        message = _("%(line)s行目と同じメールアドレスです。どちらかの行を削除してください。")
        raise ValidationError(message % {"line": seen[email]})
    seen[email] = line.line
    stored = Member.objects.prefetch_related("groups").filter(email=email).first()
    wanted = _wanted(cells, stored)
    before = _state(stored) if stored else None
    member = writing.save_member(
        member_id=stored.pk if stored else None,
        email=email,
        name=wanted["name"],
        login=wanted["login"],
        active=_active(cells.get("active", ""), stored),
        groups=_BETWEEN_GROUPS.split(cells["groups"]) if "groups" in cells else None,
        section=cells.get("section"),
    )
    if before is None:
        report.added += 1
    elif before != _state(Member.objects.prefetch_related("groups").get(pk=member.pk)):
        report.changed += 1
    else:
        report.unchanged += 1


def _wanted(cells: Mapping[str, str], stored: Member | None) -> Mapping[str, str]:
    """Name and login: as the file says, else as they are; a blank name takes none away."""
    name = cells.get("name") or (stored.name if stored else "")
    if not name:
        raise ValidationError(_("氏名を入力してください。"))
    return {"name": name, "login": cells.get("login", stored.login if stored else "")}


def _active(cell: str, stored: Member | None) -> bool:
    if not cell:
        return stored.active if stored else True
    active = _ACTIVE.get(fold_heading(cell))
    if active is None:
        message = _("状態には「有効」または「無効」を入力してください。")
        raise ValidationError(message)
    return active


def _state(member: Member) -> tuple[object, ...]:
    groups = sorted(group.name for group in member.groups.all())
    return (member.name, member.login, member.active, member.section, groups)

"""Writing members: who owns companies and leads, and which groups they are in."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from audit.kinds import Kind
from audit.recording import Change, Document, Thing, changing
from common.clock import now as clock_now
from crm.models import Group, Member
from crm.sections import read_section
from crm.writing.fanout import lose_owner, touch_custom_users, touch_dependents


def save_member(
    *,
    email: str,
    name: str,
    login: str = "",
    active: bool = True,
    groups: Sequence[str] | None = None,
    section: str | None = None,
    member_id: int | None = None,
    now: datetime | None = None,
) -> Member:
    """The member as it now stands: changed where `member_id` is given, else new.

    Rows that show a changed value get their next version. Being disabled, or in other groups, is
    not shown by any row; nor is another section.

    Args:
        email: Kept in lower case.
        groups: Names; unknown ones are added. None leaves the groups alone.
        section: 所属部署, its names from the top down separated by "＞". None leaves it alone.

    Raises:
        ValidationError: name or e-mail do not fit, or another member has that e-mail.
    """
    moment = now or clock_now()
    kind = Kind.MEMBER_ADD if member_id is None else Kind.MEMBER_CHANGE
    with _changing(kind, member_id or email.strip().lower()):
        member = Member()
        if member_id is not None:
            member = Member.objects.select_for_update(no_key=True).get(pk=member_id)
        before = (member.name, member.email, member.login)
        member.name, member.email, member.login = name.strip(), email.strip().lower(), login.strip()
        member.active = active
        if section is not None:
            member.section = read_section(section)
        member.full_clean()
        member.save()
        if groups is not None:
            _set_groups(member, groups)
        if member_id is not None:
            _fan_out(member, before=before, now=moment)
    return member


def delete_member(member_id: int, *, now: datetime | None = None) -> None:
    """Delete the member; what it owned stays, without an owner, and counts as changed."""
    moment = now or clock_now()
    with _changing(Kind.MEMBER_DELETE, member_id):
        member = Member.objects.select_for_update().get(pk=member_id)
        touch_custom_users(member.email, now=moment)
        lose_owner(member_id, now=moment)
        member.delete()


def _changing(kind: Kind, member: int | str) -> AbstractContextManager[Change]:
    """One transaction, written down if the member (by key or e-mail) is another one at its end."""
    which = {"email": member} if isinstance(member, str) else {"pk": member}
    stored = Member.objects.filter(**which)

    def document() -> Document:
        one = stored.first()
        if one is None:
            return {}
        groups = list(one.groups.order_by("name").values_list("name", flat=True))
        names = ("id", "name", "email", "login", "active", "section")
        return {**{name: getattr(one, name) for name in names}, "groups": groups}

    def thing() -> Thing | None:
        return Thing(label=one.name) if (one := stored.first()) else None

    return changing(kind, document, thing=thing)


def _fan_out(member: Member, *, before: tuple[str, str, str], now: datetime) -> None:
    after = (member.name, member.email, member.login)
    names = ("name", "email", "login")
    changed = {name for name, old, new in zip(names, before, after, strict=True) if old != new}
    if not changed:
        return
    touch_dependents("member", {member.pk: changed}, now=now)
    for email in {before[1], member.email}:
        touch_custom_users(email, now=now)


def _set_groups(member: Member, names: Sequence[str]) -> None:
    wanted = sorted({name.strip() for name in names} - {""})
    if any(len(name) > 255 for name in wanted):
        raise ValidationError({"groups": _("グループ名は255文字以内にしてください。")})
    Group.objects.bulk_create((Group(name=name) for name in wanted), ignore_conflicts=True)
    member.groups.set(Group.objects.filter(name__in=wanted))

"""The rows that incoming rows name: companies, departments, owners; found and locked together.

Whoever points a row to another locks that other one first. So a change of the other (a company is
renamed) either sees the new row and raises its version, or is seen by it: none slips between.
Locks are taken in one order everywhere: members, companies, departments, leads; each by id.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from crm.catalogue.items import Item
from crm.models import Company, Department, Member
from crm.writing.fanout import touch_dependents
from crm.writing.parse import ParsedRow, problem

_COMPANY_KEYS: Final = ("company.external_id", "company.corporate_number", "company.name")

#: Longest name of a member.
NAME_LENGTH: Final = 255


@dataclass(slots=True, kw_only=True)
class References:
    """What the names in a chunk of rows stand for."""

    companies: dict[tuple[str, str], list[int]]
    """(item key, value) → ids of the companies that have it."""
    departments: dict[str, int]
    company_of: dict[int, int]
    """Department → its company, kept up while the chunk is worked on."""
    members: dict[str, int]
    """E-mail → id."""
    named: dict[str, list[int]] = field(default_factory=dict)
    """Member's name → ids."""
    placeholders: set[int] = field(default_factory=set)
    """Members whose name is only their e-mail, as none was known."""


def find(rows: Sequence[ParsedRow]) -> References:
    """What these rows name, locked until the transaction ends."""
    names: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for key, value in row.references.items():
            if value:
                names[key].add(value.casefold() if key == "owner.email" else value)
    members = _members(names)
    companies = {
        (key, value): ids
        for key in _COMPANY_KEYS
        for value, ids in _companies(key.removeprefix("company."), names[key]).items()
    }
    departments = _departments(names["department.external_id"] | names["parent.external_id"])
    return References(
        companies=companies,
        departments={row.external_id or "": row.pk for row in departments},
        company_of={row.pk: row.company_id for row in departments},
        members={member.email: member.pk for member in members},
        named=_by_name(members),
        placeholders={member.pk for member in members if member.name == member.email},
    )


def _members(names: Mapping[str, set[str]]) -> Sequence[Member]:
    if not (names["owner.email"] or names["owner.name"]):
        return []
    wanted = Member.objects.filter(email__in=names["owner.email"]) | Member.objects.filter(
        name__in=names["owner.name"]
    )
    return list(wanted.select_for_update(no_key=True).order_by("pk"))


def _by_name(members: Iterable[Member]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for member in members:
        found[member.name].append(member.pk)
    return dict(found)


def _companies(column: str, values: set[str]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    if values:
        query = Company.objects.filter(**{f"{column}__in": values})
        locked = query.select_for_update(no_key=True).order_by("pk")
        for value, pk in locked.values_list(column, "pk"):
            found[value].append(pk)
    return found


def _departments(external_ids: set[str]) -> Sequence[Department]:
    if not external_ids:
        return []
    query = Department.objects.filter(external_id__in=external_ids)
    return list(query.select_for_update(no_key=True).order_by("pk"))


def columns_of(
    row: ParsedRow, *, references: References, items: Mapping[str, Item]
) -> dict[str, Any]:
    """The foreign keys that the row sets; what cannot be found is added to its problems.

    An owner who is not known yet stands as `owner_id` None; `settle_owner` adds the member when the
    row is accepted.
    """
    columns: dict[str, Any] = {}
    _set_company(columns, row, references=references, items=items)
    for key, column in (
        ("department.external_id", "department_id"),
        ("parent.external_id", "parent_id"),
    ):
        if key not in row.references:
            continue
        value = row.references[key]
        columns[column] = references.departments.get(value)
        if value and columns[column] is None:
            reason = _("外部ID「%(value)s」の部署が見つかりません。") % {"value": value}
            row.problems.append(problem(items[key], reason, waits=key == "parent.external_id"))
    _set_owner(columns, row, references=references, items=items)
    return columns


def _set_company(
    columns: dict[str, Any],
    row: ParsedRow,
    *,
    references: References,
    items: Mapping[str, Item],
) -> None:
    """The company by the first of the given names that is not empty."""
    given = {key: row.references[key] for key in _COMPANY_KEYS if key in row.references}
    if not given:
        return
    columns["company_id"] = None
    for key, value in given.items():
        if not value:
            continue
        ids = references.companies.get((key, value), [])
        if len(ids) == 1:
            columns["company_id"] = ids[0]
        elif ids:
            reason = _("「%(value)s」の会社が%(count)s件あり、どれか決められません。")
            row.problems.append(problem(items[key], reason % {"value": value, "count": len(ids)}))
        else:
            reason = _("「%(value)s」の会社が見つかりません。先に会社を取り込んでください。")
            row.problems.append(problem(items[key], reason % {"value": value}))
        return


def _set_owner(
    columns: dict[str, Any],
    row: ParsedRow,
    *,
    references: References,
    items: Mapping[str, Item],
) -> None:
    email, name = row.references.get("owner.email"), row.references.get("owner.name")
    if email is None and name is None:
        return
    if email:
        columns["owner_id"] = references.members.get(email.casefold())
        if columns["owner_id"] is None and not _is_email(email):
            reason = _("「%(value)s」はメールアドレスではありません。") % {"value": email}
            row.problems.append(problem(items["owner.email"], reason))
        return
    columns["owner_id"] = None
    if email is None and name:
        ids = references.named.get(name, [])
        if len(ids) == 1:
            columns["owner_id"] = ids[0]
            return
        reason = _(
            "「%(value)s」という営業担当者が1人に決まりません。メールアドレスで指定してください。"
        )
        row.problems.append(problem(items["owner.name"], reason % {"value": name}))


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 200


def settle_owner(row: ParsedRow, *, references: References, now: datetime) -> int:
    """The id of the owner that the row names by e-mail, a new member where nobody has it yet.

    A known member keeps its name, but for one that was known by its e-mail only.
    """
    email = row.references["owner.email"].casefold()
    name = row.references.get("owner.name", "")[:NAME_LENGTH]
    pk = references.members.get(email)
    if pk is None:
        pk = Member.objects.create(email=email, name=name or email).pk
        references.members[email] = pk
        if not name:
            references.placeholders.add(pk)
    elif name and pk in references.placeholders:
        Member.objects.filter(pk=pk).update(name=name)
        references.placeholders.discard(pk)
        touch_dependents("member", {pk: {"name"}}, now=now)
    return pk

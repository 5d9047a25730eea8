"""The trees of departments: no circles, paths that are right, and what a move carries along."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from crm.models import Department
from crm.writing.fanout import Changes, move_leads

SEPARATOR: Final = "＞"


def closes_circle(pk: int, *, parent_id: int, parents: Mapping[int, int | None]) -> bool:
    """Whether the department would become its own ancestor under that parent.

    Args:
        parents: Department → parent, of those changed in this transaction but not yet written.
    """
    above: int | None = parent_id
    seen: set[int] = set()
    while above is not None and above not in seen:
        if above == pk:
            return True
        seen.add(above)
        if above in parents:
            above = parents[above]
        else:
            above = Department.objects.filter(pk=above).values_list("parent_id", flat=True).first()
    return False


def set_paths(departments: Sequence[Department]) -> set[int]:
    """Give new and changed departments the path that follows from their names and parents.

    Returns:
        Positions in `departments` of those whose path changed. Nothing is written.
    """
    by_id: dict[int | None, Department] = {row.pk: row for row in departments}
    by_id.pop(None, None)
    outside = {row.parent_id for row in departments if row.parent_id is not None} - by_id.keys()
    stored = dict(Department.objects.filter(pk__in=outside).values_list("pk", "path"))
    paths: dict[int, str] = {}

    def path_of(row: Department) -> str:
        if row.parent_id is None:
            return row.name
        above = by_id.get(row.parent_id)
        if above is None:
            return join(stored[row.parent_id], row.name)
        if above.pk not in paths:
            paths[above.pk] = path_of(above)
        return join(paths[above.pk], row.name)

    changed = set()
    for position, row in enumerate(departments):
        path = path_of(row)
        if path != row.path:
            row.path = path
            changed.add(position)
    return changed


def carry_down(changes: Changes, *, now: datetime) -> dict[int, set[str]]:
    """Make right what lies below departments that were renamed or moved, and is written already.

    Descendants get their path, and the company that their ancestor moved to; leads follow.

    Returns:
        Descendant → its columns that changed.
    """
    roots = [pk for pk, columns in changes.items() if {"path", "company_id"} & set(columns)]
    below: dict[int, set[str]] = {}
    level = list(Department.objects.filter(pk__in=roots))
    for row in level:
        if "company_id" in changes[row.pk]:
            move_leads([row.pk], company_id=row.company_id, now=now)
    while level:
        level = _carry_to_children(level, below=below, now=now)
    return below


def _carry_to_children(
    level: Sequence[Department], *, below: dict[int, set[str]], now: datetime
) -> list[Department]:
    """Mend the children of one level; those that changed are the next level."""
    above = {row.pk: row for row in level}
    children = Department.objects.filter(parent_id__in=above)
    mended = []
    moved: dict[int, list[int]] = defaultdict(list)
    for child in children.select_for_update(no_key=True).order_by("pk"):
        parent = above[child.parent_id or 0]
        columns = _follow(child, parent=parent)
        if not columns:
            continue
        if "company_id" in columns:
            moved[child.company_id].append(child.pk)
        child.version += 1
        child.changed_at = now
        if "company_id" in columns:
            child.updated_at = now
        below[child.pk] = below.get(child.pk, set()) | columns
        mended.append(child)
    Department.objects.bulk_create(
        mended,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["path", "company", "version", "changed_at", "updated_at"],
    )
    for company_id, ids in moved.items():
        move_leads(ids, company_id=company_id, now=now)
    return mended


def _follow(child: Department, *, parent: Department) -> set[str]:
    columns = set()
    path = join(parent.path, child.name)
    if child.path != path:
        child.path = path
        columns.add("path")
    if child.company_id != parent.company_id:
        child.company_id = parent.company_id
        columns.add("company_id")
    return columns


def join(path: str, name: str) -> str:
    """The path of a department of that name under the one of that path."""
    return f"{path}{SEPARATOR}{name}"


def subtree(ids: Collection[int]) -> set[int]:
    """These departments and all below them, locked until the transaction ends."""
    found: set[int] = set(ids)
    level = set(ids)
    while level:
        children = Department.objects.filter(parent_id__in=level)
        locked = children.select_for_update(no_key=True).order_by("pk")
        level = set(locked.values_list("pk", flat=True)) - found
        found |= level
    return found

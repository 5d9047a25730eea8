"""Writes entries, in the transaction of the change: one that fails leaves none.

A *document* is what a setting says, as JSON in the form of the settings file: a connection by its
keys, mappings under `mappings` by primary key, rules under `rules` by field code. It may leave out
what cannot have changed. Secrets are never in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.db import transaction

from audit import actors
from audit.kinds import Kind
from audit.models import Entry
from common import clock

Document: TypeAlias = Mapping[str, Any]

#: Inside of `changing`: what services write down there is part of one larger change.
_within: ContextVar[bool] = ContextVar("within", default=False)
_undoes: ContextVar[int | None] = ContextVar("undoes", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What an entry is about, by the names that it has now."""

    label: str = ""
    record_type: str = ""
    row_id: int | None = None
    """Only where the documents hold what the source row says."""
    connection_id: int | None = None
    connection_name: str = ""


@dataclass(slots=True, kw_only=True)
class Change:
    """A change under way; its kind may turn out while it happens."""

    kind: Kind
    details: dict[str, Any] = field(default_factory=dict)


def record(
    kind: Kind,
    thing: Thing | None = None,
    *,
    before: Document | None = None,
    after: Document | None = None,
    secrets: Sequence[str] = (),
    **details: Any,
) -> int | None:
    """Write down that it happened; call it in the transaction of what happened.

    Returns the entry's id.

    Within `changing` nothing is written: the larger change says it.

    Args:
        secrets: Names of the secrets that are others now; never their values.
        details: JSON values that the page shows.
    """
    if _within.get():
        return None
    actor, about = actors.current(), thing or Thing()
    entry = Entry.objects.create(
        at=clock.now(),
        kind=kind,
        area=kind.area,
        origin=actor.origin,
        account_id=actor.account_id,
        actor=actor.name[:200],
        connection_id=about.connection_id,
        connection_name=about.connection_name[:64],
        record_type=about.record_type,
        row_id=about.row_id,
        label=about.label[:255],
        before=before,
        after=after,
        secrets=list(secrets),
        details=details,
        undoes=_undoes.get(),
    )
    return entry.pk


@contextmanager
def trying() -> Iterator[None]:
    """One transaction that is taken back at its end, and of which nothing is written down."""
    with transaction.atomic(), said_by_another():
        yield
        transaction.set_rollback(True)


@contextmanager
def said_by_another() -> Iterator[None]:
    """What is written down within is not: another entry says it, or it did not come about."""
    token = _within.set(True)
    try:
        yield
    finally:
        _within.reset(token)


def withdraw(entry_id: int | None) -> None:
    """What was written down did not come about after all."""
    if entry_id is not None:
        Entry.objects.filter(pk=entry_id).delete()


def record_by_hand(kind: Kind, thing: Callable[[], Thing], **details: Any) -> None:
    """`record`, but not of what the product does by itself all day: scheduled runs and pulls."""
    if actors.current() is not actors.NOBODY:
        record(kind, thing(), **details)


@contextmanager
def changing(
    kind: Kind,
    document: Callable[[], Document],
    *,
    thing: Callable[[], Thing | None],
    secrets: Callable[[], Mapping[str, object]] = dict,
) -> Iterator[Change]:
    """One transaction; an entry if the document, or a secret, is another one at its end.

    Args:
        document: What is stored; {} where there is nothing. It may differ in what it leaves out as
            long as it is the same before and after.
        thing: What the entry is about; None where it is not there. Asked before and after.
        secrets: Name → value, held against each other and thrown away.
    """
    change = Change(kind=kind)
    if _within.get():
        with transaction.atomic():
            yield change
        return
    with transaction.atomic():
        before, former_thing, former_secrets = document(), thing(), secrets()
        with said_by_another():
            yield change
        after, present_secrets = document(), secrets()
        names = sorted({*former_secrets, *present_secrets})
        changed = [name for name in names if former_secrets.get(name) != present_secrets.get(name)]
        if before != after or changed:
            about = thing() or former_thing
            record(
                change.kind, about, before=before, after=after, secrets=changed, **change.details
            )


@contextmanager
def putting_back(entry_id: int) -> Iterator[None]:
    """What is written down within says that it puts that entry back."""
    token = _undoes.set(entry_id)
    try:
        yield
    finally:
        _undoes.reset(token)

"""What an item of the catalogue is, and short ways to write one down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from common.types import ItemValue, Kind, RecordType, UserRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """Another source row that a row belongs to."""

    relation: str
    """By which column the row points to it: `company`, `parent`."""
    record_type: RecordType


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of a source row that can be mapped to a kintone field."""

    key: str
    """API name of hotprofile.md; related ones dotted (`company.name`); `custom.KEY`."""
    label_ja: str
    label_en: str
    kind: Kind
    getter: Callable[[Any], ItemValue]
    """Reads the value off a row that `crm.changes` loaded (related rows are there already)."""
    rowset: str = ""
    """Items of one rowset (`departments`) are columns of the same rows, equally long tuples."""
    max_length: int | None = None
    writable: bool = False
    """Whether CSV and API may fill it."""
    required: bool = False
    depends_on: frozenset[str] = field(default_factory=frozenset)
    """`type.column` of other rows whose change changes this value: `company.name`."""
    parent: Parent | None = None
    """The source row whose value it is, where the row itself belongs to that one."""
    reads: tuple[str, ...] | None = None
    """Columns that the getter reads, of the row and of what it points to (`owner__name`); None: it
    needs the row as a model."""

    @property
    def label(self) -> str:
        """The label in the reader's language."""
        return self.label_en if (get_language() or "ja").startswith("en") else self.label_ja


def column(
    key: str,
    label_ja: str,
    label_en: str,
    kind: Kind = Kind.TEXT,
    *,
    max_length: int | None = None,
    required: bool = False,
    writable: bool = True,
) -> Item:
    """The item of a column of the row itself; the column is named as the key is."""
    return Item(
        key=key,
        label_ja=label_ja,
        label_en=label_en,
        kind=kind,
        getter=_reader(key, kind),
        rowset=key if kind is Kind.CHOICES else "",
        max_length=max_length,
        writable=writable,
        required=required,
        reads=(key,),
    )


def related(
    key: str,
    label_ja: str,
    label_en: str,
    *,
    origin: str,
    kind: Kind = Kind.TEXT,
    writable: bool = False,
) -> Item:
    """The item of a column of a row that this one points to: `RELATION.COLUMN`.

    Args:
        origin: The type of that row: `company`, `department` or `member`.
        writable: Whether it names the row when data comes in.
    """
    relation, name = key.split(".")
    read = _reader(name, kind)
    is_source = origin in set(RecordType)

    def getter(row: Any) -> ItemValue:
        other = getattr(row, relation)
        return empty_of(kind) if other is None else read(other)

    return Item(
        key=key,
        label_ja=label_ja,
        label_en=label_en,
        kind=kind,
        getter=getter,
        writable=writable,
        depends_on=frozenset({f"{origin}.{name}"}),
        parent=Parent(relation=relation, record_type=RecordType(origin)) if is_source else None,
        reads=(f"{relation}__{name}",),
    )


def owner_items() -> Sequence[Item]:
    """Who looks after the row: as a user, and by name and e-mail."""
    whole = Item(
        key="owner",
        label_ja="営業担当者",
        label_en="Owner",
        kind=Kind.USER,
        getter=lambda row: user_ref(row.owner),
        depends_on=frozenset({"member.name", "member.email", "member.login"}),
        reads=("owner__name", "owner__email", "owner__login"),
    )
    return (
        whole,
        related("owner.name", "営業担当者名", "Owner name", origin="member", writable=True),
        related(
            "owner.email",
            "営業担当者メールアドレス",
            "Owner e-mail",
            origin="member",
            kind=Kind.EMAIL,
            writable=True,
        ),
    )


def times() -> Sequence[Item]:
    """When the row came in, and when its own content changed last."""
    return (
        column("created_at", "登録日時", "Created at", Kind.DATETIME, writable=False),
        column("updated_at", "更新日時", "Updated at", Kind.DATETIME, writable=False),
    )


def identity(label_ja: str, label_en: str) -> Sequence[Item]:
    """The row's own number, and its ID in the system that it comes from."""
    return (
        column("id", f"{label_ja}ID", f"{label_en} ID", Kind.NUMBER, writable=False),
        column("external_id", "外部ID", "External ID", max_length=128),
    )


def user_ref(member: Any) -> UserRef | None:
    """The member as a value; None for none."""
    if member is None:
        return None
    return UserRef(name=member.name, email=member.email, login=member.login)


def empty_of(kind: Kind) -> ItemValue:
    """What an item of that kind holds when it holds nothing."""
    if kind in (Kind.CHOICES, Kind.ROWS, Kind.USERS):
        return ()
    if kind in (Kind.NUMBER, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.USER):
        return None
    return False if kind is Kind.FLAG else ""


def _reader(name: str, kind: Kind) -> Callable[[Any], ItemValue]:
    def read(row: Any) -> ItemValue:
        value = getattr(row, name)
        if value is None or value == "":
            return empty_of(kind)
        if kind is Kind.NUMBER:
            return Decimal(value)
        return tuple(value) if kind is Kind.CHOICES else value

    return read

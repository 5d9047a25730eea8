"""What the list of connections and the first visit show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.models import Connection
from jobs.models import Schedule
from jobs.pages.health import MappingLine, mapping_lines
from mapping.models import Mapping, SettingsDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCard:
    """One connection with its mappings."""

    connection: Connection
    schedule: Schedule | None
    lines: Sequence[MappingLine]
    draft: SettingsDraft | None = None
    """What waits for 「登録」."""

    @property
    def runs_by_itself(self) -> bool:
        """Whether a slot starts anything: a mapping is enabled."""
        return any(line.mapping.enabled for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """How far the three steps have come; where to go on."""

    connection: Connection | None
    loaded: Mapping | None
    """A mapping whose form was read: it can be mapped."""
    mapped: Mapping | None
    """A mapping with rules and an update key: it can be tested."""
    rules: int
    """How many rules `loaded` has."""

    @property
    def done(self) -> int:
        """How many of the three steps are finished."""
        return bool(self.loaded) + bool(self.mapped)


def connection_cards(*, now: datetime) -> list[ConnectionCard]:
    """Every connection, its mappings in the order in which they are pushed."""
    lines = mapping_lines(now=now)
    return [
        ConnectionCard(
            connection=connection,
            schedule=getattr(connection, "schedule", None),
            lines=sorted(
                (line for line in lines if line.mapping.connection_id == connection.pk),
                key=lambda line: (line.mapping.record_type, line.mapping.pk),
            ),
            draft=getattr(connection, "draft", None),
        )
        for connection in Connection.objects.select_related("schedule", "draft")
    ]


def first_steps() -> FirstSteps | None:
    """The three steps; None once a mapping was ever enabled."""
    if Mapping.objects.filter(enabled_at__isnull=False).exists():
        return None
    loaded = Mapping.objects.filter(form_read_at__isnull=False)
    mapped = loaded.exclude(update_key="").filter(rules__isnull=False).first()
    begun = mapped or loaded.filter(rules__isnull=False).first() or loaded.first()
    return FirstSteps(
        connection=Connection.objects.first(),
        loaded=begun,
        mapped=mapped,
        rules=begun.rules.count() if begun else 0,
    )

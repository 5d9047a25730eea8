"""What 操作履歴 says of another set of rules: which kind of change it is, before and after."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace

from audit import recording
from audit.kinds import Kind
from mapping.document import among_mappings, mapping_thing, rules_document
from mapping.models import Mapping
from mapping.rulespec import RuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of a mapping with its update key."""

    update_key: str
    specs: Sequence[RuleSpec]


def record(mapping: Mapping, former: Rules, present: Rules, *, kind: Kind | None = None) -> None:
    """Write down that these rules took the place of those.

    Args:
        kind: By default what the difference makes it: the key, a value table, or the rules.
    """
    recording.record(
        kind or kind_of(former, present),
        mapping_thing(mapping),
        before=_document(mapping, former),
        after=_document(mapping, present),
    )


def kind_of(former: Rules, present: Rules) -> Kind:
    """What a person did who made these of those."""
    before, after = _by_field(former.specs), _by_field(present.specs)
    if before == after:
        return Kind.MAPPING_KEY
    if former.update_key == present.update_key and _plain(before) == _plain(after):
        return Kind.MAPPING_VALUES
    return Kind.MAPPING_RULES


def _document(mapping: Mapping, rules: Rules) -> recording.Document:
    said = {"update_key": rules.update_key, "rules": rules_document(rules.specs)}
    return among_mappings(mapping, **said)


def _by_field(specs: Iterable[RuleSpec]) -> dict[str, RuleSpec]:
    return {spec.field: spec for spec in specs}


def _plain(rules: MappingOf[str, RuleSpec]) -> dict[str, RuleSpec]:
    return {field: replace(rule, values={}) for field, rule in rules.items()}

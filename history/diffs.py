"""What differs between two documents, leaf by leaf (`audit.recording` says what a document is)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

#: Where a value stands: `("schedule",)`, `("mappings", "5", "rules", "name", "values", "上")`.
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One value that is another one; None: it is not there."""

    path: Path
    before: Any
    after: Any


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[Difference]:
    """Every leaf that is not the same in both, in the order in which they stand."""
    former, present = dict(leaves(before or {})), dict(leaves(after or {}))
    return [
        Difference(path=path, before=former.get(path), after=present.get(path))
        for path in {**former, **present}
        if former.get(path) != present.get(path)
    ]


def leaves(document: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Every value with its path; of a rule its value table entry by entry."""
    for name, value in document.items():
        if name in ("users", "addresses"):
            for key, one in value.items():
                yield (name, key), one
        elif name == "mappings":
            for pk, mapping in value.items():
                for path, one in _of_mapping(mapping):
                    yield (name, pk, *path), one
        else:
            yield (name,), value


def _of_mapping(mapping: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for name, value in mapping.items():
        if name != "rules":
            yield (name,), value
            continue
        for code, written in value.items():
            rule = rule_as_fields(written)
            table = rule.pop("values", {})
            yield ("rules", code), rule
            for said, sent in table.items():
                yield ("rules", code, "values", said), sent


def rule_as_fields(written: Any) -> dict[str, Any]:
    """A rule of a document, also where it is the source alone."""
    return dict(written) if isinstance(written, Mapping) else {"source": written}

"""How many of the rules that a person would choose the mapping page proposes, and how many wrongly.

    .venv/bin/python -m benchmarks.suggestions [--held-back] [--misses] [CASE …]

A case (`suggestion_cases/*.yaml`) is an app with what a person would choose for each of its fields,
written down before the proposals were made: `chosen` (kintone field → item or template), `key`, and
`either` where two items would do. The apps of `held_back/` were looked at only after the proposals
were made; docs/suggestions.md tells what they scored at first sight.

"Ticked" are the proposals that one click takes; "offered" are those and the ones that wait for a
person to tick them. The update key counts as one choice. "Wrong" is a proposal for a field that the
person leaves alone or fills from elsewhere.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
import yaml

from benchmarks.harness import parser_of, tell_heading, tell_row
from common.types import ItemValue, ItemValues, Kind, RecordType, UserRef
from integrations.kintone.form import Form, parse_form
from mapping.suggestions import Source, Suggestions, suggest

CASES = Path(__file__).parent / "suggestion_cases"
HELD_BACK = CASES / "held_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An app, and what a person would choose for it."""

    name: str
    about: str
    record_type: RecordType
    form: Form
    custom: tuple[Source, ...]
    chosen: Mapping[str, str]
    """Field path → item key, or template."""
    key: str
    either: Mapping[str, Sequence[str]]


@dataclass(slots=True, kw_only=True)
class Score:
    """What the proposals of a case, or of several, come to."""

    chosen: int = 0
    ticked: int = 0
    offered: int = 0
    wrong_ticked: list[str] = field(default_factory=list)
    wrong_offered: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, other: "Score") -> None:
        """Count another case's in."""
        self.chosen += other.chosen
        self.ticked += other.ticked
        self.offered += other.offered
        self.wrong_ticked += other.wrong_ticked
        self.wrong_offered += other.wrong_offered
        self.missed += other.missed

    @property
    def share_ticked(self) -> float:
        """Of what a person would choose, what one click takes."""
        return self.ticked / self.chosen

    @property
    def share_offered(self) -> float:
        """Of what a person would choose, what is proposed at all."""
        return self.offered / self.chosen


def cases(folder: Path = CASES) -> list[Case]:
    """The cases of a folder, by name."""
    found = (path for path in sorted(folder.glob("*.yaml")) if path.stem != "samples")
    return [_case(path) for path in found]


def proposals(case: Case, *, with_values: bool = True) -> Suggestions:
    """What is proposed for a new mapping of the case, with the sample rows or without any."""
    items = (*_standard_items(case.record_type), *case.custom)
    rows = _rows(case.record_type, items) if with_values else []
    return suggest(
        record_type=case.record_type,
        items=items,
        form=case.form,
        rules=(),
        update_key="",
        values=rows,
    )


def score(case: Case, *, with_values: bool = True) -> Score:
    """Hold the proposals against what a person would choose."""
    made = proposals(case, with_values=with_values)
    result = Score(chosen=len(case.chosen) + bool(case.key))
    offered: dict[str, tuple[str, bool]] = {
        each.path: (each.rule.source or each.rule.template, each.is_sure) for each in made.rules
    }
    for path, (origin, is_sure) in offered.items():
        right = case.either.get(path) or [case.chosen.get(path, "")]
        if origin in right:
            result.offered += 1
            result.ticked += is_sure
        else:
            result.wrong_offered.append(f"{path} ← {origin}")
            if is_sure:
                result.wrong_ticked.append(f"{path} ← {origin}")
    result.missed = [path for path in case.chosen if path not in offered]
    if made.key and made.key.path == case.key:
        result.offered += 1
        result.ticked += made.key.is_sure
    elif made.key:
        result.wrong_offered.append(f"key {made.key.path}")
        if made.key.is_sure:
            result.wrong_ticked.append(f"key {made.key.path}")
    elif case.key:
        result.missed.append(f"key {case.key}")
    return result


def _case(path: Path) -> Case:
    told = yaml.safe_load(path.read_text())
    return Case(
        name=path.stem,
        about=told["about"],
        record_type=RecordType(told["record_type"]),
        form=parse_form({"properties": _properties(told["fields"]), "revision": "1"}),
        custom=tuple(
            Source(key=f"custom.{one['key']}", label=one["label"], kind=Kind(one["kind"]))
            for one in told.get("custom_items", ())
        ),
        chosen=told["chosen"],
        key=told.get("key", ""),
        either=told.get("either", {}),
    )


def _properties(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The fields as kintone tells them: code and label in them, options with their places."""
    told = {}
    for code, given in fields.items():
        made = {"code": code, "label": code, **given}
        if "options" in made:
            names = made["options"]
            made["options"] = {name: {"label": name, "index": n} for n, name in enumerate(names)}
        if "fields" in made:
            made["fields"] = _properties(made["fields"])
        told[code] = made
    return told


def _standard_items(record_type: RecordType) -> tuple[Source, ...]:
    from crm import catalogue  # needs Django to be set up

    return tuple(
        Source(key=item.key, label=item.label_ja, kind=item.kind)
        for item in catalogue.standard_items_of(record_type)
    )


def _rows(record_type: RecordType, items: Sequence[Source]) -> list[ItemValues]:
    """The sample rows; an item that they do not tell holds nothing."""
    told = yaml.safe_load((CASES / "samples.yaml").read_text())[record_type.value]
    return [{item.key: _value(item.kind, row.get(item.key)) for item in items} for row in told]


def _value(kind: Kind, told: object) -> ItemValue:
    match told:
        case None | "":
            return () if kind in (Kind.CHOICES, Kind.ROWS) else None
        case bool() | datetime() | date():
            return told
        case int():
            return Decimal(told)
        case dict():
            return UserRef(**told)
        case list():
            return tuple(map(str, told))
        case _:
            return str(told)


def _told(chosen: Sequence[str], folder: Path) -> Iterator[Case]:
    known = cases(folder)
    return (case for case in known if not chosen or case.name in chosen)


def _tell(folder: Path, *, chosen: Sequence[str], misses: bool) -> None:
    tell_heading("case", "about", "chosen", "ticked", "offered", "wrong ticked", "wrong offered")
    total, blind = Score(), Score()
    for case in _told(chosen, folder):
        found = score(case)
        total.add(found)
        blind.add(score(case, with_values=False))
        _tell_score(case.name, case.about, found)
        if misses:
            print(*(f"    {label}: {', '.join(names)}" for label, names in _named(found)), sep="\n")
    _tell_score("all", "", total)
    _tell_score("all", "without sample values", blind)


def _named(found: Score) -> list[tuple[str, list[str]]]:
    return [
        ("wrong ticked", found.wrong_ticked),
        ("wrong offered", found.wrong_offered),
        ("missed", found.missed),
    ]


def _tell_score(name: str, about: str, found: Score) -> None:
    tell_row(
        name,
        about,
        found.chosen,
        f"{found.ticked} ({found.share_ticked:.0%})",
        f"{found.offered} ({found.share_offered:.0%})",
        len(found.wrong_ticked),
        len(found.wrong_offered),
    )


def main() -> None:
    """Print the score of every case and of all together."""
    parser = parser_of(__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--held-back", action="store_true", help="the apps that were held back")
    parser.add_argument("--misses", action="store_true", help="name what is missed and wrong")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    _tell(HELD_BACK if given.held_back else CASES, chosen=given.cases, misses=given.misses)


if __name__ == "__main__":
    main()

"""What becomes of the values that really occur in a field with options, and its value table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from common.types import ItemValue
from integrations.kintone.values import JsonValue
from mapping.columns import KEEP, Column
from mapping.converters import ValueRefusedError, as_text, said_as_flag
from mapping.guesses import guess
from mapping.rulespec import RuleSpec


class Fate(StrEnum):
    """What becomes of a value; the worst first."""

    REFUSED = "refused"  # it is no option, and nothing says what it means
    TABLE = "table"  # the value table says what is sent
    CONVERTED = "converted"  # an option but for width, case or blanks
    OPTION = "option"  # an option


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurring:
    """One value that occurs."""

    value: str
    """As a person reads it, and as the value table names it."""
    count: int
    """Rows that have it."""
    fate: Fate
    sent: JsonValue
    """What is sent for it now; None if it is refused, or nothing is sent for it."""
    guess: str
    """The option that a refused value most likely means; "" if none is likely."""


def judge(column: Column, counts: Mapping[ItemValue, int]) -> list[Occurring]:
    """What the rule makes of each value, refused ones first, then by the number of rows."""
    found = [_judged(column, value, count) for value, count in counts.items()]
    order = list(Fate)
    return sorted(found, key=lambda one: (order.index(one.fate), -one.count, one.value))


def with_values(rule: RuleSpec, chosen: Mapping[str, str | None]) -> RuleSpec:
    """The rule with this in its value table: value → what is sent, "" to send nothing, None as is.

    What the table says of other values stays.
    """
    kept = {said: sent for said, sent in rule.values.items() if said not in chosen}
    given = {value: sent for value, sent in chosen.items() if sent is not None}
    return replace(rule, values={**kept, **given})


def _judged(column: Column, value: ItemValue, count: int) -> Occurring:
    text = as_text(value)
    try:
        sent = column.value(value)
    except ValueRefusedError:
        guessed = guess(text, column.target.options)
        return Occurring(value=text, count=count, fate=Fate.REFUSED, sent=None, guess=guessed)
    return Occurring(
        value=text,
        count=count,
        fate=_fate(column.rule, text, sent),
        sent=None if sent is KEEP else sent,  # type: ignore[arg-type]  # as just asked
        guess="",
    )


def _fate(rule: RuleSpec, text: str, sent: object) -> Fate:
    flag = said_as_flag(text)
    in_table = text in rule.values or text.strip() in rule.values
    if in_table or (flag is not None and flag in map(said_as_flag, rule.values)):
        return Fate.TABLE
    return Fate.OPTION if sent in (text, [text]) else Fate.CONVERTED

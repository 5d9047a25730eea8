"""The field that could tell records apart, among those that forbid duplicates."""

from collections.abc import Sequence
from typing import Final

from common.types import ItemValues
from integrations.kintone.form import Form
from mapping.checks import path
from mapping.rulespec import RuleSpec
from mapping.suggestions.proposals import Doubt, KeySuggestion, Suggestion
from mapping.suggestions.values import is_distinct

#: Items that tell records apart, the best first.
_IDENTIFYING: Final = ("external_id", "id", "corporate_number", "customer_id", "email")


def key_for(
    *,
    form: Form,
    rules: Sequence[RuleSpec],
    proposed: Sequence[Suggestion],
    values: Sequence[ItemValues],
) -> KeySuggestion | None:
    """The update key that a person would choose; None if no field that could be one is filled."""
    doubtful = {each.path for each in proposed if not each.is_sure}
    candidates = [
        rule
        for rule in (*rules, *(each.rule for each in proposed))
        if rule.source in _IDENTIFYING
        and not rule.table
        and (field := form.find(rule.field)) is not None
        and field.can_be_update_key
    ]
    if not candidates:
        return None

    def rank(rule: RuleSpec) -> tuple[bool, bool, int]:
        usable = not values or is_distinct(rule.source, values=values)
        return (not usable, path(rule) in doubtful, _IDENTIFYING.index(rule.source))

    best = min(candidates, key=rank)
    not_usable, is_doubtful, _ = rank(best)
    doubts = [Doubt.KEY_NOT_FILLED] if not_usable else []
    if is_doubtful:
        doubts.append(Doubt.NOT_ALL_READ)
    return KeySuggestion(path=path(best), doubts=tuple(doubts))

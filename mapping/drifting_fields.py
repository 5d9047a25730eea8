"""One field, as it was and as it is: options that are gone, demands that are new."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal

from integrations.kintone.form import FieldType, FormField
from mapping.converters import is_required
from mapping.drift import Drift, Effect, Proposal, Remedy, drift_of_rule
from mapping.rulespec import RuleSpec, WhenEmpty


def of_options(rule: RuleSpec, old: FormField, new: FormField) -> Iterator[Drift]:
    """Options that are gone; where another stands in the same place, under another name."""
    renamed = _renamed(old.options, new.options)
    removed = [one for one in old.options if one not in new.options and one not in renamed]
    said = {line.strip() for text in _fixed_texts(rule) for line in text.splitlines()}

    def concerns_records(options: Collection[str]) -> bool:
        return bool(options) and not rule.fixed and said.isdisjoint(options)

    if said.intersection(renamed) or concerns_records(renamed):
        yield drift_of_rule(
            rule,
            new,
            "options_renamed",
            Effect.RECORDS if said.isdisjoint(renamed) else Effect.LEFT_OUT,
            proposal=Proposal(remedy=Remedy.REPLACE, options=renamed),
            value=" / ".join(f"{was} → {now}" for was, now in renamed.items()),
        )
    # A fixed value that is none any more is told as such, for it is one that a person must change.
    if concerns_records(removed):
        told = " / ".join(removed)
        yield drift_of_rule(rule, new, "options_removed", Effect.RECORDS, value=told)


def _renamed(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Option → the one that stands in its place, where one went and one came."""
    if len(old) != len(new):
        return {}
    return {
        was: now for was, now in zip(old, new, strict=True) if was not in new and now not in old
    }


def _fixed_texts(rule: RuleSpec) -> list[str]:
    texts = [rule.fixed] if rule.fixed else []
    return [*texts, rule.empty_value] if rule.empty is WhenEmpty.FIXED else texts


def of_demands(rule: RuleSpec, old: FormField, new: FormField, *, is_key: bool) -> Iterator[Drift]:
    """Demands that the field did not make before: values that it took may be refused."""
    if not is_key:
        may_be_empty = not rule.fixed and rule.empty is not WhenEmpty.FIXED
        if is_required(new) and not is_required(old) and may_be_empty:
            yield drift_of_rule(rule, new, "required_value", Effect.RECORDS)
        if new.unique and not old.unique:
            yield drift_of_rule(rule, new, "unique", Effect.RECORDS)
    for name, limit in _tighter_limits(old, new):
        yield drift_of_rule(rule, new, name, Effect.RECORDS, params={"limit": str(limit)})
    if new.type is FieldType.LINK and new.protocol != old.protocol:
        yield drift_of_rule(rule, new, "protocol", Effect.RECORDS)
    if _looks_up_elsewhere(old, new):
        yield drift_of_rule(rule, new, "lookup", Effect.RECORDS)


def _tighter_limits(old: FormField, new: FormField) -> Iterator[tuple[str, int | Decimal]]:
    for name, sign in (("max_length", 1), ("max_value", 1), ("min_length", -1), ("min_value", -1)):
        limit, was = getattr(new, name), getattr(old, name)
        if limit is not None and (was is None or sign * limit < sign * was):
            yield name, limit


def _looks_up_elsewhere(old: FormField, new: FormField) -> bool:
    """Whether values must exist where they did not have to; where we may not look, nobody knows."""
    if new.lookup is None or new.lookup.app is None:
        return False
    if old.lookup is None:
        return True
    source = (new.lookup.app, new.lookup.key_field)
    return old.lookup.app is not None and source != (old.lookup.app, old.lookup.key_field)

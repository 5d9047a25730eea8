"""An app's form held against the one that a mapping's rules were made on.

kintone gives its fields no id (kintone-api.md §5), so a field that vanished is found again by its
label and type among the fields that are new, and only where exactly one is like it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from common.problems import Problem
from common.types import Kind
from integrations.kintone.form import Form, FormField
from mapping.checks import places_without_rule, rule_errors
from mapping.columns import described
from mapping.drift import Drift, Effect, Proposal, Remedy, drift_of_rule
from mapping.drifting_fields import of_demands, of_options
from mapping.left_out import OF_THE_RULE_ITSELF
from mapping.rulespec import RuleSpec


def drifts(
    rules: Sequence[RuleSpec],
    *,
    key_field: str,
    before: Form | None,
    now: Form,
    kinds: Mapping[str, Kind],
) -> tuple[Drift, ...]:
    """What of the form `now` is not as in `before`, as far as it concerns these rules.

    Args:
        before: The form on which the rules were made; None where nobody knows it.
        kinds: Item key → kind, of all items of the record type.
    """
    comparing = _Comparing(rules, key_field=key_field, before=before, now=now, kinds=kinds)
    return tuple(comparing.carry_out())


class _Comparing:
    """The two forms and the rules, held together for one comparison."""

    def __init__(
        self,
        rules: Sequence[RuleSpec],
        *,
        key_field: str,
        before: Form | None,
        now: Form,
        kinds: Mapping[str, Kind],
    ) -> None:
        self._rules = rules
        self._key_field = key_field
        self._before = before
        self._now = now
        self._kinds = kinds

    def carry_out(self) -> Iterator[Drift]:
        found = [drift for rule in self._rules for drift in self._of_rule(rule)]
        yield from found
        if self._before is not None:
            successors = {one.proposal.to for one in found if one.proposal}
            yield from self._newly_required(self._before, successors=successors)

    def _of_rule(self, rule: RuleSpec) -> Iterator[Drift]:
        old = self._before.find(rule.field, table=rule.table) if self._before else None
        new = self._now.find(rule.field, table=rule.table)
        if new is None:
            yield self._gone(rule, old)
        elif old is not None and old.type is not new.type:
            yield self._retyped(rule, old, new)
        elif self._is_key(rule) and not new.can_be_update_key:
            yield drift_of_rule(rule, new, "key_not_unique", Effect.STOPS)
        else:
            yield from self._changed(rule, old, new)

    def _changed(self, rule: RuleSpec, old: FormField | None, new: FormField) -> Iterator[Drift]:
        """The field is there and of the same type."""
        options = list(of_options(rule, old, new)) if old else []
        yield from options
        if any(one.effect is Effect.LEFT_OUT for one in options):
            return
        if unfit := self._unfit(rule, new):
            yield unfit
        elif old is not None:
            yield from of_demands(rule, old, new, is_key=self._is_key(rule))

    def _is_key(self, rule: RuleSpec) -> bool:
        return not rule.table and rule.field == self._key_field

    def _gone(self, rule: RuleSpec, old: FormField | None) -> Drift:
        is_key = self._is_key(rule)
        effect = Effect.STOPS if is_key else Effect.LEFT_OUT
        to = self._successor(rule, old) if old is not None else ""
        if not to:
            return drift_of_rule(rule, old, "gone_key" if is_key else "gone", effect)
        proposal = Proposal(remedy=Remedy.REPOINT, to=to)
        code = "renamed_key" if is_key else "renamed"
        return drift_of_rule(rule, old, code, effect, proposal=proposal, params={"to": to})

    def _successor(self, rule: RuleSpec, old: FormField) -> str:
        """The path of the field that `old` has become; "" if none is certain enough."""
        assert self._before is not None
        if not rule.table:
            code = _alike(old, before=self._before.fields, now=self._now.fields)
            if not code or not self._may_fill(rule, code):
                return ""
            return code
        table = self._before.fields[rule.table]
        if rule.table in self._now.fields:
            now = self._now.fields[rule.table].columns
            code = _alike(old, before=table.columns, now=now)
            return f"{rule.table}.{code}" if code else ""
        code = _alike(table, before=self._before.fields, now=self._now.fields)
        there = self._now.find(rule.field, table=code) if code else None
        return f"{code}.{rule.field}" if there and there.type is old.type else ""

    def _may_fill(self, rule: RuleSpec, code: str) -> bool:
        return not self._is_key(rule) or self._now.fields[code].can_be_update_key

    def _retyped(self, rule: RuleSpec, old: FormField, new: FormField) -> Drift:
        types = {"type": new.type.value, "former_type": old.type.value}
        if self._is_key(rule):
            if not new.can_be_update_key:
                return drift_of_rule(rule, new, "key_not_unique", Effect.STOPS)
            confirm = Proposal(remedy=Remedy.CONFIRM)
            return drift_of_rule(
                rule, new, "retyped_key", Effect.STOPS, proposal=confirm, params=types
            )
        if next(rule_errors(rule, form=self._now, kinds=self._kinds), None):
            return drift_of_rule(rule, new, "retyped_unfit", Effect.LEFT_OUT, params=types)
        resend = Proposal(remedy=Remedy.RESEND)
        return drift_of_rule(rule, new, "retyped", Effect.RECORDS, proposal=resend, params=types)

    def _unfit(self, rule: RuleSpec, new: FormField) -> Drift | None:
        """The rule does not go with the field any more, for another reason than its type."""
        error = next(rule_errors(rule, form=self._now, kinds=self._kinds), None)
        if error is None or self._is_key(rule) or error.code in OF_THE_RULE_ITSELF:
            return None
        if error.code == "field_not_writable":
            params = {"reason": error.params["reason"]}
            return drift_of_rule(rule, new, "unwritable", Effect.LEFT_OUT, params=params)
        return drift_of_rule(rule, new, "unfit", Effect.LEFT_OUT)

    def _newly_required(self, before: Form, *, successors: Collection[str]) -> Iterator[Drift]:
        lacked = places_without_rule(self._rules, form=before)
        for place, one in places_without_rule(self._rules, form=self._now).items():
            if place not in lacked and place not in successors:
                problem = Problem(code="drift.required", field=place, params=described(one))
                yield Drift(problem=problem, effect=Effect.RECORDS)


def _alike(old: FormField, *, before: Mapping[str, FormField], now: Mapping[str, FormField]) -> str:
    """The code of the one new field with the label and type of the one that vanished; else ""."""

    def is_alike(one: FormField) -> bool:
        return (one.type, one.label) == (old.type, old.label)

    new = [code for code, one in now.items() if code not in before and is_alike(one)]
    vanished = [code for code, one in before.items() if code not in now and is_alike(one)]
    return new[0] if len(new) == 1 and len(vanished) == 1 else ""

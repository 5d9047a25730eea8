"""Rules that no longer fit the app's form, and are left out so that all others go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.problems import Problem
from common.types import Kind
from integrations.kintone.form import Form
from mapping.checks import path, rule_errors
from mapping.rulespec import RuleSpec

#: What is wrong with a rule whatever the form looks like: a person made it so, nobody else.
OF_THE_RULE_ITSELF = frozenset(
    ("rule_without_origin", "template_unreadable", "item_unknown", "fixed_empty")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A rule that is left out, and why."""

    rule: RuleSpec
    problem: Problem


def left_out(
    rules: Sequence[RuleSpec], *, key_field: str, form: Form, kinds: Mapping[str, Kind]
) -> tuple[LeftOut, ...]:
    """The rules that the form has no place for any more, the update key's apart.

    Where one column of a table is concerned, the whole table is left out: its rows are replaced as
    a whole, and would lose what kintone holds in that column.
    """
    unfit: dict[str, Problem] = {}
    for rule in rules:
        if rule.table or rule.field != key_field:
            problem = next(rule_errors(rule, form=form, kinds=kinds), None)
            if problem is not None and problem.code not in OF_THE_RULE_ITSELF:
                unfit[path(rule)] = problem
    tables = {rule.table for rule in rules if rule.table and path(rule) in unfit}
    return tuple(
        LeftOut(rule=rule, problem=unfit.get(path(rule)) or _with_its_table(rule, form=form))
        for rule in rules
        if path(rule) in unfit or rule.table in tables
    )


def origin_of(rule: RuleSpec) -> str:
    """What the rule sends, whatever field it sends it to."""
    return rule.source or rule.template or f"={rule.fixed}"


def _with_its_table(rule: RuleSpec, *, form: Form) -> Problem:
    table = form.find(rule.table)
    label = table.label if table else ""
    return Problem(
        code="table_left_out",
        field=path(rule),
        item=rule.source,
        params={"table": label or rule.table},
    )

"""What is to be said about a mapping against its app's form, before anything is sent."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from common.problems import Problem
from common.types import Kind
from integrations.kintone.access import Access, Right
from integrations.kintone.form import FieldType, Form, FormField, Lookup
from mapping.columns import TemplateError, described, fixed_value, origin_items
from mapping.converters import (
    Fit,
    ValueRefusedError,
    Verdict,
    converter,
    fit,
    fit_in_table,
    is_multiple,
    is_required,
    unwritable,
)
from mapping.rulespec import RuleSpec, WhenEmpty

#: Items of 13 digits: more than a kintone number takes unless the app's settings say otherwise.
_THIRTEEN_DIGITS = frozenset(("corporate_number", "company.corporate_number"))
_CORPORATE_NUMBER = 13


class Severity(StrEnum):
    """An error keeps the mapping from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to be said; its problem names the field or the item."""

    severity: Severity
    problem: Problem


def check(
    rules: Sequence[RuleSpec],
    *,
    key_field: str,
    form: Form,
    kinds: Mapping[str, Kind],
    rowsets: Mapping[str, str],
    access: Access | None = None,
) -> tuple[Finding, ...]:
    """Everything about these rules and this key that a person should know; errors first.

    What the login may do (`access`) makes warnings, never errors: it was so when it was asked.
    """
    errors = [
        *(problem for rule in rules for problem in rule_errors(rule, form=form, kinds=kinds)),
        *_fields_taken_twice(rules, form=form),
        *_key_errors(rules, key_field=key_field, form=form),
    ]
    warnings = [
        *access_problems(rules, form=form, access=access),
        *_required_without_rule(rules, form=form),
        *(
            problem
            for rule in rules
            for problem in _rule_warnings(rule, form=form, kinds=kinds, access=access)
        ),
        *_unique_besides_the_key(rules, key_field=key_field, form=form),
        *_table_warnings(rules, form=form, kinds=kinds, rowsets=rowsets),
    ]
    return (
        *(Finding(severity=Severity.ERROR, problem=problem) for problem in errors),
        *(Finding(severity=Severity.WARNING, problem=problem) for problem in warnings),
    )


def errors_of(findings: Sequence[Finding]) -> tuple[Problem, ...]:
    """The problems that keep the mapping from running."""
    return tuple(each.problem for each in findings if each.severity is Severity.ERROR)


def one_to_one(rules: Sequence[RuleSpec], *, form: Form | None = None) -> tuple[Problem, ...]:
    """Items and fields used more than once: the original's rule is one item to one field.

    With the form the problems tell the fields' labels.
    """
    items = Counter(rule.source for rule in rules if rule.source)
    twice = [
        Problem(code="item_taken", field=path(rule), item=rule.source)
        for rule in rules
        if items[rule.source] > 1
    ]
    return (*_fields_taken_twice(rules, form=form), *twice)


def path(rule: RuleSpec) -> str:
    """The rule's field as problems name it: its code, `TABLE.COLUMN` in a table."""
    return f"{rule.table}.{rule.field}" if rule.table else rule.field


def required_without_rule(rules: Sequence[RuleSpec], *, form: Form) -> tuple[FormField, ...]:
    """Fields that kintone wants filled, that nothing fills and that have no default.

    New records fail on them; those of tables are told by `required_columns_without_rule`.
    """
    filled = {rule.field for rule in rules if not rule.table}
    return tuple(
        field
        for code, field in form.fields.items()
        if code not in filled and _stays_empty_in_vain(field)
    )


def required_columns_without_rule(
    rules: Sequence[RuleSpec], *, form: Form
) -> dict[str, tuple[FormField, ...]]:
    """The same for columns, by table: every row that is sent fails on them."""
    lacking = {}
    for code in dict.fromkeys(rule.table for rule in rules if rule.table):
        table = form.find(code)
        filled = {rule.field for rule in rules if rule.table == code}
        columns = table.columns.values() if table else ()
        lacking[code] = tuple(
            column
            for column in columns
            if column.code not in filled and _stays_empty_in_vain(column)
        )
    return lacking


def places_without_rule(rules: Sequence[RuleSpec], *, form: Form) -> dict[str, FormField]:
    """Both kinds, by their paths: the field code, `TABLE.COLUMN` in a table."""
    columns = required_columns_without_rule(rules, form=form)
    return {field.code: field for field in required_without_rule(rules, form=form)} | {
        f"{table}.{column.code}": column for table, found in columns.items() for column in found
    }


def _stays_empty_in_vain(field: FormField) -> bool:
    """Whether kintone refuses what leaves this field out (a minimum length holds for "" too)."""
    return (
        (is_required(field) or bool(field.min_length))
        and not field.has_default
        and not field.auto_calculated
        and not field.copied_by_lookup
        and field.type is not FieldType.CALC
    )


def _fields_taken_twice(rules: Sequence[RuleSpec], *, form: Form | None) -> Iterator[Problem]:
    fields = Counter((rule.table, rule.field) for rule in rules)
    for rule in rules:
        if fields[rule.table, rule.field] > 1:
            target = form.find(rule.field, table=rule.table) if form else None
            params = described(target) if target else {}
            yield Problem(code="field_taken", field=path(rule), item=rule.source, params=params)


def rule_errors(rule: RuleSpec, *, form: Form, kinds: Mapping[str, Kind]) -> Iterator[Problem]:
    """What keeps this rule from being carried out on this form."""
    target = form.find(rule.field, table=rule.table)
    if target is None:
        yield Problem(code="field_gone", field=path(rule), item=rule.source)
        return
    code = _origin_error(rule, kinds=kinds)
    if not code and (reason := unwritable(target)):
        code = "field_not_writable"
        yield _about(rule, target, code, reason=reason)
    elif code:
        yield _about(rule, target, code)
    elif rule.source and not (found := _fit(rule, target, kinds=kinds)).possible:
        kind = kinds[rule.source].value
        yield _about(rule, target, "kind_does_not_fit", kind=kind, reason=found.note)
    else:
        yield from _fixed_errors(rule, target)


def _origin_error(rule: RuleSpec, *, kinds: Mapping[str, Kind]) -> str:
    """The code of what is wrong with where the value comes from, "" if nothing."""
    if sum(map(bool, (rule.source, rule.template, rule.fixed))) != 1:
        return "rule_without_origin"
    try:
        items = origin_items(rule)
    except TemplateError:
        return "template_unreadable"
    return "" if all(item in kinds for item in items) else "item_unknown"


def _fixed_errors(rule: RuleSpec, target: FormField) -> Iterator[Problem]:
    texts = [rule.fixed] if rule.fixed else []
    if rule.empty is WhenEmpty.FIXED:
        texts.append(rule.empty_value)
    for text in texts:
        try:
            fixed_value(text, target=target, convert=converter(Kind.TEXT, target))
        except ValueRefusedError as refusal:
            yield Problem(
                code=refusal.code,
                field=path(rule),
                item=rule.source,
                value=text,
                params={**described(target), **refusal.params},
            )


def _key_errors(rules: Sequence[RuleSpec], *, key_field: str, form: Form) -> Iterator[Problem]:
    if not key_field:
        possible = any(field.can_be_update_key for field in form.fields.values())
        yield Problem(code="key_missing" if possible else "no_unique_field")
        return
    target = form.find(key_field)
    if target is None:
        yield Problem(code="key_gone", field=key_field)
        return
    rule = next((each for each in rules if each.field == key_field and not each.table), None)
    if not target.can_be_update_key:
        item = rule.source if rule else ""
        yield Problem(code="key_not_allowed", field=key_field, item=item, params=described(target))
    if rule is None:
        yield Problem(code="key_without_rule", field=key_field, params=described(target))
    elif rule.fixed or rule.empty is WhenEmpty.FIXED:
        # One key for all rows would make all of them one record.
        yield _about(rule, target, "key_fixed")


def rights_missing(access: Access | None) -> Iterator[Problem]:
    """The rights on the app that the login certainly lacks."""
    for right in Right if access else ():
        if access and access.of(right) is False:
            record = {"record": access.record} if right is Right.EDIT and access.record else {}
            yield Problem(code=f"right_{right.value}", params=record)


def access_problems(
    rules: Sequence[RuleSpec], *, form: Form, access: Access | None
) -> tuple[Problem, ...]:
    """Everything that the login may not do although these rules need it."""
    return (*rights_missing(access), *_locked_fields(rules, form=form, access=access))


def _locked_fields(
    rules: Sequence[RuleSpec], *, form: Form, access: Access | None
) -> Iterator[Problem]:
    """Fields that rules fill and that the login may not write, by the fields' own rights."""
    for rule in rules:
        target = form.find(rule.field, table=rule.table)
        lock = access and (access.locked.get(rule.table) or access.locked.get(rule.field))
        if target is not None and lock:
            yield _about(rule, target, f"field_{lock.value}")


def _rule_warnings(
    rule: RuleSpec, *, form: Form, kinds: Mapping[str, Kind], access: Access | None
) -> Iterator[Problem]:
    target = form.find(rule.field, table=rule.table)
    if target is None or rule.source not in kinds or unwritable(target):
        return
    verdict = _fit(rule, target, kinds=kinds)
    if verdict.verdict is Verdict.MAY_LOSE:
        yield _about(rule, target, "may_lose", note=verdict.note)
    if rule.empty is WhenEmpty.KEEP and not rule.table and _stays_empty_in_vain(target):
        yield _about(rule, target, "kept_empty")
    if rule.source in _THIRTEEN_DIGITS:
        yield from _thirteen_digits(rule, target)
    if target.lookup is not None:
        yield from _lookup(rule, target, target.lookup, access=access)


def _lookup(
    rule: RuleSpec, target: FormField, lookup: Lookup, *, access: Access | None
) -> Iterator[Problem]:
    """Where the values must be first, or that nobody can say where."""
    if lookup.app is None:
        yield _about(rule, target, "lookup_unseen")
        return
    name = access.sources.get(lookup.app, "") if access else ""
    yield _about(rule, target, "lookup_source", app=lookup.app, app_name=name, key=lookup.key_field)


def _unique_besides_the_key(
    rules: Sequence[RuleSpec], *, key_field: str, form: Form
) -> Iterator[Problem]:
    """Fields that take each value once: of two records alike kintone refuses the second."""
    for rule in rules:
        target = None if rule.table or rule.field == key_field else form.find(rule.field)
        if target is not None and target.unique and not unwritable(target):
            yield _about(rule, target, "unique_field")


def _thirteen_digits(rule: RuleSpec, target: FormField) -> Iterator[Problem]:
    """Numbers of this app have no room for them; perhaps, where its settings are unknown."""
    if target.type is not FieldType.NUMBER:
        return
    if target.precision is None:
        yield _about(rule, target, "thirteen_digits")
    elif target.precision.integer_digits < _CORPORATE_NUMBER:
        yield _about(rule, target, "thirteen_digits", max=target.precision.integer_digits)


def _required_without_rule(rules: Sequence[RuleSpec], *, form: Form) -> Iterator[Problem]:
    for place, field in places_without_rule(rules, form=form).items():
        yield Problem(code="required_without_rule", field=place, params=described(field))


def _table_warnings(
    rules: Sequence[RuleSpec],
    *,
    form: Form,
    kinds: Mapping[str, Kind],
    rowsets: Mapping[str, str],
) -> Iterator[Problem]:
    for code in dict.fromkeys(rule.table for rule in rules if rule.table):
        table = form.find(code)
        if table is None:
            continue
        keeps = any(rule.keep_rows for rule in rules if rule.table == code)
        said = "table_kept" if keeps else "table_replaced"
        yield Problem(code=said, field=code, params=described(table))
        sources = [rule.source for rule in rules if rule.table == code and rule.source in kinds]
        # Items without a rowset that hold several values (tags) are rowsets of their own.
        groups = {rowsets.get(item) or item for item in sources if is_multiple(kinds[item])}
        if len(groups) > 1:
            yield Problem(code="rowsets_mixed", field=code, params=described(table))


def _fit(rule: RuleSpec, target: FormField, *, kinds: Mapping[str, Kind]) -> Fit:
    return (fit_in_table if rule.table else fit)(kinds[rule.source], target)


def _about(rule: RuleSpec, target: FormField, code: str, **params: str | int) -> Problem:
    return Problem(
        code=code, field=path(rule), item=rule.source, params={**described(target), **params}
    )

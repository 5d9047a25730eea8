"""The rules of a mapping, as stored: read as plain values, replaced as a whole."""

from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from common.problems import Problem
from common.types import Kind, RecordType
from crm import catalogue
from crm.catalogue import Item
from integrations.kintone.form import parse_form
from integrations.models import Connection
from mapping import rules_log
from mapping.checks import check, errors_of, one_to_one, path
from mapping.left_out import origin_of
from mapping.models import Mapping, Rule
from mapping.rulespec import RuleSpec, WhenEmpty
from mapping.standing import Standing, made_on, standing
from mapping.users import UserTies

#: The columns of a mapping that say how its rules stand to the form.
STANDING = ("made_on", "drift", "left_out")


class RulesRefused(Exception):  # noqa: N818 — refused, not failed
    """These rules cannot be saved; `problems` names the items and fields. Nothing was changed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{each.code} {each.field}".strip() for each in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceItems:
    """The items of a mapping's record type, as the pure modules want them."""

    items: tuple[Item, ...]
    kinds: dict[str, Kind]
    rowsets: dict[str, str]


def source_of(mapping: Mapping) -> SourceItems:
    """The items that the mapping can send; one query, for the custom ones."""
    items = tuple(catalogue.items_of(RecordType(mapping.record_type)))
    return SourceItems(
        items=items,
        kinds={item.key: item.kind for item in items},
        rowsets={item.key: item.rowset for item in items if item.rowset},
    )


def specs_of(mapping: Mapping) -> list[RuleSpec]:
    """The mapping's rules in the order in which they were saved; of a draft, the drafted ones."""
    if mapping.drafted is not None:
        return list(mapping.drafted.specs)
    return [_spec(rule) for rule in mapping.rules.order_by("id")]


def ties_of(connection: Connection) -> UserTies:
    """The ties, as plans want them; two queries."""
    by_hand = dict(connection.user_ties.values_list("email", "code"))
    active = connection.kintone_users.filter(active=True).exclude(email="")
    emails = [(email.casefold(), code) for email, code in active.values_list("email", "code")]
    often = Counter(email for email, _code in emails)
    return UserTies(
        by_hand=by_hand,
        # Of two users with one address nobody can tell which is meant.
        by_email={email: code for email, code in emails if often[email] == 1},
    )


def save_rules(mapping: Mapping, specs: Sequence[RuleSpec], *, update_key: str) -> bool:
    """Make these the mapping's rules and update key; return whether anything changed.

    A change raises the mapping's version. Before the form was loaded for the first time only what
    needs no form is checked; the run's plan checks the rest.

    Raises:
        RulesRefused: an item or a field is used twice, a field is gone, not writable or not
            fitting, or the update key is none; all problems are named.
    """
    with transaction.atomic():
        locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
        if problems := refusals(locked, specs, update_key=update_key):
            raise RulesRefused(problems)
        former, former_key = specs_of(locked), locked.update_key
        changed = former_key != update_key or _by_field(former) != _by_field(specs)
        if changed:
            settled = fields_of(former, specs) | {former_key, update_key}
            lacking = {path(one) for one in former if origin_of(one) in locked.left_out}
            write_rules(
                locked,
                specs,
                update_key=update_key,
                settled=settled,
                # Another fixed value for the same field is as much awaited as the former.
                resent=[origin_of(spec) for spec in specs if path(spec) in lacking],
            )
            rules_log.record(
                locked,
                rules_log.Rules(update_key=former_key, specs=former),
                rules_log.Rules(update_key=update_key, specs=specs),
            )
    mapping.refresh_from_db(fields=["update_key", "version", *STANDING])
    return changed


def write_rules(
    mapping: Mapping,
    specs: Sequence[RuleSpec],
    *,
    update_key: str,
    settled: Collection[str],
    resent: Collection[str] = (),
) -> None:
    """Store these rules of a mapping that is locked; its version rises.

    Args:
        settled: Fields, by code, that were looked at as they are now.
        resent: Origins of rules whose values kintone lost: everything is to be sent again.
    """
    mapping.rules.all().delete()
    Rule.objects.bulk_create(_row(mapping, spec) for spec in specs)
    mapping.update_key = update_key
    Mapping.objects.filter(pk=mapping.pk).update(
        update_key=update_key,
        version=F("version") + 1,
        **standing_columns(mapping, specs, settled=settled, resent=resent),
    )


def standing_columns(
    mapping: Mapping,
    specs: Sequence[RuleSpec],
    *,
    form: MappingOf[str, object] | None = None,
    settled: Collection[str] = (),
    resent: Collection[str] = (),
) -> dict[str, object]:
    """How these rules stand to the form, as columns of the mapping.

    Args:
        mapping: As stored.
        form: kintone's answer, if it was read anew.
        settled, resent: See `write_rules`.
    """
    form = form or mapping.form
    if not form:
        return Standing(made_on={}).as_columns()
    return standing(
        specs,
        key_field=mapping.update_key,
        form=form,
        made_on=made_on(mapping.form, mapping.made_on),
        kinds=source_of(mapping).kinds,
        owed=[*mapping.left_out, *resent],
        settled=settled,
    ).as_columns()


def fields_of(former: Sequence[RuleSpec], specs: Sequence[RuleSpec]) -> set[str]:
    """The fields, by code of the form's first level, of which the rule is another one."""
    before, after = _by_field(former), _by_field(specs)
    changed = [name for name in {*before, *after} if before.get(name) != after.get(name)]
    return {name.split(".")[0] for name in changed}


def refusals(
    mapping: Mapping, specs: Sequence[RuleSpec], *, update_key: str
) -> tuple[Problem, ...]:
    """Why these cannot be the mapping's rules and update key; nothing if they can."""
    form = parse_form(mapping.form) if mapping.form else None
    problems = list(one_to_one(specs, form=form))
    if form:
        source = source_of(mapping)
        findings = check(
            specs,
            key_field=update_key,
            form=form,
            kinds=source.kinds,
            rowsets=source.rowsets,
        )
        problems += [each for each in errors_of(findings) if each not in problems]
    return tuple(problems)


def _by_field(specs: Sequence[RuleSpec]) -> dict[str, RuleSpec]:
    return {path(spec): spec for spec in specs}


def _spec(rule: Rule) -> RuleSpec:
    return RuleSpec(
        field=rule.field,
        table=rule.table,
        source=rule.source,
        template=rule.template,
        fixed=rule.fixed,
        values=rule.values,
        empty=WhenEmpty(rule.empty),
        empty_value=rule.empty_value,
        keep_rows=rule.keep_rows,
    )


def _row(mapping: Mapping, spec: RuleSpec) -> Rule:
    return Rule(
        mapping=mapping,
        field=spec.field,
        table=spec.table,
        source=spec.source,
        template=spec.template,
        fixed=spec.fixed,
        values=dict(spec.values),
        empty=spec.empty.value,
        empty_value=spec.empty_value,
        keep_rows=spec.keep_rows,
    )

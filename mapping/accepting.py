"""What of a mapping's drift a person accepts with one click: proposals carried out, rest noted."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import transaction

from audit.kinds import Kind
from mapping import rules_log
from mapping.checks import path
from mapping.drift import Drift, Proposal, Remedy
from mapping.left_out import origin_of
from mapping.mappings import drift_of
from mapping.models import Mapping
from mapping.rules import STANDING, specs_of, write_rules
from mapping.rulespec import RuleSpec


class DriftMoved(Exception):  # noqa: N818 — a state, not a fault
    """Form or rules are not as they were when the person saw them; nothing was changed."""


def stamp_of(mapping: Mapping) -> str:
    """What a page says that it showed: another one as soon as rules, form or drift are others."""
    shown = json.dumps([mapping.version, mapping.update_key, mapping.drift], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def acceptable_together(found: Sequence[Drift]) -> list[tuple[Drift, ...]]:
    """What a click can settle, in parts that can be settled one without the other.

    Drifts of one field, or of one table, are one part: a field is looked at as it is now, or not.
    """
    parts: list[list[Drift]] = []
    for drift in found:
        if drift.can_be_accepted:
            same = [part for part in parts if any(one.codes & drift.codes for one in part)]
            parts = [part for part in parts if part not in same]
            parts.append([*(one for part in same for one in part), drift])
    return [tuple(part) for part in parts]


def accept(mapping: Mapping, *, stamp: str, only: str = "") -> tuple[Drift, ...]:
    """Carry out what the drift proposes, and take the rest for seen; returns what was accepted.

    What needs another rule than can be told from the form stays as it is. The mapping's version
    rises; what records lack for it is sent by the next run.

    Args:
        stamp: Of what the person saw (`stamp_of`).
        only: The id of a drift: it, and what it is settled together with, are accepted, and
            nothing else. "": everything.

    Raises:
        DriftMoved: it is not so any more.
    """
    with transaction.atomic():
        locked = Mapping.objects.select_for_update().get(pk=mapping.pk)
        if stamp != stamp_of(locked):
            raise DriftMoved(str(mapping))
        accepted = _asked_for(acceptable_together(drift_of(locked)), only=only)
        if only and not accepted:
            raise DriftMoved(str(mapping))
        if accepted:
            former = rules_log.Rules(update_key=locked.update_key, specs=specs_of(locked))
            specs = [(spec, _applied(spec, _of(accepted, spec))) for spec in former.specs]
            write_rules(
                locked,
                [after for _before, after in specs],
                update_key=_key_after(locked.update_key, accepted),
                settled=frozenset().union(*(drift.codes for drift in accepted)),
                resent=_lost(specs, accepted, locked.left_out),
            )
            rules_log.record(
                locked,
                former,
                rules_log.Rules(
                    update_key=locked.update_key, specs=[after for _before, after in specs]
                ),
                kind=Kind.MAPPING_DRIFT,
            )
    mapping.refresh_from_db(fields=["update_key", "version", *STANDING])
    return accepted


def _asked_for(parts: Iterable[Sequence[Drift]], *, only: str) -> tuple[Drift, ...]:
    return tuple(
        drift for part in parts if not only or any(one.id == only for one in part) for drift in part
    )


def _key_after(update_key: str, accepted: Iterable[Drift]) -> str:
    for drift in accepted:
        proposal = drift.proposal
        if proposal and proposal.remedy is Remedy.REPOINT and drift.problem.field == update_key:
            return proposal.to
    return update_key


def _of(accepted: Iterable[Drift], spec: RuleSpec) -> list[Proposal]:
    return [one.proposal for one in accepted if one.proposal and one.problem.field == path(spec)]


def _applied(spec: RuleSpec, proposals: Iterable[Proposal]) -> RuleSpec:
    for proposal in proposals:
        if proposal.remedy is Remedy.REPOINT:
            table, _, code = proposal.to.rpartition(".")
            spec = replace(spec, table=table, field=code)
        if proposal.remedy is Remedy.REPLACE:
            spec = _with_options(spec, proposal)
    return spec


def _with_options(spec: RuleSpec, proposal: Proposal) -> RuleSpec:
    """The rule with the options' new names wherever it says the old ones."""
    new = proposal.options
    values = {said: new.get(sent, sent) for said, sent in spec.values.items()}
    if not spec.fixed:
        # Values that went as they are.
        values = {**{was: now for was, now in new.items() if was not in values}, **values}
    return replace(
        spec,
        values=values,
        fixed=_renamed_lines(spec.fixed, proposal),
        empty_value=_renamed_lines(spec.empty_value, proposal),
    )


def _renamed_lines(text: str, proposal: Proposal) -> str:
    lines = text.splitlines()
    if not any(line.strip() in proposal.options for line in lines):
        return text
    return "\n".join(proposal.options.get(line.strip(), line) for line in lines)


def _lost(
    specs: Sequence[tuple[RuleSpec, RuleSpec]], accepted: Iterable[Drift], left_out: Sequence[str]
) -> list[str]:
    """Origins of the rules, as they are now, whose fields lack something in kintone."""
    emptied = {
        drift.problem.field
        for drift in accepted
        if drift.proposal and drift.proposal.remedy is Remedy.RESEND
    }
    return [
        origin_of(after)
        for before, after in specs
        if path(before) in emptied or origin_of(before) in left_out
    ]

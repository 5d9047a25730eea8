"""How a mapping stands to the app's form: what is not as its rules were made on, and what of it is
left out.

The form on which the rules were made is the form as read last, but for the fields with a drift that
nobody has settled yet: of those it is remembered what they were. So it moves along with everything
that does no harm, and a drift lasts until the form is as it was, its rule is another one, or a
person accepts it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from common.types import Kind
from integrations.kintone.form import Form, parse_form
from mapping.drift import Drift
from mapping.drifting import drifts
from mapping.left_out import left_out, origin_of
from mapping.rulespec import RuleSpec

Properties: TypeAlias = Mapping[str, object]
"""Field code → kintone's own description of the field."""

#: Drifts of a field that vanished: whatever is new may be what it has become.
_VANISHED = frozenset(f"drift.{code}" for code in ("gone", "gone_key", "renamed", "renamed_key"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is stored with a mapping, beside its form."""

    made_on: dict[str, object]
    """Field code → the field's description when the rules were made; None: it was not there."""
    drifts: tuple[Drift, ...] = ()
    left_out: tuple[str, ...] = ()
    """Origins (`left_out.origin_of`) of rules that were left out, and of which records may lack
    what was to be sent; a run sends it when the rule is whole again."""

    def as_columns(self) -> dict[str, object]:
        """The columns of `Mapping` that hold it."""
        return {
            "made_on": self.made_on,
            "drift": [one.as_json() for one in self.drifts],
            "left_out": list(self.left_out),
        }


def made_on(form: Mapping[str, object], remembered: Properties) -> Properties | None:
    """The fields as they were when the rules were made; None where no form was ever read.

    Args:
        form: kintone's answer as read last, {} if it never was.
        remembered: `Mapping.made_on`.
    """
    if not form:
        return None
    return _with(_properties(form), {code: remembered[code] for code in remembered})


def standing(
    rules: Sequence[RuleSpec],
    *,
    key_field: str,
    form: Mapping[str, object],
    made_on: Properties | None,
    kinds: Mapping[str, Kind],
    owed: Collection[str] = (),
    settled: Collection[str] = (),
) -> Standing:
    """How these rules stand to this form.

    Args:
        form: kintone's answer as read now.
        made_on: The fields as the rules were made on them; None where nobody knows.
        kinds: Item key → kind, of all items of the record type.
        owed: Origins of which records lack something since earlier.
        settled: Fields, by code, that a person has looked at as they are now.
    """
    now = _properties(form)
    before = None if made_on is None else _with(made_on, {code: now.get(code) for code in settled})
    parsed = parse_form(form)
    found = drifts(
        rules,
        key_field=key_field,
        before=None if before is None else _form(before),
        now=parsed,
        kinds=kinds,
    )
    unfit = left_out(rules, key_field=key_field, form=parsed, kinds=kinds)
    lacking = {*owed, *(origin_of(one.rule) for one in unfit)}
    return Standing(
        made_on=_to_remember(found, before=before or now, now=now),
        drifts=found,
        left_out=tuple(
            dict.fromkeys(origin_of(rule) for rule in rules if origin_of(rule) in lacking)
        ),
    )


def _to_remember(
    found: Sequence[Drift], *, before: Properties, now: Properties
) -> dict[str, object]:
    codes = {code for drift in found for code in drift.codes}
    if any(drift.problem.code in _VANISHED for drift in found):
        codes.update(code for code in now if code not in before)
    return {code: before.get(code) for code in sorted(codes) if before.get(code) != now.get(code)}


def _properties(form: Mapping[str, object]) -> Properties:
    properties = form["properties"]
    assert isinstance(properties, Mapping)
    return properties


def _with(properties: Properties, others: Properties) -> Properties:
    """The properties with these instead; None takes one away."""
    merged = {**properties, **others}
    return {code: given for code, given in merged.items() if given is not None}


def _form(properties: Properties) -> Form:
    return parse_form({"properties": properties, "revision": 0})

"""What is not any more, in an app's form, as it was when the rules were made on it: as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from common.problems import Params, Problem
from integrations.kintone.form import FormField
from mapping.checks import path
from mapping.columns import described
from mapping.rulespec import RuleSpec


class Effect(StrEnum):
    """What a drift does to the mapping."""

    STOPS = "stops"  # nothing can be sent: it concerns the update key
    LEFT_OUT = "left_out"  # its rule is left out, everything else is sent
    RECORDS = "records"  # records whose values do not suit fail, one by one


class Remedy(StrEnum):
    """What one click does about it."""

    REPOINT = "repoint"  # the rule fills the field `to`
    REPLACE = "replace"  # options by their new names
    RESEND = "resend"  # kintone lost what it held in the field: everything is sent again
    CONFIRM = "confirm"  # a person looked at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A remedy that is certain enough to be offered."""

    remedy: Remedy
    to: str = ""
    """REPOINT: where to; in a table `TABLE.COLUMN`."""
    options: Mapping[str, str] = field(default_factory=dict)
    """REPLACE: option as it was → as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that is not as it was; `problem` tells it in words."""

    problem: Problem
    effect: Effect
    proposal: Proposal | None = None

    @property
    def id(self) -> str:
        """The same thing at another reading has the same id."""
        return f"{self.problem.code}:{self.problem.field}:{self.problem.value}"

    @property
    def can_be_accepted(self) -> bool:
        """Whether a click settles it; else the rules must be edited, or the app's form."""
        return self.proposal is not None or self.effect is Effect.RECORDS

    @property
    def codes(self) -> frozenset[str]:
        """The fields concerned, by the codes of the form's first level."""
        paths = [self.problem.field, self.proposal.to if self.proposal else ""]
        return frozenset(one.split(".")[0] for one in paths if one)

    def as_json(self) -> dict[str, object]:
        """What is stored; `from_json` reads it back."""
        proposal = self.proposal
        return {
            "problem": self.problem.as_json(),
            "effect": self.effect.value,
            "proposal": proposal
            and {
                "remedy": proposal.remedy.value,
                "to": proposal.to,
                "options": dict(proposal.options),
            },
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """The drift that `as_json` stored."""
        problem, proposal = stored["problem"], stored["proposal"]
        assert isinstance(problem, dict)
        return cls(
            problem=Problem.from_json(problem),
            effect=Effect(str(stored["effect"])),
            proposal=Proposal(
                remedy=Remedy(proposal["remedy"]), to=proposal["to"], options=proposal["options"]
            )
            if isinstance(proposal, dict)
            else None,
        )


def drift_of_rule(
    rule: RuleSpec,
    target: FormField | None,
    code: str,
    effect: Effect,
    *,
    proposal: Proposal | None = None,
    value: str = "",
    params: Params | None = None,
) -> Drift:
    """A drift of the field that the rule fills; `target` is what is known of the field."""
    about: Params = {**(described(target) if target else {}), **(params or {})}
    problem = Problem(
        code=f"drift.{code}", field=path(rule), item=rule.source, value=value, params=about
    )
    return Drift(problem=problem, effect=effect, proposal=proposal)

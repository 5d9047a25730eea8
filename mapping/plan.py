"""A mapping made ready to run: each rule tied to its kintone field and its converter."""

from collections.abc import Mapping, Sequence
from typing import Self

from common.problems import Problem
from common.types import ItemValues, Kind
from integrations.kintone.form import Form
from mapping.payload import Payload
from mapping.rulespec import RuleSpec


class MappingError(Exception):
    """This record cannot be expressed in kintone; `problems` says why, field by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)


class EmptyKeyError(MappingError):
    """The update key has no value: the record is skipped, not failed."""


class PlanError(Exception):
    """The mapping does not fit the form (a field code is gone, the key is no key): a person must act.

    `problems` names the fields.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = tuple(problems)


class MappingPlan:
    """Rules, form and key as one thing that turns values into payloads."""

    key_field: str
    item_keys: tuple[str, ...]
    """The items that `build` needs, for `crm.changes.load`."""

    @classmethod
    def compile(
        cls,
        rules: Sequence[RuleSpec],
        *,
        key_field: str,
        form: Form,
        kinds: Mapping[str, Kind],
        rowsets: Mapping[str, str],
    ) -> Self:
        """The plan of these rules.

        Args:
            kinds: Item key → kind, of all items of the record type.
            rowsets: Item key → rowset, of multi-valued items.

        Raises:
            PlanError: a rule names a field that is not there, not writable or not fitting, or the
                update key is none.
        """
        raise NotImplementedError

    def build(self, values: ItemValues) -> Payload:
        """The payload of one record.

        Raises:
            EmptyKeyError: the key has no value.
            MappingError: one or more values do not fit; all of them are named.
        """
        raise NotImplementedError

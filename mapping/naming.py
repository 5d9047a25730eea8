"""Fields called by their labels: kintone's refusals name codes, people know labels."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from django.utils.translation import gettext as _

from common.problems import Problem
from mapping.mappings import form_of
from mapping.models import Mapping
from mapping.rules import specs_of

#: kintone found no source record for a lookup; it does not say for which.
_LOOKUP_REFUSED = "GAIA_LO04"


class FieldNames:
    """The labels of one mapping's fields, read when the first problem asks for one."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def named(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """The problems with the label and the code of their field; those that say it stay."""
        return tuple(self._named(problem) for problem in problems)

    def _named(self, problem: Problem) -> Problem:
        if not problem.field and problem.params.get("code") == _LOOKUP_REFUSED:
            problem = self._with_lookup(problem)
        if not problem.field or problem.params.get("label"):
            return problem
        label = self._labels.get(problem.field, "")
        if not label or label == problem.field:
            return problem
        shown = _("%(label)s（%(code)s）") % {"label": label, "code": problem.field}
        return replace(problem, params={**problem.params, "label": shown})

    def _with_lookup(self, problem: Problem) -> Problem:
        """With the lookup concerned: sure where the mapping fills a single one."""
        lookups = self._lookups
        return replace(problem, field=lookups[0]) if len(lookups) == 1 else problem

    @cached_property
    def _labels(self) -> dict[str, str]:
        form = form_of(self._mapping)
        labels = {code: field.label for code, field in form.fields.items()}
        for table in form.fields.values():
            labels |= {f"{table.code}.{code}": one.label for code, one in table.columns.items()}
        return labels

    @cached_property
    def _lookups(self) -> list[str]:
        form = form_of(self._mapping)
        found = []
        for spec in specs_of(self._mapping):
            field = form.find(spec.field, table=spec.table)
            if field and field.is_lookup:
                found.append(f"{spec.table}.{spec.field}" if spec.table else spec.field)
        return found

"""Why a record was not sent, in one word that its like share: by it lists are grouped and narrowed.

It is stored beside the problems (`cause`, `cause_field`), so that hundreds of thousands of failed
records are counted by an index alone.
"""

from collections.abc import Sequence
from typing import Final

from common.problems import Problem
from jobs.models import PreviewItem
from jobs.states import RecordOutcome
from mapping.problem_texts import DUPLICATE_MESSAGES

#: Refusals of kintone differ by kintone's code, which stands behind this.
REFUSED: Final = "kintone."
#: Of the values that kintone refuses, those that another record holds.
DUPLICATE: Final = f"{REFUSED}CB_VA01.duplicate"
#: Longer codes are none of kintone's that anybody has seen.
LONGEST: Final = 64

#: Of a record that nothing is wrong with.
NO_CAUSE: Final = {"cause": "", "cause_field": ""}

#: What `refuse` changes.
REFUSED_COLUMNS: Final = ("outcome", "problems", "cause", "cause_field")


def cause_of(problems: Sequence[Problem]) -> dict[str, str]:
    """The columns of a record with these problems: its first one decides."""
    if not problems:
        return NO_CAUSE
    first = problems[0]
    return {"cause": _name(first)[:LONGEST], "cause_field": first.field[:255]}


def refuse(item: PreviewItem, problem: Problem, *, outcome: RecordOutcome) -> PreviewItem:
    """The item, as it is to be stored (`REFUSED_COLUMNS`): it would not be taken."""
    item.outcome = outcome
    item.problems = [problem.as_json()]
    for column, value in cause_of([problem]).items():
        setattr(item, column, value)
    return item


def _name(problem: Problem) -> str:
    if problem.code != "kintone":
        return problem.code
    if problem.params.get("message") in DUPLICATE_MESSAGES:
        return DUPLICATE
    return f"{REFUSED}{problem.params.get('code', '')}"

"""Problems put into words for people, in the reader's language."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import formats, timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from common.clock import JAPAN
from common.problems import Problem
from integrations.kintone.form import FieldType
from mapping.labels import NOTES, TYPE_LABELS
from mapping.words import DRIFT, MAPPING, REFUSALS, REMEDIES, RUNS, VALUES, Words

#: A sentence quotes no more of a value; where the value itself is shown, it is whole.
QUOTED: Final = 60
#: What kintone says of a value that another record holds, in Japanese and English: only for words,
#: since messages may be others (kintone-api.md §4.2); what is done about it goes by the code.
DUPLICATE_MESSAGES: Final = (
    "値がほかのレコードと重複しています。",
    "This value already exists in another record.",
)
_WORDS: Final = {**VALUES, **MAPPING, **DRIFT, **RUNS}
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemText:
    """A problem in words: what happened; why and what to do; kintone's own words for 詳細."""

    heading: str
    body: str
    detail: str = ""
    """kintone's code, message and error id on one line; "" where kintone said nothing."""


def describe(problem: Problem) -> ProblemText:
    """The problem in the words of the active language; an unknown code says so, and what to do."""
    words = _words_for(problem)
    params = _params(problem)
    if words is None:
        return ProblemText(
            heading=_("想定外の問題が起きました"),
            body=_(
                "次の実行で自動で再試行します。続く場合は、コード「%(code)s」を連絡してください。"
            )
            % {"code": problem.code},
            detail=_detail(problem),
        )
    return ProblemText(
        heading=str(words.heading), body=_body(words, params), detail=_detail(problem)
    )


def remedy(problem: Problem) -> str:
    """One sentence on what puts all records right that fail for this reason; "" where none does."""
    code = problem.code
    if code == "kintone":
        code = f"kintone.{_refusal(problem)}"
    sentence = REMEDIES.get(code)
    params = _params(problem)
    return (
        _PLACEHOLDER.sub(lambda match: params.get(match[1], ""), str(sentence)) if sentence else ""
    )


def _words_for(problem: Problem) -> Words | None:
    if problem.code != "kintone":
        return _WORDS.get(problem.code)
    return REFUSALS[_refusal(problem)]


def _refusal(problem: Problem) -> str:
    """What kintone's refusal is called in `REFUSALS`."""
    code = str(problem.params.get("code", ""))
    if code == "CB_VA01" and problem.params.get("message") in DUPLICATE_MESSAGES:
        return "CB_VA01.duplicate"
    if code == "CB_VA01" and not (problem.field and problem.params.get("message")):
        code = ""
    if problem.params.get("parent") and f"{code}.parent" in REFUSALS:
        return f"{code}.parent"
    return code if code in REFUSALS else "kintone"


def _body(words: Words, params: dict[str, str]) -> str:
    """The body, or the one for missing params where one of those that it names is missing."""
    body = str(words.body)
    names = _PLACEHOLDER.findall(body)
    if words.without is not None and not all(params.get(name) for name in names):
        body = str(words.without)
    return _PLACEHOLDER.sub(lambda match: params.get(match[1], ""), body)


def _params(problem: Problem) -> dict[str, str]:
    given = {name: str(value) for name, value in problem.params.items()}
    label = given.get("label") if problem.field else ""
    params = {
        "field": label or problem.field,
        "code": problem.field,
        "item": problem.item,
        "value": Truncator(problem.value).chars(QUOTED),
        **given,
    }
    if problem.code != "kintone" and problem.field:
        params["code"] = problem.field
    for kind in ("type", "former_type"):
        if (name := given.get(kind, "")) in FieldType.__members__:
            params[kind] = str(TYPE_LABELS[FieldType(name)])
    params["note_text"] = str(NOTES.get(given.get("note", ""), ""))
    params["reason_text"] = str(NOTES.get(given.get("reason", ""), ""))
    if moment := given.get("resume_at"):
        params["resume_at"] = _moment(moment)
    return params


def _moment(text: str) -> str:
    """11月23日（月）0:00, in Japan time."""
    moment = timezone.localtime(datetime.fromisoformat(text), JAPAN)
    return formats.date_format(moment, _("n月j日（D）G:i"))


def _detail(problem: Problem) -> str:
    parts = [str(problem.params.get(name) or "") for name in ("code", "message", "error_id")]
    return " / ".join(part for part in parts if part)

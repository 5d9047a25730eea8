"""`{% load states %}`: the states of runs and records as badges, with their icons in one place."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.problems import Problem
from common.types import RecordType
from crm.labels import TYPE_LABELS
from integrations.kintone.values import JsonValue
from jobs.models import Outcome, Preview, Run
from jobs.pages.health import Health
from jobs.pages.select_records import Verdict
from jobs.pages.sentences import last_words, preview_sentence, result_sentence
from jobs.states import PreviewStatus, RecordOutcome, RunStatus
from mapping.models import Mapping as MappingModel
from mapping.naming import FieldNames
from mapping.problem_texts import ProblemText, describe, remedy

register = template.Library()

RUN_ICONS = {
    RunStatus.QUEUED: "dots",
    RunStatus.RUNNING: "play",
    RunStatus.HELD: "pause",
    RunStatus.SUCCEEDED: "check",
    RunStatus.PARTIAL: "triangle",
    RunStatus.FAILED: "cross",
    RunStatus.CANCELED: "square",
}
PREVIEW_ICONS = {
    PreviewStatus.QUEUED: "dots",
    PreviewStatus.RUNNING: "play",
    PreviewStatus.READY: "check",
    PreviewStatus.FAILED: "cross",
    PreviewStatus.CANCELED: "square",
}


@register.inclusion_tag("partials/badge.html")
def run_badge(run: Run) -> dict[str, object]:
    """The run's status."""
    status = RunStatus(run.status)
    return {"label": status.label, "tone": status.tone, "icon_name": RUN_ICONS[status]}


@register.inclusion_tag("partials/badge.html")
def preview_badge(preview: Preview) -> dict[str, object]:
    """How far the 事前チェック is."""
    status = PreviewStatus(preview.status)
    return {"label": status.label, "tone": status.tone, "icon_name": PREVIEW_ICONS[status]}


@register.inclusion_tag("partials/badge.html")
def health_badge(health: Health) -> dict[str, object]:
    """How a mapping is."""
    return {"label": health.label, "tone": health.tone, "icon_name": health.icon}


@register.inclusion_tag("partials/badge.html")
def verdict_badge(verdict: Verdict) -> dict[str, object]:
    """Where a record stands."""
    return {"label": verdict.label, "tone": verdict.tone, "icon_name": verdict.icon}


@register.filter
def described(problem: Problem) -> ProblemText:
    """The problem in words: heading, body, detail."""
    return describe(problem)


@register.filter
def remedied(problem: Problem) -> str:
    """What puts all records right that fail for this reason; "" where no one thing does."""
    return remedy(problem)


@register.filter
def reasons(outcome: Outcome) -> list[ProblemText]:
    """Why the record was not saved, in words."""
    found = (Problem.from_json(one) for one in outcome.problems)
    return [describe(one) for one in FieldNames(outcome.run.mapping).named(found)]


@register.filter
def app_of(mapping: MappingModel) -> str:
    """The app's name, its id before it was loaded."""
    return mapping.app_name or _("アプリID %(app)s") % {"app": mapping.app}


@register.simple_tag
def mapping_name(mapping: MappingModel) -> SafeString:
    """会社 → 顧客リスト."""
    return format_html(
        '{} → <span lang="ja">{}</span>', type_of(mapping.record_type), app_of(mapping)
    )


@register.filter
def left_out(run: Run) -> list[Problem]:
    """Why which fields were not sent."""
    return [Problem.from_json(problem) for problem in run.left_out]


@register.filter
def errors(run: Run) -> int:
    """How many records failed, before or at kintone."""
    return run.invalid + run.rejected


@register.filter
def counts(run: Run) -> list[tuple[str, int]]:
    """Every outcome with its count."""
    return [(str(kind.label), getattr(run, kind.value)) for kind in RecordOutcome]


@register.filter
def preview_counts(preview: Preview) -> list[tuple[str, int]]:
    """Every outcome that a preview can tell, with its count."""
    kinds = [kind for kind in RecordOutcome if kind != RecordOutcome.UNSENT]
    return [(str(kind.label), getattr(preview, kind.value)) for kind in kinds]


@register.filter
def took(run: Run) -> timedelta | None:
    """How long the run worked."""
    if run.started_at is None or run.finished_at is None:
        return None
    return run.finished_at - run.started_at


@register.filter
def stop_problem(run: Run | Preview) -> Problem | None:
    """Why the run stopped before everything was sent, or the preview before all was looked at."""
    return Problem.from_json(run.message) if run.message else None


@register.filter
def field_name(problem: Problem) -> str:
    """The kintone field concerned: its label, else its code."""
    return str(problem.params.get("label") or problem.field) if problem.field else ""


@register.filter
def sent_text(value: JsonValue) -> str:
    """A value in kintone's form as a person reads it; rows of a table one below the other."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(sent_text(part) for part in _inner(value))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(sent_text(part) for part in value)
    return str(value)


def _inner(value: Mapping[str, JsonValue]) -> list[JsonValue]:
    """The values in `{"value": …}`, in a table's row, or a user's code."""
    if "value" in value:
        return [value["value"]]
    return [value["code"]] if "code" in value else list(value.values())


@register.simple_tag
def record_url(record_type: str, source_id: int) -> str:
    """Where the record is shown; where it stands, while there is no such page."""
    try:
        return reverse("crm:record", args=[record_type, source_id])
    except NoReverseMatch:
        return reverse("jobs:record-state", args=[record_type, source_id])


register.filter("result_sentence", result_sentence)
register.filter("last_words", last_words)
register.filter("preview_sentence", preview_sentence)


@register.filter
def type_of(record_type: str) -> str:
    """会社, 部署 or リード."""
    return str(TYPE_LABELS[RecordType(record_type)])

"""ダッシュボード: is it well, what must I do, when will it be well by itself?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from common import clock
from jobs import cleansing
from jobs.pages import practice
from jobs.pages.app_uses import app_uses
from jobs.pages.health import Health, MappingLine, mapping_lines
from jobs.pages.history import history
from jobs.pages.select_notices import panels
from jobs.pages.select_runs import Cause, failure_causes
from jobs.pages.select_settings import first_steps
from jobs.pages.select_source import source_trouble
from mapping.drift_texts import DriftView, drift_view
from mapping.words import MAPPING

#: Causes that a notice names; the page behind it has all.
CAUSES = 3
#: Beside those of rules, problems whose remedy is in step 2; the others' is in step 1.
MENDED_IN_THE_MAPPING = {
    "kintone_config.update_key",
    "kintone_config.field",
    "kintone_config.lookup_source",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNotice:
    """Records of one mapping that wait for a person, and why."""

    line: MappingLine
    causes: Sequence[Cause]
    more: bool
    """Whether there are further causes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopNotice:
    """What stops a mapping until a person acts, and the page where that is done."""

    line: MappingLine
    address: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftNotice:
    """What of the form of one mapping's app is not as its rules were made on."""

    line: MappingLine
    drift: DriftView


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The three steps until a mapping was enabled; then one line per mapping, the worst first."""
    steps = first_steps()
    if steps is not None:
        context = {"steps": steps, "can_practise": practice.is_there()}
        return render(request, "jobs/first_steps.html", context)
    now = clock.now()
    lines = mapping_lines(now=now)
    context = {
        "lines": lines,
        "to_mend": [line for line in lines if line.health == Health.ACTION],
        "stopped": [_stop(line) for line in _with_problem(lines, needs_a_person=True)],
        "drifts": [*_drifts(lines)],
        "failures": [_failures(line) for line in lines if _waits_for_a_person(line)],
        "waiting": _with_problem(lines, needs_a_person=False),
        "uses": app_uses(lines, now=now),
        "history": history(now=now),
        "cleansing": cleansing.under_way(),
        "source_trouble": source_trouble(),
        "unreached": [panel for panel in panels(now=now) if panel.unreached],
        "now": now,
    }
    return render(request, "jobs/dashboard.html", context)


def _with_problem(lines: Sequence[MappingLine], *, needs_a_person: bool) -> list[MappingLine]:
    """The lines with such a problem; one that concerns all mappings of a connection only once."""
    said: dict[tuple[int, str, str], MappingLine] = {}
    for line in lines:
        if line.problem and line.problem_needs_a_person == needs_a_person:
            about = (line.mapping.connection_id, line.problem.code, str(line.problem.params))
            said.setdefault(about, line)
    return list(said.values())


def _stop(line: MappingLine) -> StopNotice:
    mapping = line.mapping
    code = line.problem.code if line.problem else ""
    if code in MENDED_IN_THE_MAPPING or code in MAPPING:
        address = reverse("mapping:edit", args=[mapping.pk])
        return StopNotice(line=line, address=address, label=_("項目のマッピングを開く"))
    if code == "internal" and line.last:
        address = reverse("jobs:run", args=[line.last.pk])
        return StopNotice(line=line, address=address, label=_("データ処理を開く"))
    if code == "fewer_leads":
        address = reverse("jobs:sight", args=[mapping.pk])
        return StopNotice(line=line, address=address, label=_("リードの件数を確認"))
    address = reverse("jobs:connection", args=[mapping.connection_id])
    return StopNotice(line=line, address=address, label=_("接続先の設定を開く"))


def _drifts(lines: Sequence[MappingLine]) -> Iterator[DriftNotice]:
    for line in lines:
        drift = drift_view(line.mapping) if line.mapping.enabled else None
        if drift is not None:
            yield DriftNotice(line=line, drift=drift)


def _waits_for_a_person(line: MappingLine) -> bool:
    return bool(line.mapping.enabled and line.failed_for_a_person)


def _failures(line: MappingLine) -> FailureNotice:
    causes = failure_causes(line.mapping)
    return FailureNotice(line=line, causes=causes[:CAUSES], more=len(causes) > CAUSES)

"""送信内容とkintoneの応答: what went and what came when kintone refused one record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from common.types import RecordType
from crm.selectors import MODELS
from integrations.kintone.evidence import Evidence
from jobs.ledger import failed_entries
from jobs.models import KeptExchange, Outcome
from jobs.pages.select_records import PUSHES
from mapping.models import Mapping as MappingModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownExchange:
    """An exchange in a form that can be read, and handed on to who is to help."""

    evidence: Evidence
    at: datetime
    request: str
    """Method, address, headers, and the record's JSON on lines of its own."""
    answer: str
    """Status, headers and body in the same form; "" where no answer came."""
    attempts: Sequence[Mapping[str, Any]]
    """As `Evidence.attempts`, `at` as a moment."""

    @property
    def others(self) -> int:
        """Other records of the request, which are not shown."""
        place = self.evidence.place
        return place.records - 1 if place else 0


@require_safe
def exchange(request: HttpRequest, pk: int, source_id: int) -> HttpResponse:
    """The newest exchange of one record that came to nothing; an empty page where none is kept."""
    mapping = get_object_or_404(MappingModel.objects.select_related("connection"), pk=pk)
    kept = KeptExchange.objects.filter(mapping=mapping, source_id=source_id).first()
    rows = MODELS[RecordType(mapping.record_type)]._default_manager
    tries = Outcome.objects.filter(source_id=source_id, run__mapping=mapping)
    context = {
        "mapping": mapping,
        "record": get_object_or_404(rows, pk=source_id),
        "kept": kept,
        "shown": shown(kept) if kept else None,
        "entry": failed_entries(mapping).filter(source_id=source_id).first(),
        "tries": tries.select_related("run__mapping__connection").order_by("-id")[:PUSHES],
        "days": settings.EXCHANGE_DAYS,
    }
    return render(request, "jobs/exchange.html", context)


def shown(kept: KeptExchange) -> ShownExchange:
    """What is shown of it."""
    evidence = Evidence.from_json(kept.evidence)
    first = f"{evidence.method} {evidence.url}"
    status = f"HTTP {evidence.status}"
    return ShownExchange(
        evidence=evidence,
        at=datetime.fromisoformat(evidence.at),
        request=_message(first, evidence.headers, evidence.request),
        answer=_message(status, evidence.answer_headers, evidence.answer)
        if evidence.status
        else "",
        attempts=[
            {**attempt, "at": datetime.fromisoformat(attempt["at"])}
            for attempt in evidence.attempts
        ],
    )


def _message(first: str, headers: Mapping[str, str], body: str) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join([*lines, "", _laid_out(body)] if body else lines)


def _laid_out(body: str) -> str:
    """JSON with its parts on lines of their own; anything else as it is."""
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body

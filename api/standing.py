"""Where a record stands in kintone, in the words of its page."""

from typing import Any

from api.outgoing import moment
from common.problems import Problem
from common.types import RecordType
from crm.models import SourceRow
from jobs.pages.select_records import Standing, standings
from mapping.problem_texts import describe


def standing_of(record_type: RecordType, record: SourceRow) -> dict[str, Any]:
    """The record in every kintone app that its type goes to."""
    return {
        "record_type": record_type,
        "id": record.pk,
        "external_id": record.external_id,
        "kintone": [_in_kintone(standing) for standing in standings(record_type, record)],
    }


def _in_kintone(standing: Standing) -> dict[str, Any]:
    mapping = standing.mapping
    return {
        "connection": mapping.connection.name,
        "host": mapping.connection.host,
        "app": mapping.app,
        "guest_space": mapping.guest_space,
        "app_name": mapping.app_name,
        "state": standing.verdict.value,
        "label": str(standing.verdict.label),
        "record": standing.entry.record_id if standing.entry else None,
        "url": standing.kintone_url,
        "next_at": moment(standing.next_at),
        "stopped": standing.is_stopped,
        "drift": standing.drift,
        "problems": [_in_words(problem) for problem in standing.problems],
    }


def _in_words(problem: Problem) -> dict[str, str]:
    text = describe(problem)
    return {
        "code": problem.code,
        "field": problem.field,
        "item": problem.item,
        "heading": text.heading,
        "body": text.body,
        "detail": text.detail,
    }

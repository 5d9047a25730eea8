"""One row as a person edits it: another external ID is noted, so that feeds find it by both."""

from datetime import datetime

from django.db import transaction

from common.clock import now as clock_now
from common.types import RecordType
from crm.catalogue import items_by_key
from crm.changes import model_of
from crm.models import Alias
from crm.writing import in_transaction, save_one, turns
from crm.writing.identity import note_alias
from crm.writing.parse import key_value
from crm.writing.results import IncomingRow, RowOutcome, RowResult


def change_by_hand(
    record_type: RecordType, values: IncomingRow, *, row_id: int, now: datetime | None = None
) -> RowResult:
    """As `crm.writing.save_one`; lines that come under the row's former external ID stay its own.

    Given back an ID that it had before, the row has that one again and the alias is gone.

    Raises:
        UnknownItemError: an item is not there, or nobody may fill it.
    """
    moment = now or clock_now()
    if "external_id" not in values:
        return save_one(record_type, values, row_id=row_id, now=moment)

    def work() -> RowResult:
        turns.alone()
        rows = model_of(record_type)._default_manager.filter(pk=row_id)
        before = rows.values_list("external_id", flat=True).first()
        wanted = key_value(items_by_key(record_type)["external_id"], values["external_id"])
        Alias.objects.filter(record_type=record_type, old_id=wanted, new_id=before).delete()
        result = save_one(record_type, values, row_id=row_id, now=moment)
        after = rows.values_list("external_id", flat=True).first()
        if result.outcome is RowOutcome.REFUSED:
            transaction.set_rollback(True)
        elif before and after and before != after:
            note_alias(record_type, before, after, origin=Alias.Origin.HAND, now=moment)
        return result

    return in_transaction(work)

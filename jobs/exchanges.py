"""What went to kintone and what came back when it refused a record: kept, and forgotten.

One per mapping and record, the newest. It goes with its record (by `KeptExchange`'s keys), and
after `EXCHANGE_DAYS` in any case, whatever became of the record meanwhile.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings

from common.among import among
from common.types import RecordType
from integrations.kintone.evidence import Evidence
from jobs.models import KeptExchange, Run
from mapping.models import Mapping as MappingModel

#: Exchanges that go in one transaction; the next minute takes the next ones.
AT_ONCE = 5000


def keep(run: Run, found: Mapping[int, Evidence], *, now: datetime) -> None:
    """Keep these for the rows of the run's mapping, in the place of older ones."""
    record = f"{RecordType(run.mapping.record_type).value}_id"
    KeptExchange.objects.bulk_create(
        (
            KeptExchange(
                mapping_id=run.mapping_id,
                source_id=row_id,
                run_id=run.pk,
                at=now,
                evidence=evidence.as_json(),
                **{record: row_id},
            )
            for row_id, evidence in found.items()
        ),
        update_conflicts=True,
        unique_fields=["mapping", "source_id"],
        update_fields=["run", "at", "evidence"],
    )


def kept_for(mapping: MappingModel, source_ids: Collection[int]) -> set[int]:
    """Of which of these rows one is kept."""
    kept = KeptExchange.objects.filter(mapping=mapping, source_id__in=source_ids)
    return set(kept.values_list("source_id", flat=True))


def forget(mapping_id: int, source_ids: Collection[int]) -> None:
    """The rows are gone, perhaps while they were being sent."""
    KeptExchange.objects.filter(mapping=mapping_id, source_id__in=source_ids).delete()


def forget_old(*, now: datetime) -> int:
    """Delete what is older than `EXCHANGE_DAYS`, some at a time; returns how many."""
    too_old = KeptExchange.objects.filter(at__lt=now - timedelta(days=settings.EXCHANGE_DAYS))
    ids = list(too_old.order_by("at").values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        KeptExchange.objects.filter(among("pk", ids)).delete()
    return len(ids)

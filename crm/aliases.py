"""Which external ID a record has now that was renumbered or merged (docs/decisions/0025)."""

from collections.abc import Iterable, Mapping

from common.among import among
from common.types import RecordType
from crm.models import Alias


def current_ids(record_type: RecordType, ids: Iterable[str]) -> Mapping[str, str]:
    """Old ID → the one that is valid now, for those of `ids` that are old; by one query."""
    wanted = sorted({one for one in ids if one})
    if not wanted:
        return {}
    aliases = Alias.objects.filter(among("old_id", wanted), record_type=record_type)
    return dict(aliases.values_list("old_id", "new_id"))

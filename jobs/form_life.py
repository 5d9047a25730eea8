"""How long the form of a mapping's app is taken for what it is in kintone."""

from datetime import datetime, timedelta

from mapping.mappings import is_impaired
from mapping.models import Mapping

#: A form older than this is read again, when there is something to send.
FORM_LIFE = timedelta(days=1)
#: The same while something is not sent because of the form: whoever puts that right in kintone need
#: not tell us. Then it is read whether there is something to send or not.
FORM_LIFE_WHILE_IMPAIRED = timedelta(hours=1)


def is_old(mapping: Mapping, *, now: datetime) -> bool:
    """Whether the form must be read before anything is sent by it."""
    read_at = mapping.form_read_at
    life = FORM_LIFE_WHILE_IMPAIRED if is_impaired(mapping) else FORM_LIFE
    return read_at is None or not read_at <= now < read_at + life

"""How long the form of a mapping's app is taken for what it is in kintone."""

from datetime import datetime, timedelta

from mapping.mappings import is_impaired
from mapping.models import Mapping

#: A form older than this is read again, when there is something to send.
FORM_LIFE = timedelta(days=1)
#: The same where there is a reason to doubt it: kintone refuses a value that suits it, or something
#: is not sent because of it, and whoever puts that right in kintone need not tell us.
DOUBTED_FORM_LIFE = timedelta(hours=1)


def is_old(mapping: Mapping, *, now: datetime) -> bool:
    """Whether the form must be read before anything is sent by it."""
    return _is_older(mapping, DOUBTED_FORM_LIFE if is_impaired(mapping) else FORM_LIFE, now=now)


def is_doubted(mapping: Mapping, *, now: datetime) -> bool:
    """Whether the form is to be read where kintone refuses what suits it."""
    return _is_older(mapping, DOUBTED_FORM_LIFE, now=now)


def _is_older(mapping: Mapping, life: timedelta, *, now: datetime) -> bool:
    read_at = mapping.form_read_at
    return read_at is None or not read_at <= now < read_at + life

"""Brings what is encrypted under the first of `CREDENTIAL_KEYS`, so that the others can go."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db.models import Model, TextField, Value
from django.db.models.functions import Cast

from common.encrypted import EncryptedTextField, cipher

#: Rows that are read at once.
BATCH = 500


@dataclass(slots=True)
class Report:
    """What was found in all tables."""

    current: int = 0
    """Values under the first key already."""
    renewed: int = 0
    """Values that were brought under it, or that would be."""
    unreadable: list[str] = field(default_factory=list)
    """Values that no key opens, as TABLE.COLUMN of ID; they stay as they are."""


def renew(*, only_look: bool = False) -> Report:
    """Encrypt with the first key what another one encrypted.

    Others may be at work meanwhile: a value that changes under our hands stays as they wrote it,
    which is under the first key. Beginning anew goes on where it ended.
    """
    report = Report()
    for model, column in encrypted_columns():
        for pk, token in _tokens(model, column):
            if _opens(Fernet(settings.CREDENTIAL_KEYS[0]), token):
                report.current += 1
            elif not _opens(cipher(), token):
                report.unreadable.append(f"{model._meta.db_table}.{column} ({pk})")
            else:
                report.renewed += 1
                if not only_look:
                    _replace(model, column, pk=pk, token=token)
    return report


def encrypted_columns() -> list[tuple[type[Model], str]]:
    """Every column of every model that is encrypted at rest."""
    return [
        (model, column.attname)
        for model in apps.get_models()
        for column in model._meta.local_concrete_fields
        if isinstance(column, EncryptedTextField)
    ]


def _tokens(model: type[Model], column: str) -> Iterator[tuple[int, str]]:
    """Primary key and ciphertext of each row that has one."""
    rows = model._default_manager.annotate(token=Cast(column, TextField())).exclude(token="")
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", "token")[:BATCH]):
        yield from ((pk, token) for pk, token in batch if token)
        last = batch[-1][0]


def _replace(model: type[Model], column: str, *, pk: int, token: str) -> None:
    renewed = cipher().rotate(token.encode()).decode()
    rows = model._default_manager.annotate(token=Cast(column, TextField()))
    rows.filter(pk=pk, token=token).update(**{column: Value(renewed, output_field=TextField())})


def _opens(key: Fernet | MultiFernet, token: str) -> bool:
    try:
        key.decrypt(token.encode())
    except InvalidToken:
        return False
    return True

"""A text column that is encrypted at rest with the operator's `CREDENTIAL_KEYS`."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text, encrypted on its way into the database and decrypted on its way out.

    "" stays "" so that "nothing given" can be seen without a key. Lookups other than `isnull` are
    refused, since equal texts have different ciphertexts. The first key encrypts, all decrypt.

    Raises:
        ImproperlyConfigured: on reading, when none of the keys fits.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value in (None, ""):
            return value
        return cipher().encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        if value in (None, ""):
            return value
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken as error:
            message = "A stored credential cannot be decrypted: check CREDENTIAL_KEYS."
            raise ImproperlyConfigured(message) from error

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            message = f"An encrypted field has no lookup {lookup_name!r}."
            raise FieldError(message)
        return super().get_lookup(lookup_name)


def cipher() -> MultiFernet:
    """The first of `CREDENTIAL_KEYS` encrypts, all of them decrypt."""
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])

"""Credentials at rest, on a real column of a real table."""

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from integrations.models import Connection

pytestmark = pytest.mark.django_db


def _stored(pk: int) -> str:
    """What stands in the database itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM integrations_connection WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


@pytest.fixture
def kept() -> Connection:
    return Connection.objects.create(name="本番", subdomain="example", password="秘密のことば")


def test_what_was_given_comes_back(kept: Connection) -> None:
    assert Connection.objects.get(pk=kept.pk).password == "秘密のことば"


def test_the_database_never_sees_it(kept: Connection) -> None:
    assert "秘密" not in _stored(kept.pk)
    assert _stored(kept.pk).startswith("gAAAA")


def test_nothing_given_can_be_seen_without_a_key() -> None:
    empty = Connection.objects.create(name="空", subdomain="example", password="")
    assert _stored(empty.pk) == ""
    assert Connection.objects.get(pk=empty.pk).password == ""


def test_equal_secrets_look_different(kept: Connection) -> None:
    twin = Connection.objects.create(name="控え", subdomain="example", password="秘密のことば")
    assert _stored(twin.pk) != _stored(kept.pk)


def test_a_new_first_key_encrypts_and_the_old_one_still_decrypts(
    kept: Connection, settings: Settings
) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    again = Connection.objects.get(pk=kept.pk)
    assert again.password == "秘密のことば"

    again.save()
    settings.CREDENTIAL_KEYS = [new]
    assert Connection.objects.get(pk=kept.pk).password == "秘密のことば"


def test_without_its_key_a_secret_is_an_error_and_never_its_ciphertext(
    kept: Connection, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS"):
        Connection.objects.get(pk=kept.pk)


@pytest.mark.parametrize("lookup", ["exact", "icontains", "in", "gt"])
def test_one_cannot_search_by_a_secret(lookup: str) -> None:
    with pytest.raises(FieldError):
        Connection.objects.filter(**{f"password__{lookup}": "x"})


def test_one_can_ask_whether_there_is_a_value_at_all(kept: Connection) -> None:
    assert Connection.objects.filter(password__isnull=False).count() == 1

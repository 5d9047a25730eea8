"""What a fresh database needs before use: its schema, and somebody who may sign in."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command

from crm import accounts
from crm.models import Account
from hpsync.secret_files import kept_secret

ADMINISTRATOR = "admin"
PASSWORD_FILE = "admin_password"  # noqa: S105 — the name of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How the first administrator signs in; `password` is None once a person has changed it."""

    name: str
    password: str | None
    made_now: bool


def prepare_database() -> None:
    """The schema is current and the static files lie where the web server serves them."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def ensure_administrator() -> Login:
    """The login of the account `admin`, which is made where nobody could sign in yet.

    Its password is made once and kept in `var/`, for its owner's eyes only.
    """
    account = Account.objects.filter(username=ADMINISTRATOR).first()
    made_now = account is None and not Account.objects.exists()
    password = kept_secret(settings.VAR_DIR / PASSWORD_FILE, make=lambda: secrets.token_urlsafe(9))
    if made_now:
        role = Account.Role.ADMINISTRATOR
        account = accounts.add(username=ADMINISTRATOR, email="", role=role, password=password)
    known = account is not None and account.check_password(password)
    return Login(name=ADMINISTRATOR, password=password if known else None, made_now=made_now)

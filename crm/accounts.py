"""Who signs in to hpsync: accounts are added, changed, shut out; an administrator remains."""

from django.db import transaction

from audit.kinds import Kind
from crm import accounts_log
from crm.models import Account


class LastAdministratorError(Exception):
    """The change would leave nobody who may open the settings."""


def add(*, username: str, email: str, role: str, password: str) -> Account:
    """The new account, which may sign in at once."""
    with accounts_log.changing(Kind.ACCOUNT_ADD, username):
        return Account.objects.create_user(username, email, password, role=role)


@transaction.atomic
def change(account: Account, *, username: str, email: str, role: str, active: bool) -> None:
    """Give `account` these values.

    Raises:
        LastAdministratorError: no other active administrator would remain; nothing is changed.
    """
    keeps = active and role == Account.Role.ADMINISTRATOR
    if not keeps and not _other_administrators(account):
        raise LastAdministratorError
    account.username, account.email, account.role, account.is_active = username, email, role, active
    with accounts_log.changing(Kind.ACCOUNT_CHANGE, account.pk):
        account.save(update_fields=["username", "email", "role", "is_active"])


def set_password(account: Account, *, password: str) -> None:
    """Let `account` sign in with `password` from now on; its other sessions end."""
    account.set_password(password)
    with accounts_log.changing(Kind.ACCOUNT_PASSWORD, account.pk):
        account.save(update_fields=["password"])


@transaction.atomic
def make_administrator(account: Account) -> None:
    """Give `account` the right 管理者, and let it in where it was shut out."""
    account.role, account.is_active = Account.Role.ADMINISTRATOR, True
    account.save(update_fields=["role", "is_active"])


def _other_administrators(account: Account) -> bool:
    """Whether another administrator remains; locks them, for two could shut out each other."""
    administrators = Account.objects.filter(is_active=True, role=Account.Role.ADMINISTRATOR)
    remaining = list(administrators.order_by("pk").select_for_update().values_list("pk", flat=True))
    return any(pk != account.pk for pk in remaining)

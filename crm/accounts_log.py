"""What 操作履歴 says of accounts; of a password only that it changed."""

from contextlib import AbstractContextManager

from audit import recording
from audit.kinds import Kind
from audit.recording import Change, Document, Thing
from crm.models import Account


def changing(kind: Kind, account: int | str) -> AbstractContextManager[Change]:
    """One transaction, written down if the account is another one at its end.

    Args:
        account: Primary key; of one that is about to be added, the user name.
    """
    which = {"username": account} if isinstance(account, str) else {"pk": account}
    stored = Account.objects.filter(**which)

    def document() -> Document:
        return stored.values("id", "username", "email", "role", "is_active").first() or {}

    def thing() -> Thing | None:
        return Thing(label=one.username) if (one := stored.first()) else None

    def secrets() -> dict[str, object]:
        return dict(stored.values("password").first() or {})

    return recording.changing(kind, document, thing=thing, secrets=secrets)

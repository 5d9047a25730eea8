"""What 操作履歴 says of second factors; never a secret or a code."""

from audit.kinds import Kind
from audit.recording import Thing, record
from crm.models import Account


def record_factor(kind: Kind, account: Account) -> None:
    """Write down what became of the account's second factor; in the transaction of it."""
    record(kind, Thing(label=account.username))

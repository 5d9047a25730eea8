"""What administrators demand of each other."""

from audit.kinds import Kind
from audit.recording import Document, Thing, changing
from crm.models import Account
from signin import factors
from signin.models import Policy

ROW = 1


class OwnFactorMissingError(Exception):
    """Who demands a second factor of everybody has none."""


def second_factor_required() -> bool:
    """Whether every administrator must have a second factor."""
    return Policy.objects.filter(pk=ROW, second_factor_required=True).exists()


def require_second_factor(required: bool, *, by: Account) -> None:
    """Demand it, or demand it no more.

    Raises:
        OwnFactorMissingError: `by` has none, and would be the first to be kept busy.
    """
    if required and factors.factor_of(by) is None:
        raise OwnFactorMissingError

    def document() -> Document:
        return {"second_factor_required": second_factor_required()}

    with changing(Kind.ACCOUNT_POLICY, document, thing=Thing):
        Policy.objects.update_or_create(pk=ROW, defaults={"second_factor_required": required})


def must_set_up(account: Account) -> bool:
    """Whether the account has to set up a second factor before anything else."""
    return (
        account.is_administrator and second_factor_required() and factors.factor_of(account) is None
    )

"""The history of signing in: every try, good or bad, for a time that the operator sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from crm.models import Account
from signin.browsers import address_of, browser_of
from signin.models import SUCCESSES, SignIn

PAGE_SIZE = 50
#: Of a name that no account has: it may be a password, typed into the wrong field.
SHOWN_OF_NAME = 3
#: What a filter can ask for beside single results.
SUCCEEDED, FAILED = "succeeded", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the list is narrowed to; "" and None for everything."""

    account: int | None = None
    unknown: bool = False
    """Tries under names that no account has."""
    result: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some tries, newest first."""

    tries: Sequence[SignIn]
    older_than: int | None
    """Older ones follow: the next page shows ids below this one."""


def note(
    request: HttpRequest, result: SignIn.Result, *, account: Account | None = None, name: str = ""
) -> SignIn:
    """Write down one try of `account`, or under a `name` that no account has."""
    return SignIn.objects.create(
        at=clock.now(),
        account=account,
        name="" if account else _shortened(_storable(name)),
        result=result,
        address=address_of(request),
        browser=_storable(browser_of(request)),
    )


def find_account(name: str) -> Account | None:
    """Whose name was typed."""
    return Account.objects.filter(username=_storable(name)).first()


def page(query: Query, *, below: int | None = None) -> Page:
    """The tries with ids below `below`, in one query."""
    found = _matching(query).select_related("account").order_by("-pk")
    if below is not None:
        found = found.filter(pk__lt=below)
    tries = list(found[: PAGE_SIZE + 1])
    more, tries = len(tries) > PAGE_SIZE, tries[:PAGE_SIZE]
    return Page(tries=tries, older_than=tries[-1].pk if more else None)


def latest(account: Account, *, count: int) -> Sequence[SignIn]:
    """The last tries of the account, newest first."""
    return list(SignIn.objects.filter(account=account).order_by("-pk")[:count])


def forget_old(*, now: datetime) -> None:
    """Remove what is older than the operator wants it kept."""
    kept = timedelta(days=settings.SIGN_IN_HISTORY_DAYS)
    SignIn.objects.filter(at__lt=now - kept).delete()


def _matching(query: Query) -> QuerySet[SignIn]:
    found = SignIn.objects.all()
    if query.account is not None:
        found = found.filter(account=query.account)
    if query.unknown:
        found = found.filter(account=None)
    if query.result == SUCCEEDED:
        found = found.filter(result__in=SUCCESSES)
    elif query.result == FAILED:
        found = found.exclude(result__in=SUCCESSES)
    elif query.result:
        found = found.filter(result=query.result)
    return found if query.since is None else found.filter(at__gte=query.since)


def _storable(text: str) -> str:
    """Without the one character that PostgreSQL does not take."""
    return text.replace("\0", "")


def _shortened(name: str) -> str:
    return name if len(name) <= 1 else f"{name[: min(SHOWN_OF_NAME, len(name) // 2)]}…"

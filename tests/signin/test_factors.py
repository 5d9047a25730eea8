"""Codes of authenticator apps: which are taken, once; wrong ones close the way for a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from audit.kinds import Kind
from audit.models import Entry
from common import clock
from crm.models import Account
from signin import factors, policy, recovery
from signin.factors import Verdict
from tests.signin.conftest import code_of, give_factor

NOON = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def take(account: Account, code: str, *, after: float = 0) -> Verdict:
    return factors.take_code(account, code, now=NOON + timedelta(seconds=after))


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B: the key "12345678901234567890", its eight digits cut to six.
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    known = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}

    for seconds, code in known.items():
        now = datetime.fromtimestamp(seconds, UTC)
        assert factors._step_of(code, key, now=now) == seconds // 30


@pytest.mark.parametrize(
    ("seconds_ago", "verdict"),
    [
        (0, Verdict.TAKEN),
        (30, Verdict.TAKEN),
        (-30, Verdict.TAKEN),
        (60, Verdict.WRONG),
        (-60, Verdict.WRONG),
    ],
)
def test_a_clock_may_be_half_a_minute_off_and_no_more(
    administrator: Account, seconds_ago: int, verdict: Verdict
) -> None:
    key, _ = give_factor(administrator, now=NOON)

    assert take(administrator, code_of(key, at=NOON - timedelta(seconds=seconds_ago))) is verdict


def test_a_code_is_taken_once_and_none_from_before_it(administrator: Account) -> None:
    key, _ = give_factor(administrator, now=NOON)
    earlier, now = (code_of(key, at=NOON - timedelta(seconds=ago)) for ago in (30, 0))

    assert take(administrator, now) is Verdict.TAKEN
    assert take(administrator, now) is Verdict.USED
    assert take(administrator, earlier) is Verdict.USED
    later = code_of(key, at=NOON + timedelta(seconds=30))
    assert take(administrator, later, after=30) is Verdict.TAKEN


def test_the_code_that_set_the_app_up_does_not_sign_in(administrator: Account) -> None:
    key = factors.set_up(administrator, now=NOON).pending
    code = code_of(key, at=NOON)
    assert factors.confirm(administrator, code, now=NOON)

    assert take(administrator, code) is Verdict.USED


@pytest.mark.django_db(transaction=True)
def test_of_many_who_send_one_code_at_once_one_is_let_in(administrator: Account) -> None:
    key, _ = give_factor(administrator, now=NOON)
    code = code_of(key, at=NOON)

    def attempt(_: int) -> Verdict:
        try:
            return take(administrator, code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as together:
        verdicts = list(together.map(attempt, range(4)))

    assert verdicts.count(Verdict.TAKEN) == 1
    assert set(verdicts) == {Verdict.TAKEN, Verdict.USED}


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"])
def test_what_is_no_code_is_wrong(administrator: Account, code: str) -> None:
    give_factor(administrator, now=NOON)

    assert take(administrator, code) is Verdict.WRONG


def test_wrong_codes_in_a_row_close_the_way_longer_and_longer(administrator: Account) -> None:
    key, _ = give_factor(administrator, now=NOON)
    wrong = other_than(code_of(key, at=NOON))
    for _ in range(factors.FREE_WRONG):
        assert take(administrator, wrong) is Verdict.WRONG

    assert take(administrator, code_of(key, at=NOON)) is Verdict.CLOSED
    assert take(administrator, wrong, after=61) is Verdict.WRONG
    assert take(administrator, wrong, after=61 + 61) is Verdict.CLOSED
    after = 61 + 121
    right = code_of(key, at=NOON + timedelta(seconds=after))
    assert take(administrator, right, after=after) is Verdict.TAKEN
    assert take(administrator, wrong, after=after) is Verdict.WRONG


def test_nobody_waits_longer_than_an_hour(administrator: Account) -> None:
    key, _ = give_factor(administrator, now=NOON)
    wrong = other_than(code_of(key, at=NOON))
    moment = NOON
    for _ in range(20):
        factors.take_code(administrator, wrong, now=moment)
        factor = factors.factor_of(administrator)
        assert factor
        wait = factors.wait(factor, now=moment)
        assert wait is None or wait <= timedelta(hours=1)
        moment += wait or timedelta()


def test_a_recovery_code_opens_once_also_while_others_have_to_wait(administrator: Account) -> None:
    key, codes = give_factor(administrator, now=NOON)
    for _ in range(factors.FREE_WRONG):
        take(administrator, other_than(code_of(key, at=NOON)))

    typed = codes[3].replace("-", " ").upper()
    assert factors.take_recovery_code(administrator, typed) is Verdict.TAKEN
    assert factors.take_recovery_code(administrator, typed) is Verdict.WRONG
    factor = factors.factor_of(administrator)
    assert factor
    assert factors.recovery_left(factor) == recovery.COUNT - 1
    assert take(administrator, code_of(key, at=NOON)) is Verdict.TAKEN


def test_new_recovery_codes_make_the_old_ones_useless(administrator: Account) -> None:
    _, old = give_factor(administrator)
    new = factors.renew_recovery(administrator)

    assert new
    assert factors.take_recovery_code(administrator, old[0]) is Verdict.WRONG
    assert factors.take_recovery_code(administrator, new[0]) is Verdict.TAKEN


def test_neither_the_key_nor_a_recovery_code_stands_in_the_database(administrator: Account) -> None:
    key, codes = give_factor(administrator)

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret, pending, recovery FROM signin_secondfactor")
        stored = str(cursor.fetchall())

    assert key not in stored
    assert not any(code in stored or recovery._digest(code) in stored for code in codes)


def test_until_the_new_app_is_confirmed_the_old_one_counts(administrator: Account) -> None:
    old, _ = give_factor(administrator, now=NOON)
    new = factors.set_up(administrator, now=NOON).pending

    assert factors.confirm(administrator, code_of(old, at=NOON), now=NOON) is None
    assert take(administrator, code_of(old, at=NOON)) is Verdict.TAKEN
    assert factors.confirm(administrator, code_of(new, at=NOON), now=NOON)
    later = NOON + timedelta(minutes=1)
    assert factors.take_code(administrator, code_of(old, at=later), now=later) is Verdict.WRONG


def test_a_key_that_was_never_confirmed_is_not_shown_for_long(administrator: Account) -> None:
    first = factors.set_up(administrator, now=NOON).pending

    assert factors.set_up(administrator, now=NOON + timedelta(minutes=59)).pending == first
    assert factors.pending_of(administrator, now=NOON + timedelta(minutes=61)) is None
    assert factors.set_up(administrator, now=NOON + timedelta(minutes=61)).pending != first
    assert factors.factor_of(administrator) is None


def test_a_wait_that_a_wrong_clock_wrote_keeps_nobody_out(administrator: Account) -> None:
    give_factor(administrator)
    factor = factors.factor_of(administrator)
    assert factor
    factor.closed_until = clock.now() + timedelta(days=30)

    assert factors.wait(factor, now=clock.now()) is None


def test_what_becomes_of_a_factor_is_written_down_without_its_key(administrator: Account) -> None:
    key, _ = give_factor(administrator)
    policy.require_second_factor(required=True, by=administrator)
    codes = factors.renew_recovery(administrator)
    factors.remove(administrator)

    entries = list(Entry.objects.order_by("pk"))
    assert [entry.kind for entry in entries] == [
        Kind.ACCOUNT_FACTOR,
        Kind.ACCOUNT_POLICY,
        Kind.ACCOUNT_RECOVERY,
        Kind.ACCOUNT_FACTOR_REMOVE,
    ]
    said = str([(entry.before, entry.after, entry.details, entry.label) for entry in entries])
    assert not any(secret in said for secret in [key, *(codes or [])])

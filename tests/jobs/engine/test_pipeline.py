"""The pipeline from candidates to settled outcomes, with everything around it in memory."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from integrations.kintone.errors import (
    AllowanceSpentError,
    ConfigReason,
    KintoneConfigError,
    KintoneProtocolError,
    KintoneRejection,
    KintoneTransientError,
)
from integrations.kintone.values import PutResult, RecordPut
from jobs.engine.pipeline import Pipeline
from jobs.engine.send import (
    HOPELESS_AFTER,
    HOPELESS_STILL,
    MOST_IN_VAIN,
    NothingGetsThroughError,
)
from jobs.engine.values import Candidate, Intent, OutcomeKind, Refusal, Sendable, Settled
from tests.jobs.engine.fakes import Book, Courier, Kintone, Plan, Row, Rows, known, row

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def candidates(rows: Sequence[Row]) -> list[Candidate]:
    return [Candidate(row=one, known=None) for one in rows]


def run(
    source: Rows | Sequence[Candidate],
    *,
    kintone: Kintone | None = None,
    book: Book | None = None,
    force: bool = False,
    temporary_key: Callable[[], str] = lambda: "parked",
    courier: Courier | None = None,
    patience: int = HOPELESS_AFTER,
) -> tuple[Book, Kintone]:
    kintone = kintone or (courier.kintone if courier else Kintone())
    book = book or Book()
    Pipeline(
        source=source if isinstance(source, Rows) else Rows(source),
        plan=Plan(),  # type: ignore[arg-type]
        book=book,
        courier=courier or Courier(kintone),
        temporary_key=temporary_key,
        force=force,
        patience=patience,
    ).run()
    return book, kintone


@pytest.mark.parametrize(
    ("records", "requests"), [(0, 0), (1, 1), (99, 1), (100, 1), (101, 2), (1001, 11)]
)
def test_n_records_cost_n_by_100_requests_rounded_up(records: int, requests: int):
    source = Rows(candidates([row(n) for n in range(1, records + 1)]), chunk_size=70)

    book, kintone = run(source)

    assert len(kintone.requests) == requests
    assert len(kintone.records) == records
    assert book.outcomes() == ({"created": records} if records else {})


@pytest.mark.parametrize(
    ("records", "parts"),
    [
        (499, [[100]] * 4 + [[99]]),
        (500, [[100] * 5]),
        (1001, [[100] * 5] * 2 + [[1]]),
        (1250, [[100] * 5] * 2 + [[100], [100], [50]]),
    ],
)
def test_500_records_and_more_travel_as_the_parts_of_one_request(
    records: int, parts: list[list[int]]
):
    courier = Courier(Kintone())

    run(candidates([row(n) for n in range(1, records + 1)]), courier=courier)

    assert courier.wire == parts


def test_several_requests_are_under_way_at_once():
    courier = Courier(Kintone(), room=3)

    book, _ = run(candidates([row(n) for n in range(1, 2001)]), courier=courier)

    assert courier.most == 3
    assert book.outcomes() == {"created": 2000}


def test_a_bad_record_in_a_bulk_costs_its_parts_once_more_and_nobody_else():
    courier = Courier(Kintone(by_index={"C00242"}))

    book, _ = run(candidates([row(n) for n in range(1, 501)]), courier=courier)

    assert book.outcomes() == {"created": 499, "rejected": 1}
    assert courier.wire == [[100] * 5, [100], [100], [99], [100], [100]]
    assert [len(part) for part in book.renewed] == [100, 100, 99, 100, 100]
    assert 242 not in book.renewed[2]


def test_after_a_refusal_requests_are_smaller_and_grow_again():
    courier = Courier(Kintone(by_index={"C00001"}), room=1)

    run(candidates([row(n) for n in range(1, 3001)]), courier=courier)

    sizes = [len(parts) for parts in courier.wire]
    assert sizes[:8] == [5, 1, 1, 1, 1, 1, 5, 5]


def test_where_kintone_does_not_take_bulks_the_batches_go_by_themselves():
    kintone = Kintone()
    courier = Courier(kintone)
    no_bulk = KintoneConfigError(
        "403 GAIA_NO01", reason=ConfigReason.PERMISSION, status=403, code="GAIA_NO01"
    )
    real = kintone.put_in_bulk

    def put_in_bulk(parts: Sequence[Sequence[RecordPut]]) -> list[list[PutResult]]:
        if len(parts) > 1:
            raise no_bulk
        return real(parts)

    kintone.put_in_bulk = put_in_bulk  # type: ignore[method-assign]

    book, _ = run(candidates([row(n) for n in range(1, 1001)]), courier=courier)

    assert book.outcomes() == {"created": 1000}


def test_what_was_refused_before_travels_apart_from_the_others():
    fresh = candidates([row(n) for n in range(1, 51)])
    named = [Candidate(row=row(n), known=known(refused=Refusal.NAMED)) for n in range(51, 61)]
    unnamed = [Candidate(row=row(n), known=known(refused=Refusal.UNNAMED)) for n in range(61, 64)]
    courier = Courier(
        Kintone(by_index={f"C{n:05}" for n in range(51, 61)}, without_index={"C00061"})
    )

    book, kintone = run([*unnamed, *named, *fresh], courier=courier)

    assert kintone.requests == [50, 10, 1, 1, 1]
    assert book.outcomes() == {"created": 52, "rejected": 11}


def test_when_one_request_fails_what_the_others_brought_is_recorded_all_the_same():
    down = KintoneTransientError("down", may_have_written=False)
    book, kintone = Book(), Kintone()
    real = kintone.put

    def put(puts: Sequence[RecordPut]) -> list[PutResult]:
        if puts[0].key == "C00501":
            raise down
        return real(puts)

    kintone.put = put  # type: ignore[method-assign]

    with pytest.raises(KintoneTransientError):
        run(
            candidates([row(n) for n in range(1, 2001)]),
            book=book,
            courier=Courier(kintone, room=4, latest_first=True),
        )

    settled = {one.row_id for one in book.settled}
    assert settled == set(range(1, 2001)) - set(range(501, 1001))
    assert set(book.withdrawn) == set(range(501, 1001))


def test_a_record_whose_values_are_the_same_costs_nothing():
    one = row(1)
    payload = Plan().build(one.values)
    same = Candidate(row=one, known=known(digest=payload.digest, key=payload.key, record_id=7))

    book, kintone = run([same])

    assert kintone.requests == []
    assert book.outcomes() == {"unchanged": 1}
    assert book.settled[0].record_id == 7


def test_a_test_sends_the_record_even_if_its_values_are_the_same():
    one = row(1)
    payload = Plan().build(one.values)
    same = Candidate(row=one, known=known(digest=payload.digest, key=payload.key))

    _, kintone = run([same], force=True)

    assert kintone.requests == [1]


def test_a_record_in_doubt_is_sent_again_though_its_values_are_the_same():
    one = row(1)
    payload = Plan().build(one.values)
    doubtful = Candidate(
        row=one, known=known(digest=payload.digest, key=payload.key, in_doubt=True)
    )

    book, kintone = run([doubtful])

    assert kintone.requests == [1]
    assert book.outcomes() == {"created": 1}


def test_what_cannot_be_expressed_is_set_aside_before_a_request():
    book, kintone = run(
        candidates([row(1, code=""), row(2, name="bad"), row(3, visible=False), row(4)])
    )

    assert book.outcomes() == {"skipped": 2, "invalid": 1, "created": 1}
    assert kintone.requests == [1]
    assert [one.heals for one in book.settled[:3]] == [False, False, True]


def test_records_that_kintone_names_are_lifted_out_and_the_others_sent_at_once():
    kintone = Kintone(by_index={"C00007", "C00042"})

    book, _ = run(candidates([row(n) for n in range(1, 101)]), kintone=kintone)

    assert book.outcomes() == {"created": 98, "rejected": 2}
    assert kintone.requests == [100, 98]
    rejected = [one for one in book.settled if one.outcome == "rejected"]
    assert [one.row_id for one in rejected] == [7, 42]
    assert rejected[0].problems[0].field == "name"
    assert rejected[0].problems[0].params["message"] == "長すぎます"


@pytest.mark.parametrize("bad", [{1}, {100}, {50, 51}, {3, 33, 66, 99}])
def test_a_refusal_without_an_index_is_narrowed_down_to_the_records_to_blame(bad: set[int]):
    kintone = Kintone(without_index={f"C{n:05}" for n in bad})

    book, _ = run(candidates([row(n) for n in range(1, 101)]), kintone=kintone)

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    assert len(kintone.records) == 100 - len(bad)
    assert len(kintone.requests) <= 1 + 2 * len(bad) * 7


def test_a_code_never_seen_stops_only_the_record_that_it_is_about():
    kintone = Kintone(without_index={"C00001"}, unknown_code=True)

    book, _ = run(candidates([row(n) for n in range(1, 101)]), kintone=kintone)

    assert book.outcomes() == {"created": 99, "rejected": 1}


def test_ten_bad_records_at_the_head_of_a_batch_do_not_look_hopeless():
    kintone = Kintone(without_index={f"C{n:05}" for n in range(1, 31)}, unknown_code=True)

    book, _ = run(candidates([row(n) for n in range(1, 101)]), kintone=kintone)

    assert book.outcomes() == {"created": 70, "rejected": 30}


def test_when_everything_is_refused_by_an_unknown_code_the_run_stops_soon():
    kintone = Kintone(without_index={f"C{n:05}" for n in range(1, 501)}, unknown_code=True)
    book = Book()

    with pytest.raises(NothingGetsThroughError):
        run(candidates([row(n) for n in range(1, 501)]), kintone=kintone, book=book)

    assert len(kintone.requests) < 130
    assert book.outcomes().get("created") is None
    assert len(book.withdrawn) + len(book.settled) == 500


@pytest.mark.parametrize(("patience", "most"), [(HOPELESS_AFTER, 30), (HOPELESS_STILL, 14)])
def test_when_one_value_after_the_other_is_refused_the_run_stops_soon(patience: int, most: int):
    """As where the login may not see the app that a lookup copies from.

    Two bulkRequests of five are under way before the first answer is heard.
    """
    numbers = range(1, 1001)
    kintone = Kintone(without_index={f"C{n:05}" for n in numbers}, names_value=True)
    book = Book()

    with pytest.raises(NothingGetsThroughError):
        run(candidates([row(n) for n in numbers]), kintone=kintone, book=book, patience=patience)

    assert len(kintone.requests) <= most
    assert book.outcomes().keys() == {"rejected"}
    assert len(book.withdrawn) == 1000 - len(book.settled)


@pytest.mark.parametrize("each", [2, 3])
def test_however_many_values_are_refused_the_good_records_are_saved(each: int):
    bad = {n for n in range(1, 301) if n % each}
    kintone = Kintone(without_index={f"C{n:05}" for n in bad}, names_value=True)

    book, _ = run(candidates([row(n) for n in range(1, 301)]), kintone=kintone)

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    assert len(kintone.records) == 300 - len(bad)


def failed_before(number: int, *, version: int = 1) -> Candidate:
    seen = known(problem_codes=("kintone",), refused=Refusal.NAMED)
    return Candidate(row=row(number, version=version), known=seen)


def test_what_is_refused_again_and_again_does_not_use_up_the_day():
    numbers = range(1, 401)
    kintone = Kintone(without_index={f"C{n:05}" for n in numbers}, names_value=True)

    courier = Courier(kintone, room=1)

    book, _ = run([failed_before(n) for n in numbers], courier=courier)

    assert len(kintone.requests) == MOST_IN_VAIN
    assert book.outcomes() == {"rejected": MOST_IN_VAIN}
    assert sorted(book.resting + [one.row_id for one in book.settled]) == list(numbers)
    assert book.withdrawn == []


def test_what_was_mended_is_sent_however_much_else_is_refused_again():
    numbers = range(1, 401)
    kintone = Kintone(without_index={f"C{n:05}" for n in numbers}, names_value=True)
    mended = [failed_before(n, version=2) for n in (401, 402)]

    source = [failed_before(n) for n in numbers] + mended
    book, _ = run(source, courier=Courier(kintone, room=1))

    assert book.outcomes() == {"created": 2, "rejected": MOST_IN_VAIN}
    assert set(kintone.keys().values()) == {"C00401", "C00402"}


def test_as_soon_as_one_is_taken_the_others_of_its_kind_are_tried():
    numbers = range(1, 401)
    bad = {f"C{n:05}" for n in numbers if n % 100 < 90 and n <= 300}
    kintone = Kintone(without_index=bad, names_value=True)
    first = [failed_before(n) for n in range(301, 401)]

    source = first + [failed_before(n) for n in range(1, 301)]
    book, _ = run(source, courier=Courier(kintone, room=1))

    assert book.outcomes() == {"created": 100, "rejected": MOST_IN_VAIN}


def test_one_lonely_record_with_an_unknown_code_is_refused_and_stops_nothing():
    book, _ = run(
        candidates([row(1)]), kintone=Kintone(without_index={"C00001"}, unknown_code=True)
    )

    assert book.outcomes() == {"rejected": 1}
    assert book.settled[0].heals


@pytest.mark.parametrize(
    ("error", "withdrawn"),
    [
        (KintoneConfigError("401", reason=ConfigReason.LOGIN), True),
        (KintoneTransientError("refused", may_have_written=False), True),
        (KintoneTransientError("timed out", may_have_written=True), False),
        (KintoneProtocolError("half an answer", may_have_written=True), False),
    ],
)
def test_what_may_have_been_written_stays_in_doubt(error: Exception, withdrawn: bool):
    book = Book()
    kintone = Kintone(failures=[error])  # type: ignore[list-item]

    with pytest.raises(type(error)):
        run(candidates([row(1), row(2)]), kintone=kintone, book=book)

    assert book.intended == [[1, 2]]
    assert book.withdrawn == ([1, 2] if withdrawn else [])
    assert book.settled == []


def test_a_record_without_rights_in_a_later_batch_stops_only_itself():
    kintone = Kintone(no_right={"C00142"})

    book, _ = run(candidates([row(n) for n in range(1, 201)]), kintone=kintone)

    assert book.outcomes() == {"created": 199, "rejected": 1}
    (rejected,) = [one for one in book.settled if one.outcome == "rejected"]
    assert (rejected.row_id, rejected.heals) == (142, True)
    assert rejected.problems[0].params["code"] == "CB_NO02"


@pytest.mark.parametrize("bad", [{1}, {2}, {1, 2}, {1, 3, 5}])
def test_records_without_rights_in_the_first_batch_stop_only_themselves(bad: set[int]):
    kintone = Kintone(no_right={f"C{n:05}" for n in bad})

    book, _ = run(candidates([row(n) for n in range(1, 6)]), kintone=kintone)

    assert {one.row_id for one in book.settled if one.outcome == "rejected"} == bad
    assert len(kintone.records) == 5 - len(bad)


@pytest.mark.parametrize("records", [1, 3, 100])
def test_where_no_record_may_be_written_the_right_on_the_app_is_missing(records: int):
    book = Book()
    kintone = Kintone(no_right={f"C{n:05}" for n in range(1, records + 1)})
    courier = Courier(kintone, room=4)

    with pytest.raises(KintoneConfigError):
        run(candidates([row(n) for n in range(1, records + 1)]), courier=courier, book=book)

    assert len(kintone.requests) <= 10
    assert book.settled == []
    assert sorted(book.withdrawn) == list(range(1, records + 1))


def test_a_record_that_was_refused_for_want_of_rights_before_stops_nothing_when_it_comes_alone():
    again = Candidate(row=row(1), known=known(refused=Refusal.UNNAMED))

    book, _ = run([again], kintone=Kintone(no_right={"C00001"}))

    assert book.outcomes() == {"rejected": 1}


def test_a_refusal_after_an_attempt_that_may_have_been_carried_out_leaves_the_record_in_doubt():
    error = KintoneRejection("GAIA_LO04", code="GAIA_LO04", may_have_written=True)
    kintone = Kintone(failures=[error], without_index={"C00001"})

    book, _ = run(candidates([row(1), row(2)]), kintone=kintone)

    refused, saved = sorted(book.settled, key=lambda one: one.row_id)
    assert (refused.outcome, refused.in_doubt, refused.key) == ("rejected", True, "C00001")
    assert (saved.outcome, saved.in_doubt) == ("created", False)


def test_what_was_refused_in_doubt_is_not_taken_back_when_the_rest_of_the_batch_fails():
    lost = KintoneRejection("GAIA_LO04", code="GAIA_LO04", may_have_written=True)
    login = KintoneConfigError("401", reason=ConfigReason.LOGIN)
    book = Book()

    with pytest.raises(KintoneConfigError):
        run(candidates([row(1), row(2)]), kintone=Kintone(failures=[lost, login]), book=book)

    assert book.withdrawn == []


def test_requests_that_run_out_in_the_middle_of_a_split_take_the_rest_back():
    book = Book()
    kintone = Kintone(without_index={"C00001"}, allowance=2)

    with pytest.raises(AllowanceSpentError):
        run(candidates([row(1), row(2)]), kintone=kintone, book=book)

    assert book.outcomes() == {"rejected": 1}
    assert book.withdrawn == [2]


def test_many_records_that_want_one_key_are_not_kept_in_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jobs.engine.pipeline.MOST_WAITING", 50)
    source = Rows(candidates([row(n, code="X") for n in range(1, 2501)]), chunk_size=20)
    book = Book()
    most = 0

    pipeline = Pipeline(
        source=source,
        plan=Plan(),  # type: ignore[arg-type]
        book=book,
        courier=Courier(Kintone()),
        temporary_key=lambda: "parked",
    )
    real = book.intend

    def intend(batch: Sequence[Sendable], *, finishing: bool = False) -> Intent:
        nonlocal most
        most = max(most, len(pipeline._conflicts))
        return real(batch, finishing=finishing)

    book.intend = intend  # type: ignore[method-assign]
    pipeline.run()

    assert book.outcomes() == {"created": 1, "invalid": 2499}
    assert most <= 50 + 500


def test_many_swaps_cost_three_requests_together():
    kintone = Kintone(records={n: {"code": f"K{n}"} for n in range(1, 101)})
    book = Book(claims={f"K{n}": n for n in range(1, 101)})
    keys = iter(range(1000))
    swapped = [
        Candidate(
            row=row(n, code=f"K{n + 1 if n % 2 else n - 1}"),
            known=known(digest="x", key=f"K{n}", record_id=n),
        )
        for n in range(1, 101)
    ]

    run(swapped, kintone=kintone, book=book, temporary_key=lambda: f"parked{next(keys)}")

    assert kintone.keys() == {n: f"K{n + 1 if n % 2 else n - 1}" for n in range(1, 101)}
    assert kintone.requests == [50, 50, 50]


def test_a_ring_of_three_goes_round():
    kintone = Kintone(records={n: {"code": f"K{n}"} for n in (1, 2, 3)})
    book = Book(claims={"K1": 1, "K2": 2, "K3": 3})
    moved = [
        Candidate(
            row=row(n, code=f"K{n % 3 + 1}"), known=known(digest="x", key=f"K{n}", record_id=n)
        )
        for n in (1, 2, 3)
    ]

    run(moved, kintone=kintone, book=book)

    assert kintone.keys() == {1: "K2", 2: "K3", 3: "K1"}


def test_a_record_whose_old_and_new_key_are_both_taken_meanwhile_waits_once():
    kintone = Kintone(records={n: {"code": f"K{n}"} for n in (1, 2)})
    book = Book(claims={"K1": 1, "K2": 2})
    real = book.settle

    def settle(settled: Sequence[Settled]) -> None:
        """Another mapping takes whatever key is given back."""
        real(settled)
        for key in ("K1", "K2"):
            book.claims.setdefault(key, 99)

    book.settle = settle  # type: ignore[method-assign]
    swapped = [
        Candidate(row=row(n, code=f"K{3 - n}"), known=known(digest="x", key=f"K{n}", record_id=n))
        for n in (1, 2)
    ]

    run(swapped, kintone=kintone, book=book)

    refused = [one.row_id for one in book.settled if one.outcome == OutcomeKind.INVALID]
    assert sorted(refused) == [1, 2]


def test_a_changed_key_is_sent_by_the_id_of_the_kintone_record():
    kintone = Kintone(records={7: {"code": "OLD", "name": "会社1"}})
    book = Book(claims={"OLD": 1})

    run(
        [Candidate(row=row(1, code="NEW"), known=known(digest="x", key="OLD", record_id=7))],
        kintone=kintone,
        book=book,
    )

    assert kintone.keys() == {7: "NEW"}
    assert book.claims == {"NEW": 1}


def test_keys_that_move_along_a_chain_arrive_in_the_order_that_frees_them():
    kintone = Kintone(records={n: {"code": f"K{n}"} for n in (1, 2, 3)})
    book = Book(claims={"K1": 1, "K2": 2, "K3": 3})
    moved = [
        Candidate(row=row(n, code=f"K{n + 1}"), known=known(digest="x", key=f"K{n}", record_id=n))
        for n in (1, 2, 3)
    ]

    run(moved, kintone=kintone, book=book)

    assert kintone.keys() == {1: "K2", 2: "K3", 3: "K4"}
    assert book.outcomes() == {"updated": 3}


def test_two_records_that_swap_their_keys_keep_their_kintone_records():
    kintone = Kintone(records={1: {"code": "A"}, 2: {"code": "B"}})
    book = Book(claims={"A": 1, "B": 2})
    swapped = [
        Candidate(row=row(1, code="B"), known=known(digest="x", key="A", record_id=1)),
        Candidate(row=row(2, code="A"), known=known(digest="x", key="B", record_id=2)),
    ]

    run(swapped, kintone=kintone, book=book)

    assert kintone.keys() == {1: "B", 2: "A"}
    assert book.claims == {"B": 1, "A": 2}


def test_of_two_records_with_one_key_the_other_fails_with_a_message_that_names_both():
    book, kintone = run(candidates([row(1, code="X"), row(2, code="X")]))

    assert kintone.keys() == {1: "X"}
    failed = book.settled[-1]
    assert (failed.row_id, failed.outcome.value, failed.waits_for) == (2, "invalid", "X")
    assert failed.problems[0].params["other_id"] == 1


def test_a_first_sending_of_unknown_outcome_is_settled_under_its_own_key_first():
    kintone = Kintone(records={9: {"code": "OLD", "name": "会社1"}})
    book = Book(claims={"OLD": 1})
    doubtful = Candidate(row=row(1, code="NEW"), known=known(key="OLD", in_doubt=True))

    run([doubtful], kintone=kintone, book=book)

    assert kintone.keys() == {9: "OLD"}
    assert book.settled[0].interim
    assert (book.settled[0].record_id, book.settled[0].version) == (9, 0)


def test_a_record_in_doubt_is_only_updated_by_its_id_apart_from_what_may_be_new():
    kintone = Kintone(records={7: {"code": "C00001"}})
    doubtful = Candidate(row=row(1), known=known(key="C00001", record_id=7, in_doubt=True))

    book, _ = run([doubtful, *candidates([row(2)])], kintone=kintone, book=Book())

    assert kintone.requests == [1, 1]
    assert book.outcomes() == {"updated": 1, "created": 1}


def test_a_record_in_doubt_that_is_gone_by_its_id_comes_back_under_the_key_that_was_sent():
    kintone = Kintone(records={9: {"code": "K1"}})
    doubtful = Candidate(row=row(1, code="K2"), known=known(key="K1", record_id=7, in_doubt=True))

    book, _ = run([doubtful], kintone=kintone, book=Book())

    (gone,) = book.settled
    assert (gone.interim, gone.in_doubt, gone.record_id, gone.key) == (True, True, None, "K1")
    assert kintone.keys() == {9: "K1"}


def test_an_insert_where_an_update_was_expected_is_recorded_with_the_old_id():
    book, _ = run(
        [Candidate(row=row(1), known=known(digest="x", key="C00001", record_id=44))],
    )

    assert book.settled[0].outcome == "created"
    assert book.settled[0].recreated_from == 44


@pytest.mark.parametrize("latest_first", [False, True])
def test_the_watermark_passes_a_chunk_only_when_all_of_it_is_settled(latest_first: bool):
    chunk_size, moments = 300, [NOON + timedelta(minutes=n) for n in range(12)]
    source = Rows(
        candidates([row(n) for n in range(1, 3601)]), chunk_size=chunk_size, reaches=moments
    )
    book, kintone = Book(), Kintone()
    settled_when: dict[datetime, set[int]] = {}
    advance = book.advance

    def note(watermark: datetime) -> None:
        settled_when[watermark] = {one.row_id for one in book.settled}
        advance(watermark)

    book.advance = note  # type: ignore[method-assign]
    run(source, book=book, courier=Courier(kintone, latest_first=latest_first))

    assert book.watermarks[-1] == moments[-1]
    for watermark, settled in settled_when.items():
        passed = (moments.index(watermark) + 1) * chunk_size
        assert set(range(1, passed + 1)) <= settled


def test_a_stopped_run_leaves_the_watermark_before_what_was_not_sent():
    source = Rows(
        candidates([row(n) for n in range(1, 201)]),
        chunk_size=100,
        reaches=[NOON, NOON + timedelta(minutes=1)],
    )
    book = Book()
    kintone = Kintone()
    down = KintoneTransientError("down", may_have_written=False)
    real_put = kintone.put

    def put(puts):
        if kintone.requests:
            raise down
        return real_put(puts)

    kintone.put = put  # type: ignore[method-assign]

    with pytest.raises(KintoneTransientError):
        run(source, kintone=kintone, book=book)

    assert book.watermarks == [NOON]

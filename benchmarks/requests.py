"""How many requests a push costs, on the wire and counted, without refusals and with some.

    .venv/bin/python -m benchmarks.requests [--records 1 99 100 101 10000] [--bad 1 10 100]
                                            [--bad-among 10000] [--json]

First table: N companies are new, then nothing has changed, then every second one has. "Ideal" is
⌈n/100⌉ for the n records that are owed.

Second table: k of the companies are refused, scattered evenly, and all are new. kintone names them
by index (`CB_VA01`), or names field and value of the first (`GAIA_LO04`), or nothing at all (a code
that nobody knows). "Extra" is what it cost beyond the ideal, beside what `bound` allows.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.harness import (
    Product,
    Push,
    StandIn,
    key_of,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)

BATCH = 100
#: Batches of a bulkRequest (`jobs.engine.dispatch`).
PARTS = 5
#: How kintone says what it refuses → the code.
WAYS = {"by index": "CB_VA01", "by field and value": "GAIA_LO04", "not at all": "GAIA_ZZ99"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Most requests that refusals may cost beyond ⌈N/100⌉."""

    wire: int
    counted: int


def bound(bad: int, *, records: int, way: str) -> Bound:
    """What `jobs/engine/send.py` and `dispatch.py` promise, each bad record in the worst place.

    Where kintone names index or value, each batch that holds a bad record is sent once more.
    Otherwise it is halved until each stands alone: 2·⌈log2 100⌉ for each of them. And each
    bulkRequest that held one was in vain: its parts are counted, and sent, once more.
    """
    batches = math.ceil(records / BATCH)
    in_vain = min(bad, records // (BATCH * PARTS))
    if way == "not at all":
        extra = 2 * bad * math.ceil(math.log2(min(BATCH, max(records, 2))))
    else:
        extra = min(bad, batches) if way == "by index" else bad
    return Bound(wire=in_vain + extra, counted=PARTS * in_vain + extra)


def measure_sizes(standin: StandIn, sizes: Sequence[int]) -> None:
    """Print the first table."""
    tell_heading("N", "push", "ideal", "counted", "on the wire", "seconds", "outcomes")
    for records in sizes:
        with product(standin) as one:
            one.enable()
            one.insert(1, records)
            show_size(records, "new", one.push(), owed=records)
            show_size(records, "unchanged", one.push(), owed=0)
            one.change(1, records, every=2)
            show_size(records, "half changed", one.push(), owed=(records + 1) // 2)


def show_size(records: int, what: str, push: Push, *, owed: int) -> None:
    """One line of it."""
    tell_row(
        f"{records:,}",
        what,
        math.ceil(owed / BATCH),
        push.kintone.counted,
        push.kintone.wire,
        f"{push.seconds:.2f}",
        push.told,
    )


def scattered(bad: int, *, records: int) -> list[int]:
    """The numbers of so many companies, evenly among all."""
    return [(2 * place + 1) * records // (2 * bad) + 1 for place in range(bad)]


def measure_refusals(standin: StandIn, bads: Sequence[int], *, records: int) -> None:
    """Print the second table."""
    tell_heading(
        *("k", "named", "good ones written", "bad ones named", "counted: extra / bound"),
        *("on the wire: all / bound", "seconds", "a second run"),
    )
    for bad in bads:
        for way, code in WAYS.items():
            with product(standin) as one:
                one.enable()
                one.insert(1, records)
                keys = [key_of(number) for number in scattered(bad, records=records)]
                standin.refuse(keys, code=code, field="note")
                show_refusals(one, one.push(), bad=bad, records=records, way=way)
                standin.refuse([], code=code, field="note")


def show_refusals(one: Product, push: Push, *, bad: int, records: int, way: str) -> None:
    """One line of it."""
    ideal, most = math.ceil(records / BATCH), bound(bad, records=records, way=way)
    named = one.failures()
    again = one.push()
    tell_row(
        bad,
        way,
        f"{push.sent:,} of {records - bad:,}",
        f"{named} of {bad}",
        f"{push.kintone.counted - ideal} / {most.counted}",
        f"{push.kintone.wire} / {ideal + most.wire}",
        f"{push.seconds:.2f}",
        f"{again.kintone.counted} requests",
    )


def measure_json(standin: StandIn, sizes: Sequence[int]) -> None:
    """Print for each size what a first push cost, for other programs."""
    told = {}
    for records in sizes:
        with product(standin) as one:
            one.enable()
            one.insert(1, records)
            push = one.push()
            told[records] = {
                "counted": push.kintone.counted,
                "wire": push.kintone.wire,
                "written": push.kintone.written,
                "told": push.counted,
            }
    print(json.dumps(told))


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[1, 99, 100, 101, 10_000])
    parser.add_argument("--bad", type=int, nargs="*", default=[1, 10, 100])
    parser.add_argument("--bad-among", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="first pushes only, as one object")
    told = parser.parse_args()
    with StandIn() as standin:
        if told.json:
            measure_json(standin, told.records)
            return
        tell_machine()
        if told.records:
            measure_sizes(standin, told.records)
        if told.bad:
            print()
            measure_refusals(standin, told.bad, records=told.bad_among)


if __name__ == "__main__":
    main()

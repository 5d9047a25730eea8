"""How fast 10,000 upserts go through a slow kintone, and what a worker process can do at most.

    .venv/bin/python -m benchmarks.throughput [--rounds 3] [--records 10000] [--only slow|fast]
    DATABASE_URL=postgres://user@host/ .venv/bin/python -m benchmarks.throughput
    .venv/bin/python -m benchmarks.throughput --profile

First table: half of the records are new, half changed, ten fields; kintone takes 100 ms for each
request, then 100 ms and 2 ms for each record. Each round has a database and a governor of its own,
so it starts cold. "Server-seconds" is the sum of the time that kintone took over all requests; with
as many requests in flight as there ever were, it could not have been done faster than in their
quotient: the limit.

Second table: kintone takes no time, all records have changed, twenty fields: records a second of
one process, on SQLite and, where DATABASE_URL names a PostgreSQL server, there too. With --profile
a further push runs under `benchmarks.sampler`, which says whose the time is.
"""

from collections.abc import Sequence
from statistics import median

from benchmarks.harness import (
    MAPPING,
    TWENTY_FIELDS,
    Push,
    StandIn,
    databases,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)

LATENCIES = ((0.1, 0.0), (0.1, 0.002))


def middle(pushes: Sequence[Push]) -> Push:
    """The push of median time."""
    return sorted(pushes, key=lambda push: push.seconds)[len(pushes) // 2]


def measure_slow(standin: StandIn, *, database_url: str, records: int, rounds: int) -> None:
    """Print the first table."""
    tell_heading(
        *("kintone takes", "seconds: median", "all rounds", "on the wire", "counted"),
        *("server-seconds", "most in flight", "limit", "limit ÷ seconds"),
    )
    for flat, per_record in LATENCIES:
        pushes = []
        for _ in range(rounds):
            with product(standin, database_url=database_url) as one:
                one.enable()
                one.insert(1, records // 2)
                one.push()
                one.change(1, records // 2)
                one.insert(records // 2 + 1, records)
                standin.take(flat=flat, per_record=per_record)
                pushes.append(one.push())
                standin.take()
        show_slow(pushes, flat=flat, per_record=per_record, records=records)


def show_slow(pushes: Sequence[Push], *, flat: float, per_record: float, records: int) -> None:
    """One line of it."""
    push = middle(pushes)
    assert push.sent == records, push
    limit = push.kintone.busy / push.kintone.most
    tell_row(
        f"{flat * 1000:.0f} ms" + (f" + {per_record * 1000:.0f} ms a record" if per_record else ""),
        f"{push.seconds:.2f}",
        " ".join(f"{one.seconds:.2f}" for one in pushes),
        push.kintone.wire,
        push.kintone.counted,
        f"{push.kintone.busy:.1f}",
        push.kintone.most,
        f"{limit:.2f}",
        f"{limit / push.seconds:.0%}",
    )


def measure_fast(standin: StandIn, *, records: int, rounds: int, profile: bool) -> None:
    """Print the second table."""
    tell_heading(
        *("database", "push", "records", "seconds: median", "all rounds", "records/s"),
        *("stand-in's CPU, s", "MB"),
    )
    profiles = []
    for name, url in databases().items():
        with product(standin, database_url=url) as one:
            one.enable(TWENTY_FIELDS)
            one.insert(1, records)
            show_fast(name, "new", [one.push()])
            pushes = []
            for _ in range(rounds):
                one.change(1, records)
                pushes.append(one.push())
            show_fast(name, "changed", pushes)
            if profile:
                one.change(1, records)
                profiles.append((name, one.inside("sample", MAPPING)))
    for name, told in profiles:
        print(f"\n{name}:\n\n{told}")


def show_fast(database: str, what: str, pushes: Sequence[Push]) -> None:
    """One line of it."""
    push = middle(pushes)
    tell_row(
        database,
        what,
        f"{push.sent:,}",
        f"{push.seconds:.2f}",
        " ".join(f"{one.seconds:.2f}" for one in pushes),
        f"{median(one.sent / one.seconds for one in pushes):,.0f}",
        f"{push.kintone.cpu:.2f}",
        f"{push.memory:.0f}",
    )


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["slow", "fast"])
    parser.add_argument("--profile", action="store_true", help="say whose the time is")
    told = parser.parse_args()
    tell_machine()
    with StandIn() as standin:
        if told.only != "fast" and not told.profile:
            for name, url in databases().items():
                print(f"{name}:\n")
                measure_slow(standin, database_url=url, records=told.records, rounds=told.rounds)
                print()
        if told.only != "slow":
            measure_fast(standin, records=told.records, rounds=told.rounds, profile=told.profile)


if __name__ == "__main__":
    main()

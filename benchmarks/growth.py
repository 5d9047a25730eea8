"""What a run costs that has little to do, among few companies and among very many.

    .venv/bin/python -m benchmarks.growth [--records 10000 1000000] [--changes 1000] [--loaded]
    DATABASE_URL=postgres://user@host/ .venv/bin/python -m benchmarks.growth

So many companies stand in the ledger as accounted for: as the baseline that enabling writes down,
or, with --loaded, because all were pushed before (which takes a while). Then 1,000 of them change,
scattered evenly, again and again; then nothing does. Times are medians. At the end the statements
of a run with nothing to do are listed, with the plans by which the database answers them.
"""

from collections.abc import Sequence
from statistics import median

from benchmarks.harness import (
    MAPPING,
    Product,
    StandIn,
    databases,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)


def measure(
    standin: StandIn,
    sizes: Sequence[int],
    *,
    name: str,
    url: str,
    changes: int,
    rounds: int,
    loaded: bool,
) -> str:
    """Print the lines of one database; returns statements and plans among the most companies."""
    plans = ""
    first: tuple[float, float] | None = None
    for records in sizes:
        with product(standin, database_url=url) as one:
            # Not within the overlap that every run looks through again.
            one.insert(1, records, days_ago=2)
            one.enable()
            if loaded:
                one.manage("sync", MAPPING, "--full")
            one.push()
            busy = [changed(one, records, changes=changes) for _ in range(rounds)]
            quiet = [one.push().seconds for _ in range(rounds)]
            plans = one.inside("queries", MAPPING)
        times = median(busy), median(quiet)
        first = first or times
        tell_row(
            name,
            f"{records:,}",
            f"{times[0]:.2f}",
            f"{times[0] / first[0]:.2f}",
            f"{times[1]:.3f}",
            f"{times[1] / first[1]:.2f}",
        )
    return plans


def changed(one: Product, records: int, *, changes: int) -> float:
    """Seconds of a push of so many changes."""
    one.change(1, records, every=records // changes)
    push = one.push()
    assert push.sent == changes, push
    return push.seconds


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--changes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loaded", action="store_true", help="push all before")
    told = parser.parse_args()
    tell_machine()
    tell_heading(
        *("database", "companies", f"{told.changes:,} changes, s", "ratio to the first"),
        *("nothing to do, s", "ratio to the first"),
    )
    plans = {}
    for name, url in databases().items():
        with StandIn() as standin:
            plans[name] = measure(
                standin,
                told.records,
                name=name,
                url=url,
                changes=told.changes,
                rounds=told.rounds,
                loaded=told.loaded,
            )
    for name, listed in plans.items():
        print(f"\n## {name}, among {told.records[-1]:,} companies, nothing to do\n\n{listed}")


if __name__ == "__main__":
    main()

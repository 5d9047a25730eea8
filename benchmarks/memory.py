"""How much memory a push takes, and whether it grows with the number of records.

    .venv/bin/python -m benchmarks.memory [--records 100000 1000000]
    DATABASE_URL=postgres://user@host/ .venv/bin/python -m benchmarks.memory

So many new companies of ten fields are pushed by one process; its largest resident size is the
kernel's own figure (VmHWM), Python and Django included. "Idle" is a push with nothing to do.
"""

from collections.abc import Sequence

from benchmarks.harness import (
    StandIn,
    databases,
    parser_of,
    product,
    tell_heading,
    tell_machine,
    tell_row,
)


def measure(standin: StandIn, sizes: Sequence[int], *, name: str, url: str) -> None:
    """Print the lines of one database."""
    first = 0.0
    for records in sizes:
        with product(standin, database_url=url) as one:
            one.enable()
            idle = one.push()
            one.insert(1, records)
            push = one.push()
            assert push.sent == records, push
        first = first or push.memory
        tell_row(
            name,
            f"{records:,}",
            f"{idle.memory:.0f}",
            f"{push.memory:.0f}",
            f"{push.memory / first:.2f}",
            f"{push.seconds:,.0f}",
            f"{push.sent / push.seconds:,.0f}",
        )


def main() -> None:
    """Measure what the arguments ask for."""
    parser = parser_of(__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    sizes: list[int] = parser.parse_args().records
    tell_machine()
    tell_heading(
        *("database", "records", "MB idle", "MB at most", "ratio to the first"),
        *("seconds", "records/s"),
    )
    for name, url in databases().items():
        # A stand-in of its own each time: it keeps every record that it is sent.
        with StandIn() as standin:
            measure(standin, sizes, name=name, url=url)


if __name__ == "__main__":
    main()

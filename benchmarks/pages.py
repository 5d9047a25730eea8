"""How long every page takes in the server, and how many queries it asks.

    .venv/bin/python -m benchmarks.pages [--rounds 5]

It makes the demo's data and one of everything that screens show (`tests.screens`) in a database of
its own, and asks for each page as an administrator does, through the whole of Django: middleware,
view, queries and template count, network and browser do not. Each page is asked for once to warm
up; the median of the next rounds counts.
"""

import os
import sys

import pytest


def main() -> int:
    """Run the measurement, which needs the tests' database and kintone."""
    rounds = sys.argv[2] if sys.argv[1:2] == ["--rounds"] else "5"
    os.environ["PAGE_ROUNDS"] = rounds
    test = "tests/pages/test_cost.py::test_how_long_each_page_takes"
    return int(pytest.main([test, "-q", "-s", "-p", "no:logging"]))


if __name__ == "__main__":
    sys.exit(main())

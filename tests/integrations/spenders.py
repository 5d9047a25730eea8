"""A process in which eight threads spend one budget at once; prints what they were granted."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import django

THREADS, EACH, LIMIT = 8, 20, 100
HOST, APP = "demo.cybozu.com", 1


def main() -> None:
    """Make the tables where they are missing, spend, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpsync.settings")
    django.setup()

    from django.core.management import call_command
    from django.db import connections

    from common import clock
    from integrations import budget
    from integrations.kintone.errors import AllowanceSpentError

    call_command("migrate", "integrations", verbosity=0)
    budget.set_daily_requests(HOST, APP, LIMIT)
    now = clock.now()
    start = threading.Barrier(THREADS)

    def spend(_: int) -> int:
        granted = 0
        start.wait()
        for _attempt in range(EACH):
            try:
                budget.spend(HOST, APP, now=now)
            except AllowanceSpentError:
                continue
            granted += 1
        connections.close_all()
        return granted

    with ThreadPoolExecutor(THREADS) as threads:
        granted = sum(threads.map(spend, range(THREADS)))
    used = budget.used(HOST, APP, now=now)
    connections.close_all()
    print(f"granted={granted} refused={THREADS * EACH - granted} used={used}")


if __name__ == "__main__":
    main()

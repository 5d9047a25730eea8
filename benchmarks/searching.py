"""How long the lists and the search of 顧客データ take over a million companies and leads.

    .venv/bin/python -m benchmarks.searching [--rows 1000000] [--plans]
    DATABASE_URL=postgres://user@host/NAME .venv/bin/python -m benchmarks.searching

So many companies and as many leads are made in the database named (an empty one: it is migrated),
else in SQLite in a folder of its own, with `--keep FOLDER` in that one, for another go. Each page
is asked for as an administrator asks for it, through the whole of Django; the time is that of the
server. `--plans` prints what the database does for each kind of search.
"""

import argparse
import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from benchmarks.imports import start_product

if TYPE_CHECKING:
    from django.test import Client

SEED: Final = 20_000
ROUNDS: Final = 5
KANJI: Final = (
    "青葉若山田川村本木林森石井上中下大小東西南北高橋渡辺伊藤佐鈴加吉松竹梅岡島崎原野谷池清水和光明"
)
KANA: Final = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
)
LATIN: Final = "abcdefghijklmnopqrstuvwxyz"

#: What is asked for: name → (type, address).
PAGES: Final = {
    "first page": ("lead", {}),
    "page in the middle": ("lead", {"after": "MIDDLE"}),
    "two characters": ("company", {"q": "青葉"}),
    "two characters, rare": ("company", {"q": "鰐淵"}),
    "one character": ("company", {"q": "森"}),
    "one character, rare": ("company", {"q": "鰐"}),
    "nearly all rows": ("company", {"q": "株式会社"}),
    "nearly all rows, second half": ("company", {"q": "株式会社", "after": "MIDDLE"}),
    "two that exclude each other": ("company", {"q": "株式会社 有限会社"}),
    "only the last 2 % of the rows": ("company", {"q": "末尾"}),
    "kana": ("lead", {"q": "アイウ"}),
    "hiragana": ("lead", {"q": "あいう"}),
    "name": ("lead", {"q": "山田 青葉"}),
    "e-mail": ("lead", {"q": "abcd@"}),
    "domain of all e-mails": ("lead", {"q": "example.com"}),
    "phone, whole": ("lead", {"q": "03-1234-5678"}),
    "phone, four digits": ("lead", {"q": "5678"}),
    "phone, two digits": ("lead", {"q": "03"}),
    "nothing": ("lead", {"q": "どこにもない"}),
}


def main() -> None:
    """Make the rows, ask for the pages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--plans", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = options.keep or folder
        os.environ.setdefault("ALLOWED_HOSTS", "testserver")
        start_product()
        _make_rows(options.rows)
        _ask(options.rows)
        if options.plans:
            _print_plans()


def _make_rows(rows: int) -> None:
    from crm.models import Company, Lead
    from crm.writing.searching import fill_missing

    begun = time.monotonic()
    rng = random.Random(1)  # the same rows each time
    if not Company.objects.exists():
        seed = min(SEED, rows)
        Company.objects.bulk_create(_companies(seed, rng), batch_size=1000)
        _multiply(Company, seed, rows)
        _analyze()  # else each lead's company is looked for in all of a table believed empty
        Company.objects.filter(pk__gt=rows - rows // 50).update(name_disp="末尾")
        Company.objects.filter(pk=rows // 2).update(name="鰐淵製作所")
        Lead.objects.bulk_create(_leads(seed, rng), batch_size=1000)
        _multiply(Lead, seed, rows)
    made = time.monotonic()
    fill_missing()
    _analyze()
    print(f"rows {made - begun:.0f} s, searchable {time.monotonic() - made:.0f} s", flush=True)


def _companies(count: int, rng: random.Random) -> Iterator[Any]:
    from common import clock
    from crm.models import Company

    now = clock.now()
    for number in range(1, count + 1):
        form = "有限会社" if number % 10 == 0 else "株式会社"
        yield Company(
            id=number,
            external_id=f"C{number}",
            name=form + "".join(rng.choices(KANJI, k=3)),
            name_kana="".join(rng.choices(KANA, k=6)),
            main_tel=f"0{rng.randrange(10)}-{rng.randrange(10**4):04}-{rng.randrange(10**4):04}",
            corporate_number=str(rng.randrange(10**12, 10**13)),
            mail_domain=f"e{number}.example.com",
            created_at=now,
            updated_at=now,
            changed_at=now,
        )


def _leads(count: int, rng: random.Random) -> Iterator[Any]:
    from common import clock
    from crm.models import Lead

    now = clock.now()
    for number in range(1, count + 1):
        name = "".join(rng.choices(LATIN, k=8))
        yield Lead(
            id=number,
            external_id=f"L{number}",
            company_id=number,
            family_name="".join(rng.choices(KANJI, k=2)),
            first_name="".join(rng.choices(KANJI, k=2)),
            family_name_kana="".join(rng.choices(KANA, k=4)),
            first_name_kana="".join(rng.choices(KANA, k=3)),
            email=f"{name}@e{number % 5000}.example.com",
            tel=f"0{rng.randrange(10)}-{rng.randrange(10**4):04}-{rng.randrange(10**4):04}",
            mobile_tel=f"090-{rng.randrange(10**4):04}-{rng.randrange(10**4):04}",
            created_at=now,
            updated_at=now,
            changed_at=now,
        )


def _multiply(model: Any, seed: int, rows: int) -> None:
    """The first rows again and again, each with an id and an external ID of its own."""
    from django.db import connection

    columns = [field.column for field in model._meta.concrete_fields]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for start in range(seed, rows, seed):
            values = {
                "id": f"id + {start}",
                "external_id": f"external_id || '-{start}'",
                "company_id": f"company_id + {start}",
            }
            taken = ", ".join(values.get(column, f'"{column}"') for column in columns)
            names = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {taken} FROM {table}"
                f" WHERE id <= {min(seed, rows - start)}"
            )


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _ask(rows: int) -> None:
    from django.conf import settings
    from django.test import Client

    # As a page is served, but for the files beside it, which nobody collected.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client = Client()
    client.force_login(_administrator())
    print("| page | found | p50 ms | max ms |\n| --- | --- | --- | --- |")
    for name, (kind, query) in PAGES.items():
        asked = {
            key: str(rows // 2) if value == "MIDDLE" else value for key, value in query.items()
        }
        times, found = _timed(client, kind, asked)
        print(
            f"| {name} | {found} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True
        )


def _administrator() -> Any:
    from crm.models import Account

    found = Account.objects.filter(username="benchmark").first()
    return found or Account.objects.create_user(
        "benchmark", role=Account.Role.ADMINISTRATOR, password=None
    )


def _timed(client: "Client", kind: str, query: dict[str, str]) -> tuple[list[float], str]:
    times = []
    text = ""
    for _round in range(ROUNDS):
        begun = time.monotonic()
        answer = client.get(f"/customers/{kind}/", query)
        times.append((time.monotonic() - begun) * 1000)
        assert answer.status_code == 200, answer.status_code
        text = answer.text
    said = re.search(r"([\d,]+件(?:以上)?)見つかりました", text)
    return times, said[1] if said else ""


def _print_plans() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from common.types import RecordType
    from crm import selectors

    for words in ("青葉", "森", "株式会社", "株式会社 有限会社"):
        with CaptureQueriesContext(connection) as captured:
            found = selectors.search_records(RecordType.COMPANY, words)
            selectors.page_of(found.rows)
        print(f"\n{words}")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        with connection.cursor() as cursor:
            for query in captured.captured_queries:
                if query["sql"].startswith("SELECT"):
                    cursor.execute(f"{explain} {query['sql'].replace('%', '%%')}", [])
                    print("\n".join(str(row[-1]) for row in cursor.fetchall()))


if __name__ == "__main__":
    main()

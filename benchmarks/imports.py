"""How long an import of a file takes, and how much memory.

    .venv/bin/python -m benchmarks.imports [--lines 100000] [--excel]
    DATABASE_URL=postgres://user@host/NAME .venv/bin/python -m benchmarks.imports

So many lines of companies with ten columns, as a CSV or an Excel file, are foreseen, imported, and
imported again, by one process, into the database named (an empty one: it is migrated), else into
SQLite in a folder of its own. Memory is the process's largest resident size so far, Python and
Django included.
"""

import argparse
import multiprocessing
import os
import resource
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import xlsxwriter  # type: ignore[import-untyped]
from cryptography.fernet import Fernet

if TYPE_CHECKING:
    from collections.abc import Callable

HEADINGS = "外部ID,会社名,会社名カナ,郵便番号,都道府県,住所,代表電話番号,URL,業種,メモ"
LINE = (
    "C{0},株式会社青葉{0},アオバ{0},100-0001,東京都,千代田区{0},03-0000-{0:05},"
    "https://e{0}.example.com,情報・通信業,メモ{0}\n"
)


def main() -> None:
    """Print one line per step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--excel", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        start_product()
        path = Path(folder) / "companies"
        # In a process of its own: what writing takes is not to count as memory of the import.
        write = _write_excel if options.excel else _write_csv
        writer = multiprocessing.Process(target=write, args=[path, options.lines])
        writer.start()
        writer.join()
        print(f"{path.stat().st_size / 1_000_000:.1f} MB")
        _measure(path)


def _write_csv(path: Path, lines: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADINGS + "\n")
        file.writelines(LINE.format(number) for number in range(lines))


def _write_excel(path: Path, lines: int) -> None:
    """As Excel itself does: every text once, in a part that the cells share."""
    book = xlsxwriter.Workbook(path, {"strings_to_urls": False})
    sheet = book.add_worksheet("顧客")
    sheet.write_row(0, 0, HEADINGS.split(","))
    for number in range(lines):
        sheet.write_row(number + 1, 0, LINE.format(number).rstrip().split(","))
    book.close()


def start_product() -> None:
    os.environ.setdefault("SECRET_KEY", secrets.token_hex())
    os.environ.setdefault("CREDENTIAL_KEYS", Fernet.generate_key().decode())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpsync.settings")
    import django  # the settings read VAR_DIR

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _measure(path: Path) -> None:
    from common.types import RecordType
    from crm.importing import import_csv
    from crm.importing.forecast import forecast_csv

    def foresee(file: BinaryIO) -> object:
        found = forecast_csv(RecordType.COMPANY, file, key="external_id")
        return f"{found.created} new, {found.updated} changed, {found.unchanged} unchanged"

    def take(file: BinaryIO) -> object:
        found = import_csv(RecordType.COMPANY, file)
        return f"{found.created} new, {found.updated} changed, {found.unchanged} unchanged"

    print("| step | seconds | MB | outcome |\n| --- | --- | --- | --- |")
    steps: list[tuple[str, Callable[[BinaryIO], object]]] = [
        ("foresee", foresee),
        ("import", take),
        ("import again", take),
    ]
    for name, step in steps:
        begun = time.monotonic()
        with path.open("rb") as file:
            outcome = step(file)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"| {name} | {time.monotonic() - begun:.1f} | {memory} | {outcome} |", flush=True)


if __name__ == "__main__":
    main()

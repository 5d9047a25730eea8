"""The watched folder: nightly exports come in by themselves."""

import fcntl
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError

from common import clock
from common.types import RecordType
from crm.importing import columns, feed
from crm.models import Company, ImportRun, Lead
from tests.workbooks import workbook

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

pytestmark = pytest.mark.django_db

CSV = "外部ID,会社名\nC1,青葉\nC2,若葉\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("company", "department", "lead"):
        (tmp_path / name).mkdir()
    return tmp_path


def take(folder: Path, *, minutes: int = 2) -> None:
    """As if so many minutes had passed since the files were written."""
    feed.take_all(folder, now=clock.now() + timedelta(minutes=minutes))


def names(folder: Path) -> list[str]:
    return sorted(path.name[len("20261127-014500-000000-") :] for path in folder.iterdir())


def test_a_file_is_imported_once_and_moved(folder: Path, mailoutbox: "list[EmailMessage]") -> None:
    (folder / "company/会社.csv").write_text(CSV)
    take(folder)
    take(folder)

    assert Company.objects.count() == 2
    assert names(folder / "done/company") == ["会社.csv"]
    assert ImportRun.objects.get().status == "succeeded"
    assert mailoutbox == []


def test_a_file_that_still_grows_is_left_and_those_below_it_wait(folder: Path) -> None:
    (folder / "company/a.csv").write_text(CSV)
    (folder / "lead/b.csv").write_text("外部ID,会社外部ID,姓\nL1,C1,山田\n")
    os.utime(folder / "company/a.csv", (0, 0))  # as `cp -p` does, while it goes on
    take(folder, minutes=0)
    assert not ImportRun.objects.exists()

    take(folder)
    assert Lead.objects.get().company.name == "青葉"


def test_refused_lines_stand_beside_it_and_are_told_by_one_mail(
    folder: Path, mailoutbox: "list[EmailMessage]", settings: Any
) -> None:
    settings.FEED_NOTIFY = ["ops@example.com"]
    (folder / "company/a.csv").write_text("外部ID,会社名\nC1,青葉\nC2,\n")
    take(folder)
    take(folder)

    assert names(folder / "refused/company") == ["a.csv", "a.csv.refused.csv"]
    [mail] = mailoutbox
    assert "2行のうち1行を取り込めませんでした。" in mail.body
    assert mail.to == ["ops@example.com"]
    [result] = (folder / "refused/company").glob("*.refused.csv")
    (folder / "company/again.csv").write_text(
        result.read_text("utf-8-sig").replace("C2,", "C2,若葉")
    )
    take(folder)
    assert names(folder / "done/company") == ["again.csv"]
    assert Company.objects.count() == 2


def test_a_file_that_cannot_be_read_is_refused_and_the_next_one_comes_in(
    folder: Path, mailoutbox: "list[EmailMessage]", settings: Any
) -> None:
    settings.FEED_NOTIFY = ["ops@example.com"]
    (folder / "company/a.csv").write_bytes(b"PK\x03\x04")
    (folder / "company/b.csv").write_text(CSV)
    take(folder)

    assert names(folder / "refused/company") == ["a.csv"]
    assert names(folder / "done/company") == ["b.csv"]
    assert "Excelファイルが壊れているか" in mailoutbox[0].body


def test_a_workbook_comes_in_like_a_csv(folder: Path) -> None:
    path = folder / "company/a.xlsx"
    path.write_bytes(workbook([["外部ID", "会社名"], ["C1", "青葉"], ["C2", ""]]))
    take(folder)
    assert Company.objects.get().external_id == "C1"
    [result] = (folder / "refused/company").glob("*.refused.csv")
    assert "会社名：入力してください。" in result.read_text("utf-8-sig")


def test_a_link_is_never_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(CSV)
    (folder / "company/a.csv").symlink_to(tmp_path / "secret.csv")
    take(folder)

    assert not Company.objects.exists()
    assert names(folder / "refused/company") == ["a.csv"]
    assert (tmp_path / "secret.csv").exists()


def test_hidden_files_and_folders_are_left_alone(folder: Path) -> None:
    (folder / "company/.a.csv.x1").write_text(CSV)
    (folder / "company/inner").mkdir()
    take(folder)
    assert not ImportRun.objects.exists()
    assert (folder / "company/inner").exists()


def test_odd_names_do_no_harm(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder / "company") + b"/a\n\xff\x1b.csv")).write_text(CSV)
    (folder / "company" / f"{'長' * 80}.csv").write_text(CSV)
    take(folder)

    assert sorted(ImportRun.objects.values_list("status", flat=True)) == ["succeeded"] * 2
    assert all(name.isprintable() for name in names(folder / "done/company"))


def test_what_somebody_died_over_is_gone_on_with(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_args: object, **_options: object) -> None:
        raise OperationalError

    (folder / "company/a.csv").write_text(CSV)
    with monkeypatch.context() as patch:
        patch.setattr(feed, "run_import", die)
        with pytest.raises(OperationalError):
            take(folder)
    [path] = (folder / "working/company").iterdir()
    ImportRun.objects.create(
        record_type="company", file_name=path.name, status="running", started_at=clock.now()
    )

    take(folder)

    assert names(folder / "done/company") == ["a.csv"]
    statuses = ImportRun.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["failed", "succeeded"]


def test_of_two_at_once_one_works(folder: Path) -> None:
    (folder / "company/a.csv").write_text(CSV)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        take(folder)
    assert not ImportRun.objects.exists()


def test_columns_are_matched_as_somebody_matched_them_before(folder: Path) -> None:
    columns.remember(
        RecordType.COMPANY, ("番号", "社名"), columns={"external_id": "番号", "name": "社名"},
        key="external_id",
    )  # fmt: skip
    (folder / "company/a.csv").write_text("番号,社名\nC1,青葉\n")
    take(folder)
    assert Company.objects.get().name == "青葉"

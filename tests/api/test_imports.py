"""CSV files sent by other programs."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from kombu.exceptions import OperationalError

from common.types import RecordType
from crm.importing import columns, limits, uploads
from crm.importing import files as import_files
from crm.models import Company, ImportRun
from tests.builders_crm import make_company

PATH = "/api/v1/imports/company"
LINES = "外部ID,会社名,緯度\nC-1,青葉,35\nC-2,若葉,north\n"


def send(client: Client, text: str | bytes, path: str = PATH, **more: Any) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    return client.generic("POST", path, body, content_type="text/csv", **more)


def text_of(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def reason_of(answer: Any) -> str:
    assert answer.status_code == 422, answer.content
    assert answer.json()["type"] == "urn:hpsync:problem:file-refused"
    return str(answer.json()["detail"])


def test_a_file_is_imported_and_its_refused_lines_can_be_fetched(program: Client) -> None:
    answer = send(program, LINES, f"{PATH}?file_name=夜間.csv")

    assert answer.status_code == 201
    run = program.get(answer["Location"]).json()
    assert answer.json() == run
    assert (run["status"], run["label"], run["file_name"]) == (
        *("partial", "完了（一部エラー）", "夜間.csv"),
    )
    assert (run["read"], run["created"], run["refused"]) == (2, 1, 1)
    assert run["refused_lines"] == [{"line": 3, "reason": "緯度：「north」は数値ではありません。"}]
    assert run["page"] == f"https://hpsync.example.com/customers/imports/{run['id']}/"
    file = program.get(run["refused_file"])
    assert file["Content-Type"].startswith("text/csv")
    lines = text_of(file).splitlines()
    assert lines[0] == "取り込めない理由,元の行番号,外部ID,会社名,緯度"
    assert lines[1].endswith(",3,C-2,若葉,north")


def test_the_refused_lines_mended_are_taken(program: Client) -> None:
    run = send(program, LINES).json()
    file = text_of(program.get(run["refused_file"]))

    again = send(program, file.replace("若葉,north", "若葉,35")).json()

    assert (again["status"], again["created"], again["refused_file"]) == ("succeeded", 1, None)


def test_a_form_with_the_file_is_taken_as_well(program: Client) -> None:
    file = SimpleUploadedFile("会社.csv", LINES.encode("cp932"))

    answer = program.post(PATH, {"file": file})

    assert answer.status_code == 201
    assert answer.json()["file_name"] == "会社.csv"
    assert Company.objects.get().name == "青葉"


@pytest.mark.parametrize(
    "media_type", ["application/x-www-form-urlencoded", "application/octet-stream", "text/plain"]
)
def test_what_curl_calls_the_file_does_not_matter(program: Client, media_type: str) -> None:
    answer = program.generic("POST", PATH, LINES.encode(), content_type=media_type)

    assert answer.json()["created"] == 1


def test_columns_are_matched_as_they_were_by_page(program: Client) -> None:
    headings = ("No", "正式名称", "会社名")
    columns.remember(
        RecordType.COMPANY,
        headings,
        columns={"external_id": "No", "name": "正式名称"},
        key="external_id",
    )

    run = send(program, "No,正式名称,会社名\nC-1,青葉,別名\n").json()

    assert run["created"] == 1
    assert Company.objects.get().name == "青葉"


def test_a_file_that_cannot_be_matched_is_refused_and_kept_nowhere(program: Client) -> None:
    reason = reason_of(send(program, "番号,名称\n1,青葉\n"))

    assert "「外部ID」（external_id）の列がありません" in reason
    assert "番号、名称" in reason
    assert not ImportRun.objects.exists()
    assert not list(import_files.path_of(ImportRun(pk=0)).parent.iterdir())


def test_a_file_whose_custom_item_was_deleted_is_refused(program: Client) -> None:
    headings = ("外部ID", "ランク")
    matched = {"external_id": "外部ID", "custom.gone": "ランク"}
    columns.remember(RecordType.COMPANY, headings, columns=matched, key="external_id")

    assert "選択し直してください" in reason_of(send(program, "外部ID,ランク\n1,A\n"))
    assert not ImportRun.objects.exists()


def test_a_file_with_nothing_but_the_key_is_refused(program: Client) -> None:
    make_company(external_id="C-1")

    assert "取り込める列がありません" in reason_of(send(program, "外部ID,名称\nC-1,青葉\n"))


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 a workbook", b"\xff\xfe\x00", b"\n\n"])
def test_what_is_no_csv_is_refused(program: Client, body: bytes) -> None:
    assert reason_of(send(program, body))
    assert not ImportRun.objects.exists()


def test_a_form_without_the_file_says_what_it_is_called(program: Client) -> None:
    assert "file" in reason_of(program.post(PATH, {"data": "x"}))


def test_another_form_is_not_taken_for_a_file(program: Client) -> None:
    answer = program.generic("POST", PATH, b"{}", content_type="application/json")

    assert answer.status_code == 415
    assert answer["Content-Type"] == "application/problem+json"


def test_a_form_that_is_broken_is_a_problem_too(program: Client) -> None:
    answer = program.generic("POST", PATH, b"x", content_type="multipart/form-data")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_file_beyond_the_limit_is_refused_unread(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MEGABYTES", 1)
    lines = LINES.encode().ljust(1024 * 1024 + 1, b"\n")

    codes = [
        send(program, lines).status_code,
        program.post(
            PATH, {"file": SimpleUploadedFile("a.csv", lines + b"\n" * limits.BESIDE)}
        ).status_code,
    ]

    assert codes == [413, 413]
    assert not ImportRun.objects.exists()


def test_a_large_file_is_left_to_a_worker_and_told_as_it_goes(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(uploads, "ring", lambda run_id, **_more: rung.append(run_id))
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)

    answer = send(program, LINES)
    begun = answer.json()
    uploads.execute(rung[0])
    done = program.get(answer["Location"]).json()

    assert (begun["status"], begun["finished_at"]) == ("running", None)
    assert (done["status"], done["created"]) == ("partial", 1)


def test_without_a_worker_the_file_is_not_taken(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: Any, **_more: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("crm.importing.uploads.current_app.send_task", away)
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)

    answer = send(program, LINES)

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert not ImportRun.objects.exists()


def test_the_same_file_with_the_same_key_is_imported_once(program: Client) -> None:
    headers = {"Idempotency-Key": "night-1"}

    first = send(program, LINES, headers=headers)
    again = send(program, LINES, headers=headers)
    other = send(program, LINES + "C-3,双葉,\n", headers=headers)

    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert other.status_code == 422
    assert ImportRun.objects.count() == 1


def test_the_import_stands_in_the_list_of_imports(
    program: Client, as_administrator: Client
) -> None:
    run = send(program, LINES, f"{PATH}?file_name=夜間.csv").json()

    page = as_administrator.get("/customers/company/import/").content.decode()

    assert "夜間.csv" in page
    assert (
        as_administrator.get(run["page"].removeprefix("https://hpsync.example.com")).status_code
        == 200
    )


def test_an_import_that_was_not_begun_is_not_shown(program: Client, administrator: Any) -> None:
    draft = uploads.draft(
        RecordType.COMPANY, SimpleUploadedFile("a.csv", LINES.encode()), account=administrator
    )

    assert program.get(f"/api/v1/imports/{draft.pk}").status_code == 404

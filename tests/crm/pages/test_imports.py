"""A CSV comes in by the browser: upload, matching, import, report."""

import os
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from kombu.exceptions import OperationalError

from crm.importing import files as import_files
from crm.importing import limits, uploads
from crm.models import Company, ImportRun
from crm.pages import forms_imports
from tests.builders_crm import make_company
from tests.workbooks import workbook

pytestmark = pytest.mark.django_db

CSV = "外部ID,会社名,電話\nC-1,株式会社青葉商事,03-0000-0001\nC-2,株式会社若葉,03-0000-0002\n"
MATCHED = {
    "key": "external_id",
    "column-0": "external_id",
    "column-1": "name",
    "column-2": "main_tel",
}


def upload(client, content=CSV, *, record_type="company", name="顧客.csv", encoding="utf-8"):
    data = content if isinstance(content, bytes) else content.encode(encoding)
    return client.post(
        reverse("crm:import", args=[record_type]), {"file": SimpleUploadedFile(name, data)}
    )


def match(client, run=None, **changes):
    run = run or ImportRun.objects.latest("pk")
    return client.post(
        reverse("crm:import-match", args=[run.pk]), {**MATCHED, **changes}, follow=True
    )


def kept_files():
    return list(import_files.path_of(ImportRun(pk=0)).parent.iterdir())


@pytest.fixture
def sent(monkeypatch):
    """What was left to a worker, instead of a broker."""
    tasks = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, args, **_options: tasks.append((name, args))
    )
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)
    return tasks


def test_a_file_is_matched_by_its_headings_and_imported(as_administrator):
    upload(as_administrator)
    report = match(as_administrator)

    assert "2件のデータを読み込みました。" in report.text
    assert list(Company.objects.order_by("pk").values_list("external_id", "name", "main_tel")) == [
        ("C-1", "株式会社青葉商事", "03-0000-0001"),
        ("C-2", "株式会社若葉", "03-0000-0002"),
    ]


def test_a_workbook_is_matched_and_imported_and_the_sheet_is_named(as_administrator):
    rows: list[list[object]] = [
        ["外部ID", "会社名", "電話"],
        ["C-1", "青葉", "03-0000-0001"],
        ["C-2", "若葉", 3],
    ]
    upload(as_administrator, workbook(rows, sheets=["顧客", "控え"]), name="顧客.xlsx")
    run = ImportRun.objects.get()

    page = as_administrator.get(reverse("crm:import-match", args=[run.pk]))
    assert "先頭のシート「顧客」だけを取り込みます。" in page.text
    match(as_administrator)

    run.refresh_from_db()
    assert (run.lines, run.status, run.created) == (3, "succeeded", 2)
    assert Company.objects.get(external_id="C-2").main_tel == "3"


def test_the_matching_screen_shows_headings_first_values_and_what_fits(as_administrator):
    upload(as_administrator, encoding="cp932")

    page = as_administrator.get(reverse("crm:import-match", args=[ImportRun.objects.get().pk])).text

    assert "「顧客.csv」を会社として取り込みます。" in page
    assert "03-0000-0002" in page
    assert '<option value="external_id" selected>外部ID</option>' in page
    assert '<option value="name" selected>会社名</option>' in page


def test_a_matching_is_remembered_for_the_same_headings(as_administrator):
    upload(as_administrator)
    match(as_administrator, **{"key": "name", "column-0": ""})
    upload(as_administrator)

    page = as_administrator.get(
        reverse("crm:import-match", args=[ImportRun.objects.latest("pk").pk])
    ).text

    assert "前回取り込んだときの対応を選択してあります。" in page
    assert '<option value="main_tel" selected>代表電話番号</option>' in page
    assert '<option value="external_id" selected>' not in page


def test_a_column_that_was_not_chosen_is_left_alone_though_its_heading_fits(as_administrator):
    make_company(external_id="C-1", name="元の名前")

    upload(as_administrator)
    match(as_administrator, **{"column-1": ""})

    company = Company.objects.get(external_id="C-1")
    assert (company.name, company.main_tel) == ("元の名前", "03-0000-0001")


def test_two_columns_for_one_item_are_refused_beside_the_second(as_administrator):
    upload(as_administrator)
    answer = match(as_administrator, **{"column-2": "name"})

    assert answer.status_code == 422
    assert "「会社名」は、列「会社名」で選択済みです。" in answer.text
    assert Company.objects.count() == 0


def test_a_key_without_a_column_is_refused(as_administrator):
    upload(as_administrator)
    answer = match(as_administrator, key="corporate_number")

    assert answer.status_code == 422
    assert "「法人番号」に取り込む列がありません。" in answer.text


def test_the_number_of_a_row_is_taken_as_a_key_only(as_administrator):
    upload(as_administrator)
    answer = match(as_administrator, **{"column-2": "id"})

    assert answer.status_code == 422
    assert "「会社ID」は、キーに選択した場合だけ取り込めます。" in answer.text


def test_columns_that_share_a_heading_cannot_be_chosen(as_administrator):
    upload(as_administrator, "外部ID,会社名,備考,備考,\nC-1,青葉,a,b,\n")

    page = as_administrator.get(reverse("crm:import-match", args=[ImportRun.objects.get().pk])).text

    assert page.count("同じ見出しの列がほかにもあるため、取り込めません。") == 2
    assert 'name="column-2"' not in page


def test_refused_lines_stand_in_the_report_with_number_and_reason(as_administrator):
    upload(as_administrator, "外部ID,会社名,電話\nC-1,,1\nC-2,若葉,2\nC-3,三葉\n")
    report = match(as_administrator)

    run = ImportRun.objects.get()
    assert (run.status, run.created) == ("partial", 1)
    assert [refused["line"] for refused in run.refused] == [2, 4]
    assert "取り込めなかった行（2件）" in report.text
    for refused in run.refused:
        assert refused["reason"] in report.text


def test_the_refused_lines_can_be_had_as_a_csv_that_calculates_nothing(as_administrator):
    run = ImportRun.objects.create(
        record_type="company",
        file_name="x.csv",
        status="partial",
        started_at="2026-11-22T00:00:00Z",
        refused=[{"line": 7, "reason": "=HYPERLINK(1)"}, {"line": 9, "reason": "長すぎます"}],
    )

    answer = as_administrator.get(reverse("crm:import-refused", args=[run.pk]))

    text = b"".join(answer).decode("utf-8-sig")
    assert text.splitlines() == ["行番号,理由", "7,'=HYPERLINK(1)", "9,長すぎます"]
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "外部ID,会社名\nC-1,青葉商事\n".encode() + b"C-2,\xff\xfe\n",
            "3行目に、UTF-8として読めない",
        ),
        (b"PK\x03\x04 a workbook", "Excelファイルが壊れているか"),
        (b"\n\n\n", "見出し行がありません。"),
        (b"", "ファイルが空です。"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff", "読めない文字があります。"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once_and_nothing_is_kept(
    as_administrator, content, reason
):
    answer = upload(as_administrator, content)

    assert answer.status_code == 422
    assert reason in answer.text
    assert ImportRun.objects.count() == 0
    assert kept_files() == []


def test_a_form_without_a_file_asks_for_one(as_administrator):
    answer = as_administrator.post(reverse("crm:import", args=["company"]))

    assert answer.status_code == 422
    assert "ファイルを選択してください。" in answer.text


def test_a_file_that_is_too_large_is_refused_with_the_limit(as_administrator, monkeypatch):
    monkeypatch.setattr(forms_imports, "MEGABYTES", 0)

    answer = upload(as_administrator)

    assert "分割してから取り込んでください。" in answer.text
    assert kept_files() == []


def test_of_a_request_that_is_far_too_large_not_even_a_copy_is_made(as_administrator, monkeypatch):
    monkeypatch.setattr(limits, "MEGABYTES", 0)

    answer = upload(as_administrator, CSV + "C-3,三葉,3\n" * 10_000)

    assert answer.status_code == 422
    assert "ファイルが50MBを超えています。" in answer.text
    assert not answer.wsgi_request.FILES


def test_an_uploaded_file_is_readable_by_the_product_only_and_removed_in_the_end(as_administrator):
    upload(as_administrator)
    [path] = kept_files()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0

    match(as_administrator)

    assert kept_files() == []


def test_an_import_that_was_not_begun_can_be_discarded_with_its_file(as_administrator):
    upload(as_administrator)
    run = ImportRun.objects.get()

    as_administrator.post(reverse("crm:import-discard", args=[run.pk]))

    assert ImportRun.objects.count() == 0
    assert kept_files() == []


def test_drafts_that_nobody_went_on_with_go_with_the_next_upload(as_administrator):
    upload(as_administrator)
    ImportRun.objects.update(started_at="2026-01-01T00:00:00Z")

    upload(as_administrator)

    assert ImportRun.objects.count() == 1
    assert len(kept_files()) == 1


def test_a_draft_whose_file_is_gone_leads_back_to_the_upload(as_administrator):
    upload(as_administrator)
    kept_files()[0].unlink()

    answer = match(as_administrator)

    assert "ファイルが残っていません。もう一度アップロードしてください。" in answer.text


def test_a_long_file_is_left_to_a_worker_and_its_progress_is_shown(as_administrator, sent):
    upload(as_administrator)
    page = match(as_administrator)

    run = ImportRun.objects.get()
    assert sent == [("crm.import", [run.pk])]
    assert "2行のうち0行を取り込みました。" in page.text

    uploads.execute(run.pk)

    run.refresh_from_db()
    assert (run.status, run.created) == ("succeeded", 2)
    poll = as_administrator.get(
        reverse("crm:import-run", args=[run.pk]), headers={"HX-Request": "true"}
    )
    assert poll.headers["HX-Refresh"] == "true"


def test_pressing_twice_begins_once(as_administrator, sent):
    upload(as_administrator)
    run = ImportRun.objects.get()

    match(as_administrator, run)
    match(as_administrator, run)

    assert len(sent) == 1


def test_an_import_done_twice_is_done_once(as_administrator, sent):
    upload(as_administrator)
    match(as_administrator)
    run = ImportRun.objects.get()

    uploads.execute(run.pk)
    uploads.execute(run.pk)

    run.refresh_from_db()
    assert (run.created, run.unchanged) == (2, 0)


def test_without_a_broker_the_import_stays_a_draft_and_says_why(as_administrator, monkeypatch):
    def refuse(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr("celery.current_app.send_task", refuse)
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)
    upload(as_administrator)

    answer = match(as_administrator)

    assert answer.status_code == 422
    assert "ワーカーに接続できないため、取り込みを開始できません。" in answer.text
    assert ImportRun.objects.get().status == "draft"
    assert len(kept_files()) >= 1


def test_an_import_whose_worker_is_gone_can_be_taken_up_again(as_administrator, sent):
    upload(as_administrator)
    match(as_administrator)
    run = ImportRun.objects.get()
    old = time.time() - 600
    os.utime(import_files.path_of(run), (old, old))

    page = as_administrator.get(reverse("crm:import-run", args=[run.pk])).text
    assert "取り込みが進んでいません。" in page

    again = as_administrator.post(reverse("crm:import-resume", args=[run.pk]), follow=True).text
    assert "取り込みが進んでいません。" not in again
    assert len(sent) == 2


def test_an_import_that_breaks_off_says_so_and_keeps_what_was_written(
    as_administrator, monkeypatch
):
    def break_off(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(uploads, "import_csv", break_off)
    upload(as_administrator)
    report = match(as_administrator)

    assert "ファイルを取り込めませんでした" in report.text
    assert "取り込みが中断しました。" in report.text
    assert kept_files() == []


def test_past_imports_are_listed_by_type_newest_first(
    as_administrator, django_assert_max_num_queries
):
    for name in ("一番目.csv", "二番目.csv"):
        upload(as_administrator, name=name)
        match(as_administrator)
    upload(as_administrator, name="未実行.csv")

    with django_assert_max_num_queries(3):
        page = as_administrator.get(reverse("crm:import", args=["company"])).text
    other = as_administrator.get(reverse("crm:import", args=["lead"])).text

    assert page.index("二番目.csv") < page.index("一番目.csv")
    assert "未実行.csv" not in page
    assert "一番目.csv" not in other


def test_a_file_that_cannot_be_stored_is_told_and_leaves_no_import(as_administrator, monkeypatch):
    def refuse(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(import_files, "keep", refuse)

    answer = upload(as_administrator)

    assert answer.status_code == 422
    assert "サーバーにファイルを保存できません。" in answer.text
    assert ImportRun.objects.count() == 0


def test_a_worker_that_does_not_find_the_file_says_what_to_check(as_administrator, sent):
    upload(as_administrator)
    match(as_administrator)
    run = ImportRun.objects.get()
    import_files.path_of(run).unlink()

    uploads.execute(run.pk)

    page = as_administrator.get(reverse("crm:import-run", args=[run.pk])).text
    assert "同じVAR_DIR/importsを使用しているか確認してください。" in page


def test_files_left_behind_go_after_a_day(as_administrator):
    upload(as_administrator)
    match(as_administrator)
    left = import_files.path_of(ImportRun(pk=12345))
    left.touch()
    os.utime(left, (time.time() - 100_000,) * 2)

    upload(as_administrator)

    assert not left.exists()


def test_the_refused_lines_are_had_from_the_report_and_loaded_again(as_administrator):
    upload(as_administrator, "外部ID,会社名,電話\nC-1,,1\nC-2,若葉,2\n")
    report = match(as_administrator)
    assert "修正して、そのまま取り込めます。" in report.text
    answer = as_administrator.get(
        reverse("crm:import-refused", args=[ImportRun.objects.latest("pk").pk])
    )
    content = b"".join(answer).decode("utf-8-sig")

    upload(as_administrator, content.replace("C-1,,", "C-1,青葉,"))
    run = ImportRun.objects.latest("pk")
    page = as_administrator.get(reverse("crm:import-match", args=[run.pk])).text
    match(
        as_administrator,
        **{
            "column-0": "",
            "column-1": "",
            "column-2": "external_id",
            "column-3": "name",
            "column-4": "main_tel",
        },
    )

    assert "前回取り込んだときの対応を選択してあります。" in page
    assert Company.objects.get(external_id="C-1").name == "青葉"


def test_refused_lines_are_kept_for_a_month(as_administrator):
    upload(as_administrator, "外部ID,会社名,電話\nC-1,,1\n")
    match(as_administrator)
    result = import_files.result_of(ImportRun.objects.latest("pk"))
    assert result.stat().st_mode & 0o077 == 0

    os.utime(result, (time.time() - 20 * 86400,) * 2)
    upload(as_administrator)
    assert result.exists()

    os.utime(result, (time.time() - 31 * 86400,) * 2)
    upload(as_administrator)
    assert not result.exists()

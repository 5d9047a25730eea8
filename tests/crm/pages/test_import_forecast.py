"""What an import would change is seen by the browser before it begins."""

import pytest
from django.urls import reverse

from crm.importing import forecasts, uploads
from crm.models import Company, ImportRun
from tests.builders_crm import make_company
from tests.crm.pages.test_imports import kept_files, match, upload

pytestmark = pytest.mark.django_db


def test_changes_are_seen_first_and_imported_as_they_were_seen(as_administrator):
    make_company(external_id="C-1", name="青葉", main_tel="03-0000-0001")
    upload(as_administrator, "外部ID,会社名,電話\nC-1,青葉商事,03-0000-0001\nC-2,若葉,2\nC-3,,\n")

    page = match(as_administrator, forecast="1")

    assert '<del class="muted">青葉</del> → <ins>青葉商事</ins>' in page.text
    assert "取り込めない行（1件）" in page.text
    assert Company.objects.get().name == "青葉"

    run = ImportRun.objects.get()
    report = as_administrator.post(reverse("crm:import-forecast", args=[run.pk]), follow=True)
    assert "3件のデータを読み込みました。" in report.text
    assert set(Company.objects.values_list("name", flat=True)) == {"青葉商事", "若葉"}


def test_back_from_the_forecast_the_matching_is_as_it_was_chosen(as_administrator):
    upload(as_administrator)
    match(as_administrator, forecast="1", **{"key": "name", "column-0": ""})

    page = as_administrator.get(reverse("crm:import-match", args=[ImportRun.objects.get().pk])).text

    assert '<option value="external_id" selected>' not in page
    assert '<option value="main_tel" selected>' in page


def test_a_file_that_changes_nothing_says_so(as_administrator):
    make_company(external_id="C-1", name="青葉", main_tel="1")
    upload(as_administrator, "外部ID,会社名,電話\nC-1,青葉,1\n")

    assert "取り込んでも、データは変わりません。" in match(as_administrator, forecast="1").text


def test_a_long_file_is_foreseen_by_a_worker(as_administrator, monkeypatch):
    tasks = []
    monkeypatch.setattr(
        "celery.current_app.send_task", lambda name, args, **_options: tasks.append((name, args))
    )
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)
    upload(as_administrator)
    page = match(as_administrator, forecast="1")
    run = ImportRun.objects.get()
    address = reverse("crm:import-forecast", args=[run.pk])

    assert tasks == [("crm.import.forecast", [run.pk])]
    assert "2行のうち0行を確認しました。" in page.text

    forecasts.execute(run.pk)

    poll = as_administrator.get(address, headers={"HX-Request": "true"})
    assert poll.headers["HX-Refresh"] == "true"
    assert "最初の変更（2件）" in as_administrator.get(address).text
    assert not Company.objects.exists()


def test_a_forecast_of_another_matching_is_thrown_away(as_administrator, monkeypatch):
    monkeypatch.setattr("celery.current_app.send_task", lambda *_args, **_options: None)
    monkeypatch.setattr(uploads, "INLINE_LINES", 1)
    upload(as_administrator)
    match(as_administrator, forecast="1")
    run = ImportRun.objects.get()
    made = forecasts._made

    def matched_anew(run, matching):
        state = made(run, matching)
        match(as_administrator, forecast="1", **{"column-2": ""})
        return state

    monkeypatch.setattr(forecasts, "_made", matched_anew)
    forecasts.execute(run.pk)

    state = forecasts.state_of(run)
    assert state is not None
    assert state.running


def test_an_import_that_began_is_no_longer_foreseen_and_leaves_nothing(as_administrator):
    upload(as_administrator)
    match(as_administrator, forecast="1")
    match(as_administrator)
    run = ImportRun.objects.get()

    assert kept_files() == []
    answer = as_administrator.get(reverse("crm:import-forecast", args=[run.pk]))
    assert answer.url == reverse("crm:import-run", args=[run.pk])

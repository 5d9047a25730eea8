"""`manage.py preview`: 事前チェック from a terminal."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common import clock
from jobs import enabling, previews
from tests.builders_crm import make_companies, make_company


@pytest.fixture
def preview(capsys, company_mapping):
    """Runs the command; returns what its last line says."""

    def act(*options: str) -> dict[str, Any]:
        name = f"{company_mapping.connection.name}/company"
        try:
            call_command("preview", name, "--json", *options)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return {**json.loads(capsys.readouterr().out.splitlines()[-1]), "exit": code}

    return act


def test_where_everything_can_be_sent_it_ends_with_zero_and_sends_nothing(
    kintone, company_mapping, preview
):
    make_companies(3)

    told = preview()

    assert (told["exit"], told["outcomes"]["created"], told["refused"]) == (0, 3, [])
    assert told["requests"] == 2
    assert kintone.records(company_mapping.app) == []


def test_what_cannot_be_sent_is_named_and_the_rest_is_sent_on_demand(
    kintone, company_mapping, preview
):
    make_companies(2)
    misfit = make_company(business_category_kbn="情報・通信業")

    told = preview("--kintone", "--run")

    assert (told["exit"], told["run"]["status"]) == (1, "succeeded")
    assert [one["label"] for one in told["refused"]] == [misfit.name]
    assert told["refused"][0]["problem"]["code"] == "no_option"
    assert len(kintone.records(company_mapping.app)) == 2


def test_in_words_it_counts_and_gives_reasons(kintone, company_mapping, capsys):
    make_company(name="二葉商事", business_category_kbn="情報・通信業")
    with pytest.raises(SystemExit):
        call_command("preview", f"{company_mapping.connection.name}/company")

    said = capsys.readouterr().out
    assert "エラー（送信前）1件" in said
    assert "二葉商事  値が選択肢にありません" in said


def test_what_stands_in_the_way_ends_with_two(kintone, company_mapping, preview):
    make_company()
    previews.start(company_mapping, reads_kintone=False, now=clock.now())
    with pytest.raises(CommandError) as busy:
        preview()
    previews.cancel(company_mapping.previews.get(), now=clock.now())
    enabling.disable(company_mapping, now=clock.now())
    with pytest.raises(CommandError) as off:
        preview("--run")
    kintone.change_password("anders")
    with pytest.raises(CommandError, match="kintoneにログインできません") as refused:
        preview()

    assert {busy.value.returncode, off.value.returncode, refused.value.returncode} == {2}

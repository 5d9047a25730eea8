"""The command `import_records`, whose options and output are relied on from outside."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from crm.models import Company, ImportRun, Lead
from tests.builders_crm import make_company, make_custom_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "会社.csv"
    path.write_text("外部ID,会社名,証券\nC1,株式会社青葉,0010\nC2,,\n", encoding="cp932")
    return path


def run(*arguments: object) -> int:
    """The exit code."""
    try:
        call_command("import_records", *map(str, arguments), skip_checks=True)
    except SystemExit as end:
        return int(end.code or 0)
    except CommandError as error:
        return error.returncode
    return 0


def test_json_has_exactly_the_stable_members(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("company", file, "--json")

    assert code == 1
    assert json.loads(capsys.readouterr().out) == {
        "read": 2,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": [{"line": 3, "reason": "会社名：入力してください。"}],
    }


def test_all_lines_in_means_exit_code_0_and_an_import_on_record(file: Path) -> None:
    file.write_text("外部ID,会社名\nC1,青葉\n")
    assert run("company", file) == 0
    assert ImportRun.objects.get().file_name == "会社.csv"


def test_people_are_told_in_words(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"X{n},\n" for n in range(30))
    file.write_text(f"外部ID,会社名\nC1,青葉\n{rows}")

    run("company", file)

    told = capsys.readouterr()
    assert (
        "会社：31行を読み込みました（新規 1、更新 0、変更なし 0、取り込めない行 30）。" in told.out
    )
    assert "3行目：会社名：入力してください。" in told.err
    assert "ほか10行。" in told.err


def test_a_yaml_file_says_which_column_fills_what(file: Path, tmp_path: Path) -> None:
    make_custom_item("securities_code")
    columns = tmp_path / "columns.yaml"
    columns.write_text("custom.securities_code: 証券\nname_disp: 会社名\nname: 会社名\n")

    run("company", file, "--columns", columns, "--json")

    company = Company.objects.get()
    assert company.custom == {"securities_code": "0010"}
    assert company.name_disp == company.name == "株式会社青葉"


def test_another_key_finds_the_rows(file: Path) -> None:
    company = make_company()
    file.write_text(
        f"email,family_name,company.external_id\na@example.com,山田,{company.external_id}\n"
    )
    for _time in range(2):
        assert run("lead", file, "--key", "email") == 0
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["contact", "FILE"], "invalid choice: 'contact'"),
        (["company", "none.csv"], "none.csv を開けません"),
        (["company", "."], "を開けません"),
        (["company", "FILE", "--key", "tags"], "「tags」はキーにできません。"),
        (["company", "FILE", "--key", "corporate_number"], "キーになる「法人番号」"),
        (["company", "FILE", "--columns", "none.yaml"], "none.yaml を読めません"),
        (["company", "FILE", "--columns", "LIST"], "「項目のキー: 列の見出し」を並べて"),
        (["company", "FILE", "--columns", "UNKNOWN"], "「custom.none」という取り込める項目は"),
        (["company", "BROKEN"], "3行目に、UTF-8として読めない文字があります。"),
    ],
)
def test_what_cannot_begin_says_why_with_exit_code_2(
    file: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    paths = {
        "FILE": file,
        "LIST": tmp_path / "list.yaml",
        "UNKNOWN": tmp_path / "unknown.yaml",
        "BROKEN": tmp_path / "broken.csv",
    }
    paths["LIST"].write_text("- name\n")
    paths["UNKNOWN"].write_text("custom.none: 証券\n")
    paths["BROKEN"].write_bytes("外部ID,会社名\nC1,青葉\nC2,".encode() + b"\xff\n")
    with pytest.raises(CommandError) as error:
        call_command(
            "import_records", *(str(paths.get(word, word)) for word in arguments), skip_checks=True
        )
    assert message in str(error.value)
    # A wrong TYPE is argparse's to refuse: outside of tests it exits with 2 as well.
    assert error.value.returncode == (1 if arguments[0] == "contact" else 2)
    assert not Company.objects.exists()

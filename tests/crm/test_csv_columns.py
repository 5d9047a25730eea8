"""Which item each column fills."""

import pytest

from common.types import RecordType
from crm.catalogue import UnknownItemError
from crm.importing.columns import place, recall, remember, suggest
from crm.importing.encoding import CsvError
from tests.builders_crm import make_custom_item

pytestmark = pytest.mark.django_db


def test_headings_are_keys_or_labels_in_any_width_case_or_language() -> None:
    make_custom_item("rank", label="ランク")
    headings = ["EXTERNAL_ID", "会社名", "ＵＲＬ", "Postal Code", "ﾗﾝｸ", " メ モ ", "決算日"]

    placed = place(RecordType.COMPANY, headings, key="external_id")

    assert placed == {"external_id": 0, "name": 1, "url": 2, "zip": 3, "custom.rank": 4, "note": 5}


def test_what_is_said_goes_before_what_a_heading_seems_to_mean() -> None:
    headings = ["ＩＤ", "会社名", "正式名", "資本金"]

    placed = place(
        RecordType.COMPANY,
        headings,
        key="external_id",
        columns={"external_id": "ID", "name": "正式名", "name_disp": "会社名", "capital_kbn": None},
    )

    assert placed == {"external_id": 0, "name": 2, "name_disp": 1}


def test_the_label_of_a_related_item_names_it() -> None:
    headings = [
        "外部ID",
        "姓",
        "会社名",
        "部署外部ID",
        "営業担当者メールアドレス",
        "メールアドレス",
    ]
    assert place(RecordType.LEAD, headings, key="external_id") == {
        "external_id": 0,
        "family_name": 1,
        "company.name": 2,
        "department.external_id": 3,
        "owner.email": 4,
        "email": 5,
    }


def test_an_id_column_is_used_as_a_key_only() -> None:
    headings = ["会社ID", "外部ID", "会社名"]
    assert place(RecordType.COMPANY, headings, key="id")["id"] == 0
    assert "id" not in place(RecordType.COMPANY, headings, key="external_id")


@pytest.mark.parametrize(
    ("headings", "columns", "message"),
    [
        (["会社名"], {}, "キーになる「外部ID」（external_id）の列がありません。"),
        (["外部ID", "会社名", "会社名"], {}, "「会社名」に当たる列が2つ以上あります。"),
        (["外部ID", "会社名", "name"], {}, "「name」に当たる列が2つ以上あります。"),
        (["外部ID"], {"name": "正式名"}, "見出し「正式名」の列がありません。"),
        (["外部ID", "名", "名"], {"name": "名"}, "見出し「名」の列が2つあります。"),
    ],
)
def test_columns_that_are_missing_or_doubled_are_named(
    headings: list[str], columns: dict[str, str], message: str
) -> None:
    with pytest.raises(CsvError) as error:
        place(RecordType.COMPANY, headings, key="external_id", columns=columns)
    assert message in str(error.value)


def test_doubled_headings_that_nobody_uses_do_no_harm() -> None:
    assert place(RecordType.COMPANY, ["外部ID", "備考", "備考"], key="external_id") == {
        "external_id": 0
    }


@pytest.mark.parametrize("item", ["custom.none", "updated_at", "id"])
def test_an_item_nobody_may_fill_is_named(item: str) -> None:
    with pytest.raises(UnknownItemError):
        place(RecordType.COMPANY, ["外部ID", "x"], key="external_id", columns={item: "x"})


def test_a_suggestion_leaves_out_what_is_unclear() -> None:
    headings = ["外部ID", "会社名", "name", "住所", "住所", "決算日"]
    assert suggest(RecordType.COMPANY, headings) == {"external_id": "外部ID", "name": "会社名"}


def test_what_columns_filled_is_remembered_by_type_and_headings() -> None:
    headings = ["a", "b"]
    remember(RecordType.COMPANY, headings, columns={"name": "a"}, key="name")
    remember(RecordType.COMPANY, headings, columns={"name": "b"}, key="external_id")

    kept = recall(RecordType.COMPANY, headings)

    assert kept is not None
    assert (kept.columns, kept.key) == ({"name": "b"}, "external_id")
    assert recall(RecordType.COMPANY, ["a"]) is None
    assert recall(RecordType.LEAD, headings) is None

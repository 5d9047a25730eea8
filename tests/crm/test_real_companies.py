"""The real input: 6,000-odd companies as the Financial Services Agency publishes them."""

from pathlib import Path

import pytest
from django.conf import settings

from common.types import RecordType
from crm import changes
from crm.importing import import_csv
from crm.models import Company
from tests.builders_crm import make_custom_item

FILE = Path(settings.BASE_DIR).parent / "shared" / "data" / "edinet-companies-2022.csv"
LINES = 6288
COLUMNS = {
    "external_id": "ＥＤＩＮＥＴコード",
    "name": "提出者名",
    "name_kana": "提出者名（ヨミ）",
    "address": "所在地",
    "business_category_kbn": "提出者業種",
    "capital_kbn": "資本金",
    "ipo_kbn": "上場区分",
    "corporate_number": "提出者法人番号",
    "custom.securities_code": "証券コード",
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.real_data,
    pytest.mark.skipif(not FILE.exists(), reason="the real companies are not beside the checkout"),
]


@pytest.mark.timeout(300)
def test_all_real_companies_come_in_once_and_the_second_time_nothing_is_touched() -> None:
    make_custom_item("securities_code")

    with FILE.open("rb") as file:
        first = import_csv(RecordType.COMPANY, file, columns=COLUMNS)
        before = list(Company.objects.order_by("pk").values_list())
        second = import_csv(RecordType.COMPANY, file, columns=COLUMNS)

    assert (first.read, first.created, first.refused) == (LINES, LINES, ())
    assert (second.read, second.unchanged, second.refused) == (LINES, LINES, ())
    assert list(Company.objects.order_by("pk").values_list()) == before

    seed = Company.objects.get(external_id="E00006")
    assert seed.name == "株式会社　サカタのタネ"
    assert seed.name_disp == "サカタのタネ"
    assert (seed.version, seed.custom) == (1, {"securities_code": "13770"})
    [record] = changes.load(
        RecordType.COMPANY, [seed.pk], item_keys=["corporate_number"], viewer_id=None
    )
    assert record.values == {"corporate_number": "6020001008662"}


@pytest.mark.timeout(300)
def test_of_companies_that_share_a_number_the_second_is_refused_where_the_number_is_the_key() -> (
    None
):
    columns = {**COLUMNS, "custom.securities_code": None}
    make_custom_item("securities_code")

    with FILE.open("rb") as file:
        report = import_csv(RecordType.COMPANY, file, key="corporate_number", columns=columns)

    assert (report.read, report.created, len(report.refused)) == (LINES, LINES - 8, 8)
    assert all("と同じ法人番号" in one.reason for one in report.refused)

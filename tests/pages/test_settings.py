"""kintone連携設定: the list of connections."""

from django.test import Client

from common import clock
from jobs import enabling
from mapping.models import Mapping
from tests.pages.reading import Page


def test_a_next_slot_is_named_only_where_something_will_run(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    assert "次回：" in Page(as_administrator.get("/settings/")).text

    enabling.disable(company_mapping, now=clock.now())

    page = Page(as_administrator.get("/settings/"))
    assert "次回：" not in page.text
    assert "有効なマッピングがないため、実行しません" in page.text

"""kintone連携設定: the list of connections."""

from django.test import Client

from common import clock
from jobs import enabling
from mapping.models import Mapping


def test_a_next_slot_is_named_only_where_something_will_run(
    as_administrator: Client, company_mapping: Mapping
) -> None:
    assert "次回：" in as_administrator.get("/settings/").content.decode()

    enabling.disable(company_mapping, now=clock.now())

    page = as_administrator.get("/settings/").content.decode()
    assert "次回：" not in page
    assert "有効なマッピングがないため、実行しません" in page

"""The mapping page as tests read and send it."""

import json
import re

from django.urls import reverse

from mapping.rules import specs_of
from tests.builders_mapping import COMPANY_FIELDS

FIELDS = {
    **COMPANY_FIELDS,
    "total": {"type": "CALC", "label": "合計"},
    "files": {"type": "FILE", "label": "添付"},
    "rank": {
        "type": "DROP_DOWN",
        "label": "顧客ランク",
        "options": ["A", "B"],
        "required": True,
    },
    "tags": {
        "type": "SUBTABLE",
        "label": "タグ一覧",
        "fields": {"tag": {"type": "SINGLE_LINE_TEXT"}},
    },
}


def address(mapping, query=""):
    """Where the page is."""
    return reverse("mapping:edit", args=[mapping.pk]) + query


def shown(client, mapping, query=""):
    """The page, as HTML."""
    answer = client.get(address(mapping, query))
    assert answer.status_code == 200
    return answer.content.decode()


def row_of(page, item):
    """The HTML of one item's row."""
    (found,) = [row for row in rows_on(page) if f'name="item" value="{item}"' in row]
    return found


def rows_on(page):
    """The HTML of every row, also of those that a filter hides."""
    return re.findall(r'<tr role="row" id="row-.*?</tr>', page, flags=re.DOTALL)


def items_on(page):
    """The keys of the items whose row is shown."""
    shown = [row for row in rows_on(page) if " hidden" not in row.partition(">")[0]]
    return [re.findall(r'name="item" value="([^"]+)"', row)[0] for row in shown]


def fields_for_script(page):
    """What the page's script knows of the fields."""
    found = re.search(r'id="fields-of-the-app">(.*?)</script>', page, flags=re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def choices(row):
    """The fields that a row offers."""
    return re.findall(r'<option value="([^"]+)"', row.split("</select>")[0])


def post(client, mapping, query="", **data):
    """What the page's form answers."""
    return client.post(address(mapping, query), data)


def chosen(mapping):
    """What the page of this mapping sends when nothing was touched, but for value tables."""
    rules = {f"to:{rule.source}": rule.field for rule in specs_of(mapping)}
    key = next(rule.source for rule in specs_of(mapping) if rule.field == mapping.update_key)
    return {"item": [rule.source for rule in specs_of(mapping)], "key": key, **rules}

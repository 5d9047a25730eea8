"""Every page of the product leads to what explains it, at the same place."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from hpsync.access import OPEN_ROUTES
from hpsync.templatetags.ui import NAVIGATION
from manual.contents import SLUGS
from manual.pages import page_of
from manual.places import LANGUAGES
from manual.screens import CONTENTS, PLACES, place_of
from mapping.models import Mapping
from tests.platform.test_access import ROUTES
from tests.platform.test_english import addresses, mapping  # noqa: F401

HELP = re.compile(r'<div class="site-tools">\s*<a class="[^"]*" href="([^"]*)"([^>]*)>')


def test_every_route_of_the_navigation_has_its_page() -> None:
    assert [entry.route for entry in NAVIGATION if place_of(entry.route) == CONTENTS] == []


def test_every_route_that_shows_a_page_has_one(as_administrator: Client) -> None:
    without = []
    for name, path in ROUTES:
        ours = name not in OPEN_ROUTES and not path.startswith(("/api/", "/manual/"))
        # What answers no GET is pressed on a page, and shows none.
        if ours and place_of(name) == CONTENTS and as_administrator.get(path).status_code != 405:
            without.append(name)

    assert without == []


@pytest.mark.parametrize("place", sorted(set(PLACES.values())))
def test_every_place_is_there_in_both_languages(place: str) -> None:
    slug, _, anchor = place.partition("#")
    assert slug in SLUGS
    for language in LANGUAGES:
        anchors = {one.anchor for one in page_of(slug, language).shown.sections}
        assert not anchor or anchor in anchors


def test_no_place_stands_for_views_that_do_not_exist() -> None:
    names = [name for name, _ in ROUTES]
    assert [one for one in PLACES if not any(name.startswith(one) for name in names)] == []


def test_the_closest_entry_counts() -> None:
    assert place_of("jobs:record-id") == "ids#one"
    assert place_of("jobs:run-pause") == "runs"
    assert place_of("somewhere:else") == CONTENTS


def test_every_page_has_the_link_first_among_the_tools_of_its_head(
    as_administrator: Client,
    mapping: Mapping,  # noqa: F811
) -> None:
    wrong = []
    for address in addresses(mapping):
        found = HELP.findall(as_administrator.get(address).content.decode())
        inside = address.startswith(reverse("manual:contents"))
        if len(found) != 1 or ("_blank" in found[0][1]) is inside:
            wrong.append(address)
        else:
            page = unescape(found[0][0]).partition("#")[0]
            assert as_administrator.get(page).status_code == 200, page

    assert wrong == []


def test_the_page_about_a_screen_opens_beside_it(as_administrator: Client) -> None:
    page = as_administrator.get(reverse("jobs:runs")).content.decode()

    assert HELP.findall(page)[0][0] == reverse("manual:page", args=["runs"])
    assert "この画面の説明" in page
    assert "（新しいタブ）" in page


def test_strangers_and_ordinary_accounts_see_neither_manual_nor_link(
    client: Client, as_general: Client
) -> None:
    address = reverse("manual:page", args=["start"])

    assert client.get(address).headers["Location"].startswith(reverse("sign-in"))
    refused = as_general.get(address)
    assert refused.status_code == 403
    assert not HELP.search(refused.content.decode())

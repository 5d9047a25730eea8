"""The list of screens is complete, every screen of it is there, and so is what it links to."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from crm.models import Account
from tests.pages.reading import Page
from tests.platform.test_access import ROUTES
from tests.screens.listed import BEFORE_SIGNING_IN, NO_PAGE, SCREENS
from tests.screens.world import build

LISTED = {screen.view for screen in SCREENS}


def test_every_route_that_shows_a_page_is_a_screen_of_the_list(as_administrator: Client) -> None:
    known = LISTED | set(BEFORE_SIGNING_IN) | set(NO_PAGE)

    missing = {
        name
        for name, path in ROUTES
        if name not in known
        and not path.startswith("/api/v1/")
        and not _is_no_page(as_administrator, path)
    }

    assert missing == set()


def _is_no_page(client: Client, path: str) -> bool:
    """Whether it takes forms alone, or gives a file."""
    return path.endswith(".csv") or client.get(path).status_code == 405


def test_no_two_screens_have_one_name_and_no_route_is_forgotten() -> None:
    names = [screen.name for screen in SCREENS]
    routes = {name for name, _ in ROUTES}

    assert len(names) == len(set(names))
    assert LISTED | set(NO_PAGE) <= routes


@pytest.mark.django_db
def test_every_screen_is_there_with_a_heading_and_a_title_of_its_own(
    kintone: Any, administrator: Account, as_administrator: Client
) -> None:
    world = build(kintone, administrator)

    wrong: dict[str, object] = {}
    titles: dict[str, str] = {}
    links: dict[str, str] = {}
    for screen in SCREENS:
        answer = as_administrator.get(screen.address(world))
        if answer.status_code != 200:
            wrong[screen.name] = answer.status_code
            continue
        page = Page(answer)
        titles[screen.name] = page.title()
        if len(list(page._all("h1"))) != 1:
            wrong[screen.name] = "h1"

        links |= {_alike(address): address for address in page.links().values()}
    wrong |= {
        address: status
        for address in links.values()
        if (status := _leads(as_administrator, address)) >= 400
    }

    assert wrong == {}
    assert [name for name, title in titles.items() if title.startswith("｜")] == []


def _alike(address: str) -> str:
    """What is the same of links in other rows."""
    return re.sub(r"\d+", "N", address)


def _leads(client: Client, address: str) -> int:
    """The status of what a link leads to; 200 for what is no page of ours."""
    if "__" in address:
        return 200  # in a template, for the script to fill in
    inside = address.startswith("/") and not address.startswith(("//", settings.STATIC_URL))
    if not inside or ".csv" in address:
        return 200
    return client.get(address).status_code

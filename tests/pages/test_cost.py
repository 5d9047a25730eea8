"""What a page costs: as many queries whatever there is, and not much on the wire."""

import gzip
import os
import re
import statistics
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm.models import Account
from tests.screens.listed import SCREENS
from tests.screens.world import World, build, grow

pytestmark = pytest.mark.django_db

#: Bytes that a page may cost on a first visit, with its style and its scripts.
LARGEST = 150_000
#: More queries than this no page asks.
MOST_QUERIES = 40
#: They carry a change out, to show what would come of it, and take it back.
TRIES = ("put-back-entry", "draft")
#: One page of the manual is as the others.
CHOSEN = [one for one in SCREENS if one.view != "manual:page" or one.name == "manual-start"]
#: The API's document is Swagger UI, three times as large as all the rest.
UNWEIGHED = ("api-docs",)
#: Styles and scripts that a page names.
ASSETS = re.compile(rf'(?:href|src)="{settings.STATIC_URL}([^"]+)"')


@pytest.fixture
def world(kintone: Any, administrator: Account) -> World:
    return build(kintone, administrator)


def queries(client: Client, world: World) -> dict[str, int]:
    """Name of each screen → how many it asks."""
    asked = {}
    for screen in CHOSEN:
        with CaptureQueriesContext(connection) as captured:
            client.get(screen.address(world))
        asked[screen.name] = len(captured)
    return asked


def test_a_page_asks_as_many_queries_whatever_there_is(
    world: World, administrator: Account, as_administrator: Client
) -> None:
    few = queries(as_administrator, world)
    grow(world, administrator)
    many = queries(as_administrator, world)

    # The first time also what is kept between requests is asked for.
    assert {one: (few[one], many[one]) for one in few if few[one] < many[one]} == {}
    assert {
        one: number for one, number in many.items() if number > MOST_QUERIES and one not in TRIES
    } == {}


def test_a_first_visit_to_a_page_is_light(world: World, as_administrator: Client) -> None:
    sizes = {}
    for screen in CHOSEN:
        answer = as_administrator.get(screen.address(world), headers={"Accept-Encoding": "gzip"})
        html = answer.content
        text = gzip.decompress(html) if answer.get("Content-Encoding") == "gzip" else html
        sizes[screen.name] = len(html) + sum(map(compressed, set(ASSETS.findall(text.decode()))))

    assert {
        one: size for one, size in sizes.items() if size > LARGEST and one not in UNWEIGHED
    } == {}


@cache
def compressed(name: str) -> int:
    """Bytes of a static file as WhiteNoise serves it."""
    path = finders.find(name)
    assert isinstance(path, str), name
    return len(gzip.compress(Path(path).read_bytes()))


@pytest.mark.skipif("PAGE_ROUNDS" not in os.environ, reason="python -m benchmarks.pages")
def test_how_long_each_page_takes(
    world: World, administrator: Account, as_administrator: Client
) -> None:
    call_command("demo_data", verbosity=0)
    grow(world, administrator)
    taken = {}
    for screen in CHOSEN:
        address = screen.address(world)
        as_administrator.get(address)
        rounds = [timed(as_administrator, address) for _ in range(int(os.environ["PAGE_ROUNDS"]))]
        taken[screen.name] = statistics.median(rounds)
    for name, seconds in sorted(taken.items(), key=lambda one: -one[1]):
        print(f"| {name} | {seconds * 1000:.0f} |")


def timed(client: Client, address: str) -> float:
    """Seconds until the answer is there."""
    began = time.process_time()
    client.get(address)
    return time.process_time() - began

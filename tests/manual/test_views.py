"""The manual as a reader meets it: contents, search, walking through, kept by the browser."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from manual.contents import SLUGS
from manual.pages import page_of
from manual.searching import find

CONTENTS = "/manual/"


def test_the_contents_name_every_page_in_order(as_administrator: Client) -> None:
    html = as_administrator.get(CONTENTS).content.decode()

    addresses = re.findall(r'<li><a href="/manual/([a-z-]+)/">', html)
    assert addresses == list(SLUGS)


def test_one_walks_through_by_next_and_previous(as_administrator: Client) -> None:
    walked = [SLUGS[0]]
    while following := _neighbour(as_administrator, walked[-1], rel="next"):
        walked.append(following)

    assert walked == list(SLUGS)
    assert _neighbour(as_administrator, SLUGS[0], rel="prev") == ""
    assert _neighbour(as_administrator, SLUGS[3], rel="prev") == SLUGS[2]


def _neighbour(client: Client, slug: str, *, rel: str) -> str:
    html = client.get(reverse("manual:page", args=[slug])).content.decode()
    found = re.search(rf'rel="{rel}" href="/manual/([a-z-]+)/"', html)
    return found[1] if found else ""


def test_the_page_one_is_on_is_marked_in_the_contents_beside_it(as_administrator: Client) -> None:
    html = as_administrator.get("/manual/mapping/").content.decode()
    assert re.findall(r'href="/manual/(\w+)/" aria-current="page"', html) == ["mapping"]


def test_english_readers_get_english_pages(as_administrator: Client) -> None:
    as_administrator.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "<h1>Value table</h1>" in as_administrator.get("/manual/values/").content.decode()


@pytest.mark.parametrize("slug", ["nowhere", "Start"])
def test_a_page_that_does_not_exist_is_not_found(as_administrator: Client, slug: str) -> None:
    assert as_administrator.get(f"/manual/{slug}/").status_code == 404


def test_a_search_leads_to_the_part_that_tells(as_administrator: Client) -> None:
    html = as_administrator.get(CONTENTS, {"q": "１件のまま"}).content.decode()

    assert 'href="/manual/questions/#twice"' in html
    assert "<mark>1件のまま</mark>" in html


def test_a_search_in_vain_says_what_to_do(as_administrator: Client) -> None:
    html = as_administrator.get(CONTENTS, {"q": "<b>zzzz"}).content.decode()

    assert "「&lt;b&gt;zzzz」の説明は見つかりません。" in html
    assert "<b>zzzz" not in html


@pytest.mark.parametrize(
    ("words", "slug", "anchor"),
    [
        ("値の変換表", "values", ""),
        ("るっくあっぷ", "failures", "kintone"),
        ("ﾙｯｸｱｯﾌﾟ コピー元", "failures", "kintone"),
        ("ユーザ 対応", "kintone-users", ""),
        ("更新キー 選択する", "mapping", "key"),
    ],
)
def test_words_are_found_however_they_are_written(words: str, slug: str, anchor: str) -> None:
    found = [(hit.page.slug, hit.section.anchor) for hit in find(words, "ja")]
    assert (slug, anchor) in found


def test_what_stands_in_a_heading_comes_first() -> None:
    assert find("value table", "en")[0].page.slug == "values"
    assert find("更新キー", "ja")[0].section.anchor == "key"


@pytest.mark.parametrize("words", ["", "  ", "ーー", "xyzzy"])
def test_nothing_sought_or_nothing_there_finds_nothing(words: str) -> None:
    assert find(words, "ja") == []


def test_what_was_found_is_marked_in_the_words_as_they_stand() -> None:
    (hit, *_) = find("ﾊﾟｽﾜｰﾄﾞ", "ja")

    assert (
        "".join(part for part, _ in hit.excerpt).strip("…")
        in page_of(hit.page.slug, "ja")
        .shown.sections[_place(hit.section.anchor, hit.page.slug)]
        .text
    )
    assert {part for part, sought in hit.excerpt if sought} == {"パスワード"}


def _place(anchor: str, slug: str) -> int:
    return [one.anchor for one in page_of(slug, "ja").shown.sections].index(anchor)


@pytest.mark.parametrize("address", [CONTENTS, "/manual/mapping/"])
def test_the_browser_keeps_a_page_and_asks_only_whether_it_changed(
    as_administrator: Client, address: str
) -> None:
    first = as_administrator.get(address)

    again = as_administrator.get(address, headers={"if-none-match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304
    assert again.content == b""


def test_in_another_language_or_session_a_page_is_another_one(as_administrator: Client) -> None:
    tag = as_administrator.get("/manual/mapping/").headers["ETag"]

    as_administrator.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = as_administrator.get("/manual/mapping/", headers={"if-none-match": tag})
    del as_administrator.cookies[settings.LANGUAGE_COOKIE_NAME]
    del as_administrator.cookies[settings.CSRF_COOKIE_NAME]
    other = as_administrator.get("/manual/mapping/", headers={"if-none-match": tag})

    assert (english.status_code, other.status_code) == (200, 200)


def test_a_page_asks_the_database_nothing_but_who_reads(
    as_administrator: Client, django_assert_num_queries: "pytest.FixtureRequest"
) -> None:
    as_administrator.get("/manual/failures/")
    with django_assert_num_queries(2):  # type: ignore[operator]
        as_administrator.get("/manual/failures/")

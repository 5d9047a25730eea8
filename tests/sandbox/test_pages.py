"""The pages on which a person looks where the records went."""

import pytest
import requests

FIELDS = {
    "name": {"type": "SINGLE_LINE_TEXT", "label": "会社名"},
    "site": {"type": "LINK", "protocol": "WEB"},
    "owner": {"type": "USER_SELECT"},
    "rows": {"type": "SUBTABLE", "fields": {"tag": {"type": "SINGLE_LINE_TEXT"}}},
}


@pytest.fixture
def app(kintone):
    number = kintone.add_app("<顧客>", FIELDS)
    kintone.add_records(
        number,
        [
            {
                "name": "<script>alert(1)</script>",
                "site": 'https://example.jp/"><b>',
                "owner": [{"code": "sato"}],
                "rows": [{"value": {"tag": {"value": "重点&既存"}}}],
            }
        ],
    )
    return number


def page(kintone, path, status=200):
    answer = requests.get(f"{kintone.url}{path}", timeout=10)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html;charset=utf-8"
    return answer.text


def test_the_first_page_lists_the_apps_and_how_to_log_in(kintone, app):
    text = page(kintone, "/")

    assert f'<a href="/k/{app}/">&lt;顧客&gt;</a>' in text
    assert "1件" in text
    assert "<code>demo</code>" in text
    assert f"<code>{kintone.password}</code>" in text


@pytest.mark.parametrize("path", ["/k/{}/", "/k/{}", "/demo/k/{}/", "/k/{}/show"])
def test_an_apps_page_shows_its_records_escaped(kintone, app, path):
    text = page(kintone, path.format(app))

    assert '<tr id="record=1">' in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text
    assert '<a href="https://example.jp/%22%3E%3Cb%3E"' in text
    assert "佐藤 花子" in text
    assert "重点&amp;既存" in text


def test_links_keep_the_domain_segment(kintone, app):
    assert f'<a href="/demo/k/{app}/">' in page(kintone, "/demo/")
    assert f'<a href="/demo/k/{app}/">' in page(kintone, "/demo")
    text = page(kintone, f"/demo/k/{app}/")
    assert f'<a href="/demo/k/{app}/show?record=1">' in text
    assert '<a href="/demo/">' in text


def test_a_record_has_a_page_of_its_own(kintone, app):
    text = page(kintone, f"/k/{app}/show?record=1")

    assert "<dt>会社名</dt><dd>&lt;script&gt;" in text
    assert "<dt>リビジョン</dt><dd>1</dd>" in text


def test_an_app_without_records_says_so(kintone):
    app = kintone.add_app("空", FIELDS)

    assert "レコードはありません。" in page(kintone, f"/k/{app}/")


def test_many_records_come_on_several_pages_newest_first(kintone, app):
    kintone.add_records(app, [{"name": f"会社{number}"} for number in range(120)])

    first, second = page(kintone, f"/k/{app}/"), page(kintone, f"/k/{app}/?page=2")

    assert 'id="record=121"' in first
    assert 'id="record=21"' not in first
    assert 'id="record=21"' in second
    assert '<a href="?page=2">次へ</a>' in first
    assert '<a href="?page=1">前へ</a>' in second


@pytest.mark.parametrize(
    "path", ["/k/99/", "/k/x/", "/k/{}/show?record=9", "/k/{}/show?record=x", "/k/guest/1/{}/"]
)
def test_what_is_not_there_has_a_page_that_says_so(kintone, app, path):
    assert "ページが見つかりません" in page(kintone, path.format(app), status=404)


def test_an_app_in_a_guest_space_is_found_there(kintone):
    app = kintone.add_app("ゲスト", FIELDS, guest_space=4)

    assert f'<a href="/k/guest/4/{app}/">ゲスト</a>' in page(kintone, "/")
    assert "ゲスト" in page(kintone, f"/k/guest/4/{app}/")
    page(kintone, f"/k/{app}/", status=404)


def test_pages_are_for_reading_only(kintone, app):
    assert requests.post(f"{kintone.url}/k/{app}/", timeout=10).status_code == 405

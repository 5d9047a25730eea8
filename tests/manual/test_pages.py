"""What the manual says: complete in both languages, and no link, picture or button in vain."""

import re
import sys
from pathlib import Path

import polib
import pytest
from django.utils import translation

from manual.contents import SLUGS
from manual.pages import page_of
from manual.places import FOLDER, LANGUAGES, PICTURES, text_of
from manual.rendering import render

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from manual_pictures import NAMES  # noqa: E402

LARGEST_PICTURE = 60_000
LARGEST_IN_ALL = 3_000_000
#: Buttons and settings of kintone itself, and what is called after data.
NOT_OURS = {
    "ja": {"アプリを更新", "アプリを公開", "値の重複を禁止する", "会社 → 顧客リスト"},
    "en": {"Update App"},
}
NAMED = {"ja": re.compile("［(.+?)］"), "en": re.compile(r"\*\*(.+?)\*\*")}
#: Words for which the product has others.
OTHER_WORDS = re.compile(
    "インポート|エクスポート|リトライ|同期|プッシュ|クリック|タップ|不正な|無効な値|することができ"
    "|フォーマット|ダミー|遷移|こちら|下さい|出来る|ユーザ(?!ー)|サーバ(?!ー)|[①-⑳]|[０-９]"
)
EVERY_PAGE = [(slug, language) for slug in SLUGS for language in LANGUAGES]


@pytest.fixture(scope="module")
def on_screen() -> dict[str, set[str]]:
    """Every word that the product shows, in each language, without what is filled in."""
    catalogue = polib.pofile(str(ROOT / "locale/en/LC_MESSAGES/django.po"))
    english = [text for one in catalogue for text in (one.msgstr, *one.msgstr_plural.values())]
    return {"ja": {one.msgid for one in catalogue}, "en": {text.strip() for text in english}}


def test_every_page_of_the_contents_is_there_in_both_languages_and_no_other() -> None:
    for language in LANGUAGES:
        assert {path.stem for path in (FOLDER / language).glob("*.md")} == set(SLUGS)
    assert len(set(SLUGS)) == len(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_has_the_same_parts_and_pictures_in_both_languages(slug: str) -> None:
    japanese, english = (page_of(slug, language).shown for language in ("ja", "en"))

    assert [one.anchor for one in japanese.sections] == [one.anchor for one in english.sections]
    assert all(one.anchor for one in japanese.sections[1:])
    without_language = [
        [name.rpartition("/")[2] for name in shown.pictures] for shown in (japanese, english)
    ]
    assert without_language[0] == without_language[1]
    assert all(name.startswith("manual/en/") for name in english.pictures)
    assert all(name.startswith("manual/ja/") for name in japanese.pictures)


@pytest.mark.parametrize(("slug", "language"), EVERY_PAGE)
def test_every_link_leads_to_a_page_and_a_part_of_it(slug: str, language: str) -> None:
    for link in page_of(slug, language).shown.links:
        path, _, anchor = link.partition("#")
        target = page_of(path.removesuffix(".md"), language).shown
        assert not anchor or anchor in {one.anchor for one in target.sections}, link


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pictures_named_those_there_and_those_that_the_script_takes_are_the_same(
    language: str,
) -> None:
    named = [name for slug in SLUGS for name in page_of(slug, language).shown.pictures]
    there = {path.stem for path in (PICTURES / language).glob("*")}

    assert {Path(name).stem for name in named} == there == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_pictures_are_small() -> None:
    sizes = {path: path.stat().st_size for path in PICTURES.rglob("*.png")}
    documented = sum(path.stat().st_size for path in (ROOT / "docs" / "images").glob("*.png"))

    assert {path.name: size for path, size in sizes.items() if size > LARGEST_PICTURE} == {}
    assert sum(sizes.values()) + documented < LARGEST_IN_ALL


@pytest.mark.parametrize(("slug", "language"), EVERY_PAGE)
def test_every_button_that_a_page_names_is_called_so_on_screen(
    slug: str, language: str, on_screen: dict[str, set[str]]
) -> None:
    known = on_screen[language] | NOT_OURS[language]
    patterns = [_pattern(text) for text in known if _says_something(text)]

    unknown = [
        name
        for name in NAMED[language].findall(text_of(slug, language))
        if name not in known and not any(pattern.fullmatch(name) for pattern in patterns)
    ]

    assert unknown == []


def _says_something(text: str) -> bool:
    """Whether something is filled in, and words of ours stand around it."""
    return "%(" in text and len(re.sub(r"%\(\w+\)[sd]|\W", "", text)) > 2


def _pattern(text: str) -> re.Pattern[str]:
    """Fits the text with anything filled in."""
    return re.compile(".+?".join(map(re.escape, re.split(r"%\(\w+\)[sd]", text))))


@pytest.mark.parametrize("slug", SLUGS)
def test_japanese_pages_use_the_products_own_words(slug: str) -> None:
    text = text_of(slug, "ja")

    assert OTHER_WORDS.findall(text) == []
    long = [one for one in re.split(r"[。\n|]", re.sub(r"\(.*?\)", "", text)) if len(one) > 75]
    assert long == []


def test_html_in_a_page_stays_text_and_a_harmful_link_is_none() -> None:
    shown = render("# T\n\n<script>x</script> [a](javascript:alert(1)) <b onclick=x>\n")

    assert "<script" not in shown.body
    assert "<b " not in shown.body
    assert "javascript:" not in re.sub(r">[^<]*<", "><", shown.body)


def test_a_page_without_a_title_and_a_picture_that_is_not_there_are_noticed() -> None:
    with pytest.raises(ValueError, match="title"):
        render("text")
    with pytest.raises(FileNotFoundError):
        render("# T\n\n![x](../../static/manual/ja/nowhere.png)\n")


def test_lines_of_one_paragraph_are_joined_without_a_space_in_japanese_only() -> None:
    assert "一行。二行" in render("# T\n\n一行。\n二行\n").body
    assert "one\ntwo" in render("# T\n\none\ntwo\n").body


def test_pictures_load_late_and_keep_their_room() -> None:
    body = page_of("start", "ja").shown.body

    assert re.search(r'<img [^>]*width="880" height="\d+" loading="lazy" decoding="async"', body)
    assert 'alt="はじめての画面"' in body


def test_chapters_are_named_in_the_readers_language() -> None:
    from manual.pages import chapters

    with translation.override("en"):
        assert str(chapters("en")[0].title) == "Getting started"

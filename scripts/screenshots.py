"""Takes the pictures of the manual and of the documentation from a running product.

    .venv/bin/python scripts/screenshots.py

It starts a product of its own with the demo's data in a temporary folder, walks the three steps
against the practice kintone, lets something go wrong, and writes what a person sees: the manual's
pictures in Japanese and in English, and `docs/images`. A picture that shows the same as the file
that is there (but for dates and times) is left alone. Exit 1 where a picture is too large.
"""

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, FloatRect, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from manual_pictures import AT_WORK, COMPANIES, FIRST, LEADS, LOADED, Picture  # noqa: E402
from picture_files import keep  # noqa: E402

from tests.product import Product  # noqa: E402

MANUAL = ROOT / "manual" / "static" / "manual"
DOCS = ROOT / "docs" / "images"
LARGEST = 60_000
PATIENCE_SECONDS = 180
MANUAL_SIZE: ViewportSize = {"width": 880, "height": 700}
DOCS_SIZE: ViewportSize = {"width": 1280, "height": 800}
MARGIN = 8
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: What a file brings in that does not fit kintone's options, beside what does.
FILE = "外部ID,業種\n" + "".join(
    f"C-{number:05},{'情報・通信業' if number % 3 else '小売業'}\n" for number in range(1, 19)
)


class Studio:
    """A signed-in browser that takes each picture in both languages."""

    def __init__(self, page: Page, *, address: str) -> None:
        self.page = page
        self.address = address
        self.sizes: dict[str, int] = {}

    def take_all(self, pictures: Sequence[Picture]) -> None:
        """Each of them."""
        for one in pictures:
            self.take(one.name, one.address, part=one.part, height=one.height)

    def take(self, name: str, address: str, *, part: str = "main", height: int = 520) -> None:
        """The part of the screen at that address, in both languages."""
        for language in ("ja", "en"):
            self.speak(language)
            self.page.goto(address)
            self.shoot(name, language, part=part, height=height)
        self.speak("ja")

    def shoot(self, name: str, language: str, *, part: str = "main", height: int = 520) -> None:
        """What is on the screen, from where the part begins."""
        self.page.set_viewport_size(MANUAL_SIZE)
        self.page.mouse.move(0, 0)
        self.page.evaluate("() => { scrollTo(0, 0); document.activeElement.blur(); }")
        box = self.page.locator(part).first.bounding_box()
        assert box is not None, (name, part)
        margin = 0 if part == "main" else MARGIN
        clip: FloatRect = {
            "x": 0,
            "y": box["y"] - margin,
            "width": MANUAL_SIZE["width"],
            "height": min(height, box["height"] + 2 * margin),
        }
        png = self.page.screenshot(
            animations="disabled", full_page=True, clip=clip, style=".sticky-bar{position:static}"
        )
        self._keep(MANUAL / language / f"{name}.png", png)

    def shoot_for_docs(self, name: str, address: str) -> None:
        """What a person sees without scrolling."""
        self.page.set_viewport_size(DOCS_SIZE)
        self.page.goto(address)
        self._keep(DOCS / f"{name}.png", self.page.screenshot(animations="disabled"))

    def speak(self, language: str) -> None:
        """The pages that follow are in that language."""
        self.page.context.add_cookies(
            [{"name": "django_language", "value": language, "url": self.address}]
        )

    def _keep(self, path: Path, png: bytes) -> None:
        name = str(path.relative_to(ROOT))
        self.sizes[name] = keep(path, png)
        print(f"{name}: {self.sizes[name] // 1000} kB", flush=True)


def main() -> None:
    """Take every picture; exit 1 if one is too large."""
    with tempfile.TemporaryDirectory(prefix="hpsync-pictures-") as folder:
        product = Product(Path(folder))
        try:
            sizes = _take_all(product)
        finally:
            product.stop()
    large = [name for name, size in sizes.items() if size > LARGEST]
    print(f"{len(sizes)} pictures, {sum(sizes.values()) // 1000} kB; too large: {large or 'none'}")
    sys.exit(bool(large))


def _take_all(product: Product) -> dict[str, int]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        context = browser.new_context(
            base_url=product.address,
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            color_scheme="light",
            bypass_csp=True,  # for the style that a picture is taken with
            viewport=MANUAL_SIZE,
        )
        studio = Studio(context.new_page(), address=product.address)
        _sign_in(studio.page, password=product.find(r"パスワード：(\S+)"))
        studio.take_all(FIRST)
        _connect(studio.page)
        studio.take_all(LOADED)
        _map(studio)
        _bring_trouble(studio)
        _prepare(studio.page, hotprofile=product.find(r"代わりのサンドボックス：(127\S+:\d+)\n"))
        studio.take_all(AT_WORK)
        _take_docs(studio)
        browser.close()
    return studio.sizes


def _sign_in(page: Page, *, password: str) -> None:
    page.goto("/")
    page.locator("[name=username]").fill("admin")
    page.locator("[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("ol.steps").wait_for()


def _connect(page: Page) -> None:
    """Step 1, into all three apps of the practice kintone."""
    page.goto("/settings/new/?practice=1")
    for number in range(3):
        page.locator(f"[name=apps-{number}-app]").fill(str(number + 1))
    page.locator("[name=sync_user]").select_option(index=1)
    page.locator("button[name=action][value=load]").click()
    page.locator("section[aria-labelledby=next] a").nth(2).wait_for()


def _map(studio: Studio) -> None:
    """Steps 2 and 3 of each record type, with a first load; the test of a company is shown."""
    page = studio.page
    for mapping in range(COMPANIES, LEADS + 1):
        page.goto(f"/settings/mappings/{mapping}/")
        page.locator("#suggestions button").first.click()
        page.wait_for_load_state()
        page.locator("button[name=action][value=next]").click()
        page.wait_for_url("**/test/")
        if mapping == COMPANIES:
            _test(studio)
        page.goto(f"/settings/mappings/{mapping}/test/")
        page.locator("[name=enabled]").check()
        page.locator("input[name=existing][value=send]").check()
        page.locator("form[action$='/enable/'] button").click()
        page.locator("#report").wait_for()
        _settle(page)


def _test(studio: Studio) -> None:
    page = studio.page
    for language in ("ja", "en"):
        studio.speak(language)
        page.goto(f"/settings/mappings/{COMPANIES}/test/")
        page.locator("a.match").first.click()
        page.locator("form[action$='/push/'] button").click()
        page.locator("#trial-result").wait_for()
        studio.shoot("test", language, part="#trial-panel", height=600)
    studio.speak("ja")


def _settle(page: Page) -> None:
    """Nothing waits or runs any more."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    page.goto("/runs/")
    while page.locator("#runs[data-polled]").count() and time.monotonic() < deadline:
        time.sleep(1)
        page.goto("/runs/")


def _bring_trouble(studio: Studio) -> None:
    """A file with values that are no options: its import, the run after it, one of its records."""
    page = studio.page
    page.goto("/customers/company/import/")
    file: FilePayload = {"name": "companies.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.locator("main form button.button-primary").click()
    page.wait_for_url("**/match/")
    matching = page.url
    studio.take("import-match", matching, height=600)
    page.goto(matching)
    page.locator("button[name=forecast]").click()
    page.wait_for_url("**/forecast/")
    page.locator("main form button.button-primary").wait_for()
    studio.take("import-forecast", page.url, height=600)
    page.goto(page.url)
    page.locator("main form button.button-primary").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    page.goto(f"/settings/mappings/{COMPANIES}/test/")
    page.locator("form[action$='/run/'] button").click()
    page.locator("#report").wait_for()
    run = page.url
    _settle(page)
    studio.take("run", run, height=600)
    page.goto(f"/settings/mappings/{COMPANIES}/failures/")
    studio.take("record", _address_of_a_failed_record(page), height=480)


def _address_of_a_failed_record(page: Page) -> str:
    link = page.locator("main tbody th a").first.get_attribute("href") or ""
    return re.sub(r"^/customers/(\w+)/(\d+)/.*", r"/records/\1/\2/", link)


def _prepare(page: Page, *, hotprofile: str) -> None:
    """What pages show only after somebody asked for it."""
    page.goto(f"/settings/mappings/{COMPANIES}/preview/")
    page.locator("main form button.button-primary").click()
    page.locator("#report[data-polled]").wait_for(state="detached", timeout=PATIENCE_SECONDS * 1000)
    page.goto("/settings/1/users/")
    page.locator("button[value=read]").click()
    page.wait_for_load_state()
    page.goto("/duplicates/company/")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    page.goto("/source/")
    page.locator("[name=host]").fill(hotprofile)
    page.locator("[name=api_key]").fill("demo-api-key")
    page.locator("button[value=save]").click()
    page.locator("form[action$='/pull/'] button").first.click()
    page.wait_for_load_state()
    deadline = time.monotonic() + PATIENCE_SECONDS
    page.goto("/source/")
    while page.locator("#source-state[data-polled]").count() and time.monotonic() < deadline:
        time.sleep(1)
        page.goto("/source/")


def _take_docs(studio: Studio) -> None:
    studio.shoot_for_docs("dashboard", "/")
    studio.shoot_for_docs("mapping", f"/settings/mappings/{COMPANIES}/")
    studio.page.goto("/runs/?status=partial")
    run = studio.page.locator("#runs tbody a").first.get_attribute("href")
    studio.shoot_for_docs("run", str(run))


if __name__ == "__main__":
    main()

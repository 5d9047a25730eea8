"""What a comparison of pictures notices, and what it does not."""

import pytest
from PIL import Image, ImageFilter

from tests.browser.picturing import SCALE, looks_alike
from tests.browser.test_pictures import file_of

BLOCK = (10, 80, 600, 300)


@pytest.fixture
def picture() -> Image.Image:
    with Image.open(file_of("dashboard-1280-light")) as image:
        return image.convert("RGB")


def test_a_block_that_moved_is_noticed(picture: Image.Image) -> None:
    moved = picture.copy()
    moved.paste(picture.crop(BLOCK), (BLOCK[0], BLOCK[1] + 8 // SCALE))

    assert not looks_alike(picture, moved)


def test_words_that_are_missing_are_noticed(picture: Image.Image) -> None:
    cut = picture.copy()
    background = picture.crop((300, 60, 385, 75))
    cut.paste(background, (20, 60))  # over the heading

    assert not looks_alike(picture, cut)


def test_letters_that_are_drawn_a_little_otherwise_are_not(picture: Image.Image) -> None:
    assert looks_alike(picture, picture.filter(ImageFilter.GaussianBlur(0.4)))

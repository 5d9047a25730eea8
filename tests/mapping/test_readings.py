"""Labels are found by how they are read, where that is known."""

import pytest

from mapping.readings import reading, searched


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("会社名", "カイシャメイ"),
        ("請求先住所2", "セイキュウサキジュウショ2"),
        ("郵便番号", "ユウビンバンゴウ"),
        ("契約番号", "契約バンゴウ"),
        ("URL", "URL"),
        ("", ""),
    ],
)
def test_words_that_are_known_are_read_and_others_stay(text, read):
    assert reading(text) == read


def test_both_the_words_and_their_reading_are_searched_width_case_and_kana_alike():
    assert searched("電話番号（ＴＥＬ）", "Tel_1") == (
        "電話番号(tel)|tel_1|デンワバンゴウ(tel)|tel_1"
    )
    assert searched("ふりがな", "") == "フリガナ"

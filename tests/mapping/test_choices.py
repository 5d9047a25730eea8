"""Options, flags and users: values that must exist in kintone."""

import pytest

from common.types import UserRef
from tests.builders_mapping import make_field
from tests.mapping.converting import SATO, SUZUKI, convert, refusal

INDUSTRY = make_field("DROP_DOWN", options=["製造業", "ＩＴ", "小売業", "A b"])
COLOURS = make_field("CHECK_BOX", options=["赤", "青", "黄"])


@pytest.mark.parametrize("type_", ["DROP_DOWN", "RADIO_BUTTON"])
def test_a_choice_must_be_an_option(type_):
    field = make_field(type_, options=["製造業", "小売業"])

    assert convert("choice", field, "製造業") == "製造業"
    assert convert("text", field, "小売業") == "小売業"
    assert refusal("choice", field, "情報・通信業") == "no_option"


def test_options_are_found_across_width_case_and_blanks():
    assert convert("choice", INDUSTRY, "IT") == "ＩＴ"
    assert convert("choice", INDUSTRY, "ａＢ") == "A b"
    assert convert("choice", INDUSTRY, " 製造業　") == "製造業"


def test_two_options_alike_are_never_guessed_between():
    field = make_field("DROP_DOWN", options=["IT", "ＩＴ"])

    assert convert("choice", field, "ＩＴ") == "ＩＴ"
    assert refusal("choice", field, "it") == "no_option"


@pytest.mark.parametrize("type_", ["CHECK_BOX", "MULTI_SELECT"])
def test_several_choices_keep_the_order_of_the_form_and_come_once(type_):
    field = make_field(type_, options=["赤", "青", "黄"])

    assert convert("choices", field, ("黄", "赤", "黄", "")) == ["赤", "黄"]
    assert convert("choice", field, "青") == ["青"]
    assert refusal("choices", field, ("赤", "緑")) == "no_option"


def test_one_of_several_choices_is_never_dropped_silently():
    assert convert("choices", INDUSTRY, ("製造業", "")) == "製造業"
    assert refusal("choices", INDUSTRY, ("製造業", "小売業")) == "several_values"


@pytest.mark.parametrize(
    ("options", "on", "off"),
    [
        (["有"], "有", None),
        (["メール不可"], "メール不可", None),
        (["はい", "いいえ"], "はい", "いいえ"),
        (["いいえ", "はい"], "はい", "いいえ"),
        (["○", "×"], "○", "×"),
        (["ON", "OFF", "不明"], "ON", "OFF"),
        (["1", "0"], "1", "0"),
        (["有", "検討中"], "有", None),
        (["有り", "無し"], "有り", "無し"),
    ],
)
def test_a_flag_finds_its_option(options, on, off):
    one = make_field("RADIO_BUTTON", options=options)
    many = make_field("CHECK_BOX", options=options)

    assert (convert("flag", one, value=True), convert("flag", one, value=False)) == (on, off)
    assert convert("flag", many, value=True) == [on]
    assert convert("flag", many, value=False) == ([off] if off else [])


@pytest.mark.parametrize("options", [["赤", "青"], ["はい", "有"], []])
def test_a_flag_without_an_option_of_its_own_is_refused(options):
    assert refusal("flag", make_field("DROP_DOWN", options=options), value=True) == "no_option"


USER = make_field("USER_SELECT")


def test_users_go_by_login_else_by_mail_address():
    assert convert("user", USER, SATO) == [{"code": "sato"}]
    assert convert("user", USER, SUZUKI) == [{"code": "suzuki@example.com"}]
    assert convert("users", USER, (SATO, SUZUKI, SATO)) == [
        {"code": "sato"},
        {"code": "suzuki@example.com"},
    ]
    assert convert("text", USER, " sato ") == [{"code": "sato"}]
    assert refusal("user", USER, UserRef(name="無名", email="", login="")) == "no_login"

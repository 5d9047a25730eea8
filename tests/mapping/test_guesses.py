"""Which option a value most likely means: only where it is convincing."""

import pytest

from mapping.guesses import guess

OPTIONS = ["IT・通信", "製造", "卸売・小売", "金融・保険業", "サービス業", "建設業"]


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("製造業", "製造"),
        ("サービス", "サービス業"),
        ("さーびす業", "サービス業"),
        ("ｻｰﾋﾞｽ業", "サービス業"),
        ("金融／保険", "金融・保険業"),
        ("情報・通信業", ""),
        ("小売業", "卸売・小売"),
        ("建設関連業", "建設業"),
        ("不動産業", ""),
        ("業", ""),
        ("・", ""),
        ("", ""),
    ],
)
def test_a_value_is_taken_for_the_option_that_it_is_but_for_its_writing(value, option):
    assert guess(value, OPTIONS) == option


def test_of_two_options_alike_none_is_taken():
    assert guess("A社", ["Ａ社", "a社"]) == ""
    assert guess("通信", ["通信・放送", "情報・通信"]) == ""

"""Problems on their way into the database and back."""

from common.problems import QUOTED_LENGTH, Problem, quote


def test_a_problem_that_was_stored_comes_back_the_same() -> None:
    problem = Problem(
        code="too_long", field="名前", item="name", value="長い", params={"limit": 64, "unit": "字"}
    )
    assert Problem.from_json(problem.as_json()) == problem


def test_what_an_older_version_stored_is_read_as_far_as_it_goes() -> None:
    assert Problem.from_json({"code": "x", "params": None}) == Problem(code="x")
    assert Problem.from_json({}) == Problem(code="")


def test_a_short_value_is_quoted_whole() -> None:
    assert quote("あ" * QUOTED_LENGTH) == "あ" * QUOTED_LENGTH


def test_a_long_value_is_cut_visibly() -> None:
    quoted = quote("あ" * (QUOTED_LENGTH + 1))
    assert len(quoted) == QUOTED_LENGTH
    assert quoted.endswith("あ…")


def test_values_that_are_no_text_are_quoted_as_people_read_them() -> None:
    assert quote(12) == "12"


def test_what_no_database_stores_is_shown_in_its_place() -> None:
    assert quote("一\x00二\ud83d") == "一\ufffd二?"

"""The proposals are what a person would choose, as far as docs/suggestions.md says."""

import pytest

from benchmarks import suggestions
from benchmarks.suggestions import HELD_BACK, Score, cases, score

CASES = cases()
ALL = [*CASES, *cases(HELD_BACK)]


def names(found):
    return [case.name for case in found]


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_nine_in_ten_of_what_a_person_would_choose_are_proposed(case):
    found = score(case)

    assert found.share_offered >= 0.9, found.missed


@pytest.mark.parametrize("with_values", [True, False], ids=["with values", "without"])
@pytest.mark.parametrize("case", ALL, ids=names(ALL))
def test_one_click_never_takes_a_pair_that_a_person_would_not_choose(case, with_values):
    assert score(case, with_values=with_values).wrong_ticked == []


def test_one_click_takes_nine_in_ten_over_all_apps():
    total = Score()
    for case in CASES:
        total.add(score(case))

    assert total.share_ticked >= 0.9


def test_the_standard_customer_list_is_mapped_whole_by_one_click():
    standard = [case for case in CASES if case.name.startswith("standard_")]

    assert len(standard) == 2
    for case in standard:
        found = score(case)
        assert (found.ticked, found.wrong_offered) == (found.chosen, [])


def test_a_wrong_pair_and_a_missing_one_are_counted():
    (case,) = [case for case in CASES if case.name == "standard_lead"]
    wrong = suggestions.Case(
        name="wrong",
        about="",
        record_type=case.record_type,
        form=case.form,
        custom=(),
        chosen={**case.chosen, "TEL": "mobile_tel", "顧客ランク": "lead_status"},
        key="",
        either={},
    )

    found = score(wrong)

    assert found.wrong_ticked == ["TEL ← tel", "key メールアドレス"]
    assert found.missed == ["顧客ランク"]
    assert (found.chosen, found.offered) == (10, 8)

"""The best one-to-one choice, held against every possible one."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from mapping.suggestions.assignment import best_pairs

ROWS, COLUMNS = range(5), "abcd"
SCORES = st.dictionaries(
    st.tuples(st.sampled_from(ROWS), st.sampled_from(COLUMNS)), st.integers(1, 100)
)


def best_of_all(scores: Mapping[tuple[int, str], float], row: int = 0, used: str = "") -> float:
    """The largest sum, found by trying all choices."""
    if row == len(ROWS):
        return 0
    sums = [best_of_all(scores, row + 1, used)]
    sums += [
        scores[row, column] + best_of_all(scores, row + 1, used + column)
        for column in COLUMNS
        if (row, column) in scores and column not in used
    ]
    return max(sums)


@given(SCORES)
def test_no_other_choice_is_worth_more(scores):
    chosen = best_pairs(scores)

    assert len(set(chosen.values())) == len(chosen)
    assert sum(scores[pair] for pair in chosen.items()) == best_of_all(scores)


def test_a_pair_gives_way_where_both_gain():
    scores = {("a", 1): 10.0, ("a", 2): 9.0, ("b", 1): 9.0, ("b", 2): 1.0}

    assert best_pairs(scores) == {"a": 2, "b": 1}


def test_many_fields_and_items_are_assigned_in_a_moment():
    scores = {(row, column): 1.0 + (row * column) % 7 for row in range(90) for column in range(120)}

    assert len(best_pairs(scores)) == 90

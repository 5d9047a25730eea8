"""The best one-to-one choice among scored pairs."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import TypeVar

Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)


def best_pairs(scores: Mapping[tuple[Row, Column], float]) -> dict[Row, Column]:
    """Each row with at most one column and the reverse, so that the sum of scores is largest.

    Args:
        scores: Of the pairs that may be chosen, all above 0.
    """
    chosen: dict[Row, Column] = {}
    for part in _parts(scores):
        chosen |= _assigned(part)
    return chosen


def _parts(
    scores: Mapping[tuple[Row, Column], float],
) -> Iterator[dict[tuple[Row, Column], float]]:
    """The pairs in groups that share neither a row nor a column: most are small."""
    rows: dict[Row, list[Column]] = defaultdict(list)
    columns: dict[Column, list[Row]] = defaultdict(list)
    for row, column in scores:
        rows[row].append(column)
        columns[column].append(row)
    seen: set[Row] = set()
    for first in rows:
        if first in seen:
            continue
        seen.add(first)
        group, waiting = [first], [first]
        while waiting:
            for column in rows[waiting.pop()]:
                for row in columns[column]:
                    if row not in seen:
                        seen.add(row)
                        group.append(row)
                        waiting.append(row)
        yield {(row, column): scores[row, column] for row in group for column in rows[row]}


def _assigned(scores: Mapping[tuple[Row, Column], float]) -> dict[Row, Column]:
    """The Hungarian method (shortest augmenting paths); a pair without a score counts 0."""
    rows = list(dict.fromkeys(row for row, _ in scores))
    columns = list(dict.fromkeys(column for _, column in scores))
    # Rows may stay alone, so each has a column of its own that is worth nothing.
    width = len(columns) + len(rows)
    costs = [
        [-scores.get((row, column), 0.0) for column in columns] + [0.0] * len(rows) for row in rows
    ]
    row_of = _augmented(costs, width=width)
    return {
        rows[row]: columns[column]
        for column, row in row_of.items()
        if column < len(columns) and (rows[row], columns[column]) in scores
    }


def _augmented(costs: list[list[float]], *, width: int) -> dict[int, int]:
    """Column → row of the cheapest assignment of every row."""
    row_prices, column_prices = [0.0] * len(costs), [0.0] * width
    row_of: dict[int, int] = {}
    for start in range(len(costs)):
        distance, before = [float("inf")] * width, [-1] * width
        done: set[int] = set()
        row, column, reached = start, -1, 0.0
        while True:
            for other in range(width):
                if other in done:
                    continue
                cost = reached + costs[row][other] - row_prices[row] - column_prices[other]
                if cost < distance[other]:
                    distance[other], before[other] = cost, column
            column = min((one for one in range(width) if one not in done), key=distance.__getitem__)
            reached = distance[column]
            done.add(column)
            if column not in row_of:
                break
            row = row_of[column]
        row_prices[start] += reached
        for other in done - {column}:
            row_prices[row_of[other]] += reached - distance[other]
            column_prices[other] -= reached - distance[other]
        while before[column] != -1:
            row_of[column] = row_of[before[column]]
            column = before[column]
        row_of[column] = start
    return row_of

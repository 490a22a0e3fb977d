"""Property: the quick ways to order and to pick do what NumPy does in its plain ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from dao.engine.arrays import changes, order_of, put, take

NUMBERS = st.lists(st.one_of(st.integers(0, 3), st.integers(0, 2**20), st.integers(0, 2**62)), max_size=60)


@given(NUMBERS)
def test_the_order_is_that_of_a_stable_sort(values: list[int]) -> None:
    numbers = np.array(values, np.int64)
    assert order_of(numbers).tolist() == sorted(range(len(values)), key=lambda place: values[place])


@given(NUMBERS)
def test_changes_are_where_a_number_is_another_than_the_last(values: list[int]) -> None:
    expected = [place == 0 or values[place] != values[place - 1] for place in range(len(values))]
    assert changes(np.array(values, np.int64)).tolist() == expected


@given(st.lists(st.integers(-7, 6), unique_by=lambda place: place % 7, max_size=7))
def test_what_is_put_at_places_is_taken_from_there(places: list[int]) -> None:
    rows, at = np.arange(21).reshape(3, 7), np.array(places, np.int64)
    expected = rows.copy()
    expected[:, at] = -1 - rows[:, at]
    assert take(rows, at).tolist() == rows[:, at].tolist()
    put(rows, at, -1 - take(rows, at))
    assert rows.tolist() == expected.tolist()

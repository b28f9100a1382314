"""Loops in tiles against tiles counted one by one."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cosearch.cost.geometry import cut, windows


@pytest.mark.parametrize(
    ("bound", "size", "expected"), [(10, 4, (3, 3, 2)), (6, 4, (2, 2, 2)), (6, 6, (1, 1, 6)), (40, 4, (10, 3, 4))]
)
def test_cut_by_hand(bound, size, expected):
    axis = cut(bound, size)
    assert (axis.num_tiles, axis.pattern, axis.last) == expected


def test_a_batch_of_several_patterns_is_refused():
    with pytest.raises(ValueError, match="loops of 1 and of 3 tiles in one batch"):
        cut(10, torch.tensor([10.0, 4.0]))


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0, 3), st.integers(1, 7), st.integers(0, 9)
)
@settings(deadline=None, max_examples=300)
def test_windows_are_those_of_single_tiles(bound, size, stride, padding, window, shortage):
    assume(padding < window)
    in_bound = (bound - 1) * stride + window - padding - shortage
    assume(in_bound >= 1)
    assume((bound - 1) * stride < in_bound + padding)
    tiles = [(start, min(start + size, bound)) for start in range(0, bound, size)]
    last = tiles[-1][1] - tiles[-1][0]
    assume(len(tiles) == 1 or min(size, last) * stride >= max(padding, shortage))  # the rule of `shortest_tile`
    counted = [
        max(0, min(in_bound, (end - 1) * stride - padding + window) - max(0, start * stride - padding))
        for start, end in tiles
    ]
    found = windows(cut(bound, size), bound, stride=stride, padding=padding, window=window, in_bound=in_bound)
    assert found.last == counted[-1]
    if len(tiles) > 1:
        assert found.first == counted[0]
    assert all(one == found.between for one in counted[1:-1])

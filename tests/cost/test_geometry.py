"""Classes of tiles against tiles counted one by one."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cosearch.cost.geometry import cut, cut_window


def test_cut_by_hand():
    axis = cut(10, 4)
    assert (axis.num_tiles, axis.several) == (3, True)
    assert axis.size == {"F": 4, "M": 4, "L": 2}
    assert axis.num == {"F": 1, "M": 1, "L": 1}


def test_neighbours_of_two_tiles_and_of_one():
    assert cut(6, 4).size == {"F": 4, "M": 2, "L": 2}  # what follows the first is the last
    assert cut(6, 6).size == {"F": 6, "M": 6, "L": 6}
    assert cut(6, 6).positions == ("L",)
    assert cut(6, 4).positions == ("F", "L")


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 3), st.integers(0, 3), st.integers(1, 7), st.integers(0, 9)
)
@settings(deadline=None, max_examples=300)
def test_windows_are_those_of_single_tiles(bound, size, stride, padding, kernel, shortage):
    assume(padding < kernel)
    in_bound = (bound - 1) * stride + kernel - padding - shortage
    assume(in_bound >= 1)
    assume((bound - 1) * stride < in_bound + padding)
    axis = cut_window(bound, size, stride=stride, padding=padding, kernel=kernel, in_bound=in_bound)
    tiles = [(start, min(start + size, bound)) for start in range(0, bound, size)]
    windows = [
        max(0, min(in_bound, (end - 1) * stride - padding + kernel) - max(0, start * stride - padding))
        for start, end in tiles
    ]
    assert axis.num_tiles == len(tiles)
    assert axis.window["L"] == windows[-1]
    if len(tiles) > 1:
        assert axis.window["F"] == windows[0]
    if len(tiles) > 2:
        assert axis.window["M"] == sum(windows[1:-1])

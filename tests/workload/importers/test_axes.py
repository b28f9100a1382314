import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import axes as ax

SHAPE = (12, 4, 6)


def _places(axes: ax.Axes) -> np.ndarray:
    """Place in the stored tensor of every number of a value, by the factors of its dimensions."""
    weights = {"N": SHAPE[0] * SHAPE[1] * SHAPE[2], "C": SHAPE[1] * SHAPE[2], "Y": SHAPE[2], "X": 1}
    places = np.zeros(ax.sizes_of(axes), dtype=int)
    for index, dim in enumerate(axes):
        along = np.zeros(1, dtype=int)
        for factor in dim:
            steps = np.arange(factor.size) * factor.stride * weights[factor.axis]
            along = (along[:, None] + steps[None, :]).reshape(-1)
        places += along.reshape([-1 if place == index else 1 for place in range(len(axes))])
    return places


@settings(deadline=None)
@given(st.data())
def test_reshapes_and_transposes_are_those_of_an_array(data):
    axes = ax.axes_of(SHAPE, 4, 1)
    array = np.arange(np.prod(SHAPE)).reshape(1, *SHAPE)
    for _ in range(data.draw(st.integers(1, 4))):
        if data.draw(st.booleans()):
            order = data.draw(st.permutations(range(array.ndim)))
            axes, array = tuple(axes[place] for place in order), array.transpose(order)
        else:
            target = data.draw(st.sampled_from([(1, 2, 6, 4, 6), (1, 288), (1, 12, 24), (1, 3, 4, 24), (12, 4, 6)]))
            try:
                axes = ax.reshaped(axes, target)
            except UnsupportedLayerError:
                continue  # a cut that the factors cannot follow
            array = array.reshape(target)
    assert (_places(axes) == array).all()


def test_an_unknown_size_is_what_is_left():
    assert ax.sizes_of(ax.reshaped(ax.axes_of(SHAPE, 4, 1), (1, -1))) == (1, 288)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ((1, 7, -1), "a reshape of 1x12x4x6 into 1x7x41 does not fit"),
        ((1, 8, 36), "a reshape cuts 12 values of an axis into 8, which is no factor; only factors of channels"),
    ],
)
def test_a_reshape_that_cannot_be_followed_is_refused(target, message):
    with pytest.raises(UnsupportedLayerError, match=message):
        ax.reshaped(ax.axes_of(SHAPE, 4, 1), target)


def test_an_input_of_five_dimensions_is_no_image():
    with pytest.raises(
        UnsupportedLayerError, match="an input of 5 dimensions is no image; images are N x C, N x C x col"
    ):
        ax.natural_axes((1, 3, 2, 8, 8))


@pytest.mark.parametrize(
    ("logical", "shape", "rank"), [((2, 5), (5, 1, 1), 2), ((1, 5, 7), (5, 1, 7), 3), ((1, 5, 3, 7), (5, 3, 7), 4)]
)
def test_inputs_lie_as_channels_rows_columns(logical, shape, rank):
    axes, stored = ax.natural_axes(logical)
    assert stored == shape
    assert ax.sizes_of(axes) == logical
    assert len(axes) == rank


def test_a_shuffle_deals_channels_out():
    split = ax.reshaped(ax.axes_of((6, 1, 1), 2, 1), (1, 2, 3))
    shuffled = ax.reshaped((split[0], split[2], split[1]), (1, 6))
    assert ax.channel_order(shuffled[1]) == (0, 3, 1, 4, 2, 5)


@pytest.mark.parametrize(
    ("order", "groups", "runs"),
    [
        (range(12), 1, 1),
        (range(12), 3, 1),
        ((0, 3, 1, 4, 2, 5), 1, 1),  # all channels are one run, whatever their order
        ((0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11), 2, 2),
        ((0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11), 3, 4),  # 4 channels of 3 groups: 2, 1 and 1 would be 3 runs
        ((0, 1, 2, 3, 4, 6, 5, 7), 2, 1),  # inside a group the order is free
        ((0, 1, 2, 4, 3, 5, 6, 7), 2, 2),
    ],
)
def test_runs_are_those_of_the_worst_group_and_divide_it(order, groups, runs):
    assert ax.gathered_runs(tuple(order), groups) == runs

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn.functional import max_pool2d

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.axes import axes_of
from cosearch.workload.importers.operations import Tensor, Value, Window
from cosearch.workload.importers.windows import Sliding


def _value(shape, margin=(0, 0, 0, 0)):
    return Value(Tensor("x", shape), axes_of(shape, 4, 1), margin=margin)


@settings(deadline=None)
@given(
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    dilation=st.integers(1, 3),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    pixels=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    ceil=st.booleans(),
)
def test_a_window_moves_as_pytorch_moves_it(size, stride, dilation, padding, pixels, ceil):
    assume(all(2 * pad <= edge for pad, edge in zip(padding, size, strict=True)))
    reaches = [(edge - 1) * dilation + 1 for edge in size]
    assume(all(n + 2 * pad >= reach for n, pad, reach in zip(pixels, padding, reaches, strict=True)))
    pooled = max_pool2d(torch.zeros(1, 1, *pixels), size, stride, padding, dilation, ceil)
    sliding = Sliding(
        size=size, stride=stride, dilation=(dilation, dilation), padding=(*padding, *padding), ceil=ceil
    )
    window, moved = sliding.on(_value((1, *pixels)))
    assert moved == tuple(pooled.shape[2:])
    assert window == Window(size, stride, (dilation, dilation), padding)


def test_a_margin_is_padding():
    window, moved = Sliding(size=(3, 3), stride=(2, 2), padding=(1, 0, 0, 0)).on(_value((1, 8, 8), (0, 1, 1, 2)))
    assert window.padding == (1, 1)
    assert moved == (4, 5)


@pytest.mark.parametrize(
    ("sliding", "message"),
    [
        (Sliding(size=(9, 9)), "a window of 9 does not fit 8 pixels and 0 of padding"),
        (Sliding(size=(3, 3), padding=(-1, 0, 0, 0)), "padding by -1 cuts the map; it must not be negative"),
    ],
)
def test_impossible_windows_are_refused(sliding, message):
    with pytest.raises(UnsupportedLayerError, match=message):
        sliding.on(_value((1, 8, 8)))

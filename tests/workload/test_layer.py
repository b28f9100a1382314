from typing import Any

import pytest

from cosearch.errors import WorkloadError
from cosearch.workload import IMAGE, Layer

CONV: dict[str, Any] = {
    "name": "conv",
    "source": IMAGE,
    "K": 16,
    "C": 3,
    "OY": 14,
    "OX": 14,
    "FY": 3,
    "FX": 3,
    "IY": 28,
    "IX": 28,
    "stride_y": 2,
    "stride_x": 2,
    "padding_y": 1,
    "padding_x": 1,
    "weight_bits": 4,
    "input_bits": 8,
    "output_bits": 6,
}


def conv(**changes: Any) -> Layer:
    return Layer(**{**CONV, **changes})


def test_counts_of_a_convolution() -> None:
    layer = conv(pool_y=2, pool_x=7)
    assert layer.num_macs == 16 * 3 * 14 * 14 * 9
    assert layer.num_weights == 16 * 3 * 9
    assert (layer.in_channels, layer.out_channels) == (3, 16)
    assert not layer.is_depthwise


def test_counts_of_a_grouped_convolution() -> None:
    layer = conv(G=4, K=2, C=3)
    assert (layer.in_channels, layer.out_channels) == (12, 8)
    assert layer.num_macs == 4 * 2 * 3 * 14 * 14 * 9
    assert layer.num_weights == 4 * 2 * 3 * 9
    assert not layer.is_depthwise


def test_a_depthwise_layer_has_one_channel_a_group_and_more_than_one_group() -> None:
    assert conv(G=16, K=1, C=1).is_depthwise
    assert not conv(G=1, K=1, C=1).is_depthwise
    assert not conv(G=16, K=2, C=1).is_depthwise


@pytest.mark.parametrize(
    "name", ["N", "G", "K", "C", "OY", "OX", "FY", "FX", "IY", "IX", "stride_y", "stride_x", "pool_y", "pool_x"]
)
def test_sizes_are_at_least_one(name: str) -> None:
    with pytest.raises(WorkloadError, match=rf"^conv: {name}=0; it must be at least 1$"):
        conv(**{name: 0})


@pytest.mark.parametrize("name", ["padding_y", "padding_x"])
def test_padding_is_not_negative(name: str) -> None:
    with pytest.raises(WorkloadError, match=rf"^conv: {name}=-1; it must not be negative$"):
        conv(**{name: -1})


@pytest.mark.parametrize("name", ["weight_bits", "input_bits", "output_bits"])
@pytest.mark.parametrize("bits", [0, 33])
def test_widths_are_from_1_to_32(name: str, bits: int) -> None:
    with pytest.raises(WorkloadError, match=rf"^conv: {name}={bits}; it must be from 1 to 32$"):
        conv(**{name: bits})


@pytest.mark.parametrize("bits", [-1, 33])
def test_a_residual_has_a_width_from_0_to_32(bits: int) -> None:
    with pytest.raises(WorkloadError, match=rf"^conv: residual_bits={bits}; it must be from 0 to 32$"):
        conv(residual=IMAGE, residual_bits=bits)


@pytest.mark.parametrize("changes", [{"residual": IMAGE}, {"residual_bits": 8}])
def test_a_residual_and_its_width_go_together(changes: dict[str, Any]) -> None:
    with pytest.raises(WorkloadError, match=r"^conv: residual and residual_bits go together; give both or neither$"):
        conv(**changes)


@pytest.mark.parametrize("changes", [{"pool_y": 4}, {"pool_x": 4}])
def test_pooling_divides_the_output(changes: dict[str, Any]) -> None:
    with pytest.raises(WorkloadError, match=r"^conv: pooling window \dx\d does not divide the output 14x14$"):
        conv(**changes)


def test_the_last_window_touches_the_input() -> None:
    assert conv(OY=15, OX=15).OY == 15  # starts at 14 * 2 - 1 = 27, the last row and column
    with pytest.raises(WorkloadError, match=r"^conv: output row 15 lies below the input of 28 rows$"):
        conv(OY=16)
    with pytest.raises(WorkloadError, match=r"^conv: output column 15 lies right of the input of 28 columns$"):
        conv(OX=16)


def test_the_shape_key_forgets_names_only() -> None:
    layer = conv(residual="a", residual_bits=8)
    other = conv(name="other", source="x", residual="b", residual_bits=8)
    assert layer.shape_key() == other.shape_key()
    for change in ({"residual_bits": 6}, {"stride_x": 1}, {"weight_bits": 6}, {"pool_x": 2}, {"padding_y": 0}):
        assert conv(**{"residual": "a", "residual_bits": 8, **change}).shape_key() != layer.shape_key()


def channels(**changes: Any) -> Layer:
    return conv(**{"G": 64, "K": 1, "C": 1, **changes})


def test_operations_on_single_channels_have_no_weights() -> None:
    pool = channels(op="average_pool")
    assert pool.is_depthwise
    assert (pool.num_macs, pool.num_weights) == (0, 0)
    assert pool.num_operations == 64 * 14 * 14 * 9
    assert channels(op="copy", G=1).is_depthwise  # one channel alone is no dense layer
    assert channels().num_weights == 64 * 9
    assert not conv(G=1, K=1, C=1).is_depthwise


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"op": "max_pool"}, "a max_pool works on single channels: K=16 and C=3 must be 1"),
        ({"op": "multiply", "K": 1, "C": 1}, "op multiply and scale go together; give both or neither"),
        ({"scale": "gate"}, "op multiply and scale go together; give both or neither"),
        ({"input_runs": 2}, "input_runs=2 does not divide C=3"),
        ({"output_offset": -1}, "output_offset=-1; it must not be negative"),
        ({"dilation_x": 0}, "dilation_x=0; it must be at least 1"),
    ],
)
def test_what_an_operation_needs(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        conv(**changes)


def test_a_dilated_window_spans_the_pixels_between() -> None:
    assert (conv(dilation_y=2).window_y, conv(dilation_y=2).window_x) == (5, 3)


@pytest.mark.parametrize(("activation", "looked_up"), [("relu6", False), ("swish", True), ("linear", False)])
def test_activations_beyond_clipping_are_looked_up(activation: str, looked_up: bool) -> None:
    assert conv(activation=activation).needs_table is looked_up

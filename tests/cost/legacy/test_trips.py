"""The TRIPS predictor, worked by hand on one layer a mode, in batches, and what it refuses."""

import pytest
import torch

from cosearch.cost.legacy import TripsChunks, TripsLayers, trips_bram_banks, trips_cycles, trips_dsp
from cosearch.errors import HardwareError, WorkloadError


def layers(**rows: list[int]) -> TripsLayers:
    return TripsLayers(**{name: torch.tensor(values) for name, values in rows.items()})


def chunks(
    mode: list[int], tile: list[list[int]], unroll: list[list[int]], *, depthwise: bool = False
) -> TripsChunks:
    return TripsChunks(
        depthwise=depthwise, mode=torch.tensor(mode), tile=torch.tensor(tile), unroll=torch.tensor(unroll)
    )


ONE = layers(K=[10], C=[6], H=[7], F=[3], bits=[8])
TILE, UNROLL = [4, 2, 8, 4], [2, 2, 4, 4]  # OY, OX, K, C


# By hand: edges of the input tile max(2+2, 4) = 4 and max(2+2, 2) = 4; 7/2 * 7/4 * 10/8 tiles of 6/4 reduction steps.
@pytest.mark.parametrize(
    ("mode", "compute", "load_input", "load_weight", "store"),
    [
        (0, 4 * 2 * 8 * 4 * 9 / 4, 16 / 2, 72 / 2, (16 + 16) / 2),
        (1, 4 * 2 * 8 * 4 * 9 / 16, 16 / 2, 72 / 2, (16 + 16) / 2),
        (2, 4 * 2 * 8 * 4 * 9 / 2, 16 / 2, 96 / 2, (32 + 32) / 2),
    ],
)
def test_cycles_of_a_standard_layer(mode, compute, load_input, load_weight, store):
    found = trips_cycles(chunks([mode], [TILE], [UNROLL]), ONE)
    assert found.item() == 3.5 * 1.75 * 1.25 * (store + 1.5 * (max(compute, load_input) + load_weight))


@pytest.mark.parametrize(
    ("mode", "compute", "load_weight", "store"),
    [(0, 4 * 2 * 8 * 9 / 4, 18 / 2, (16 + 16) / 2), (1, 4 * 2 * 8 * 9 / 2, 24 / 2, (32 + 32) / 2)],
)
def test_cycles_of_a_depthwise_layer(mode, compute, load_weight, store):
    batch = chunks([mode], [[4, 2, 8, 1]], [[2, 2, 4, 1]], depthwise=True)
    found = trips_cycles(batch, layers(K=[10], C=[1], H=[7], F=[3], bits=[8]))
    assert found.item() == 3.5 * 1.75 * 1.25 * (max(compute, 32 / 2) + load_weight + store)


def test_loads_bind_where_nothing_is_computed_long():
    batch = chunks([1], [[1, 1, 8, 8]], [[1, 1, 8, 8]])
    # compute 1; 8 * 5 * 5 / 4 = 50 input words at half a cycle; 8 * 8 * 25 / 4 weights
    found = trips_cycles(batch, layers(K=[8], C=[8], H=[1], F=[5], bits=[8]))
    assert found.item() == (8 / 4 + 8 / 8) / 2 + max(25, 50 / 2) + 400 / 2
    assert trips_cycles(batch, layers(K=[8], C=[8], H=[1], F=[5], bits=[16])).item() == 3 + 50 + 400


def test_a_batch_is_its_designs_and_layers():
    batch = chunks([0, 1, 2], [TILE] * 3, [UNROLL] * 3)
    both = layers(K=[10, 16], C=[6, 3], H=[7, 8], F=[3, 1], bits=[8, 4])
    found = trips_cycles(batch, both)
    assert found.shape == (3, 2)
    for design in range(3):
        alone = chunks([design], [TILE], [UNROLL])
        assert found[design, 0] == trips_cycles(alone, ONE)[0, 0]
        assert trips_bram_banks(batch, both)[design, 0] == trips_bram_banks(alone, ONE)[0, 0]


def test_dsp_by_mode_and_width():
    batch = chunks([0, 1, 2], [TILE] * 3, [UNROLL] * 3)
    assert trips_dsp(batch, 8).tolist() == [2.0, 8.0, 1.0]
    assert trips_dsp(batch, 6).tolist() == [1.5, 6.0, 0.75]
    depthwise = chunks([0, 1], [[4, 2, 8, 1]] * 2, [[2, 2, 4, 1]] * 2, depthwise=True)
    assert trips_dsp(depthwise, 16).tolist() == [4.0, 2.0]


def test_banks_by_mode():
    wide = layers(K=[64], C=[64], H=[32], F=[3], bits=[16])
    tile, unroll = [[32, 32, 8, 8]], [[16, 16, 4, 4]]
    # inputs 32 x 32 x 2 x 16 bits a bank of 4, outputs the same; weights are not counted
    assert trips_bram_banks(chunks([0], tile, unroll), wide).item() == 2 * 4 * 2 + 4 * 2
    # by rows: 2 x 32 banks of inputs, 16 of outputs, 3 of weights
    assert trips_bram_banks(chunks([2], tile, unroll), wide).item() == 2 * 32 + 16 + 3
    depthwise = [[32, 32, 8, 1]], [[16, 16, 4, 1]]
    assert trips_bram_banks(chunks([0], *depthwise, depthwise=True), wide).item() == 2 * 4 * 2 + 4 * 2
    assert trips_bram_banks(chunks([1], *depthwise, depthwise=True), wide).item() == 2 * 32 + 16 + 3


def test_what_cannot_be_is_refused():
    with pytest.raises(HardwareError, match="compute mode outside 0 to 2; take one of them"):
        chunks([3], [TILE], [UNROLL])
    with pytest.raises(HardwareError, match="compute mode outside 0 to 1"):
        chunks([2], [TILE], [UNROLL], depthwise=True)
    with pytest.raises(HardwareError, match="keep 1 <= unroll <= tile"):
        chunks([0], [UNROLL], [TILE])
    with pytest.raises(WorkloadError, match="H of a layer is below 1"):
        layers(K=[1], C=[1], H=[0], F=[1], bits=[8])

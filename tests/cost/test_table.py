"""The cycle table against the best mapping of every chunk of its grid."""

import itertools
import random

import pytest
import torch

from cosearch.cost import (
    UNREACHABLE,
    CapacityGrid,
    best_mapping,
    candidate_tilings,
    cycle_table,
    mapping_table,
    may_run,
    shape_of,
    tiling_costs,
)
from cosearch.cost.energy import layer_energy_joules, rows_of
from cosearch.cost.table import _Rows
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import (
    Capacity,
    Chunk,
    ChunkKind,
    DramPort,
    Tile,
    Unroll,
    check_mapping,
    load_fabric,
    tile_bits,
)
from cosearch.workload import Layer

PORT = DramPort(beat_bits=64, burst_latency_cycles=4, total_slots=64)
UNROLLS = (Unroll(K=4, C=2), Unroll(K=16, C=8), Unroll(K=8, OYOX=6), Unroll(K=4, C=2, OX=3), Unroll(FX=3, C=4))
SLOTS = ((4, 2), (16, 16))
GRID = CapacityGrid(I=(1 << 12, 1 << 15), W=(1 << 12, 1 << 16), O=(1 << 13, 1 << 17))


def layer(name, **changes):
    fields = {
        "K": 24, "C": 16, "OY": 8, "OX": 8, "FY": 3, "FX": 3, "IY": 8, "IX": 8, "padding_y": 1, "padding_x": 1,
        "weight_bits": 8, "input_bits": 8, "output_bits": 8,
    }  # fmt: skip
    return Layer(name=name, source="image", **(fields | changes))


LAYERS = (
    layer("dense"),
    layer("pointwise", FY=1, FX=1, padding_y=0, padding_x=0, residual="image", residual_bits=8),
    layer("depthwise", G=24, K=1, C=1),
    layer("grouped", G=2, K=12, C=8),
    layer("again"),
    layer("linear", OY=1, OX=1, IY=1, IX=1, FY=1, FX=1, padding_y=0, padding_x=0, C=64),
    layer("wide", weight_bits=16),
    layer("stem", C=1),
    layer("pool", op="max_pool", G=24, K=1, C=1),
    layer("scale", op="multiply", scale="image", G=24, K=1, C=1, FY=1, FX=1, padding_y=0, padding_x=0),
)


def table(kind=ChunkKind.BOTH, *, resident=False, grid=GRID):
    return cycle_table(
        LAYERS, kind=kind, weight_bits=8, activation_bits=8, unrolls=UNROLLS, capacities=grid, slots=SLOTS,
        resident_weights=resident, partial_sums=True, port=PORT,
    )  # fmt: skip


def chunk_at(unroll, slot, i, w, o, *, kind=ChunkKind.BOTH, resident=False):
    return Chunk(
        kind=kind, weight_bits=8, activation_bits=8, unroll=UNROLLS[unroll],
        capacity_bits=Capacity(I=GRID.I[i], W=GRID.W[w], O=GRID.O[o]), read_slots=SLOTS[slot][0],
        write_slots=SLOTS[slot][1], resident_weights=resident, partial_sums=True, max_channels=64, output_bits=32,
    )  # fmt: skip


@pytest.mark.parametrize("resident", [False, True])
def test_every_entry_is_the_best_mappings(resident):
    cycles = table(resident=resident)
    assert cycles.dtype == torch.int64
    assert cycles.shape == (len(UNROLLS), 2, 2, 2, 2, len(LAYERS))
    corners = list(itertools.product(range(len(UNROLLS)), *[range(2)] * 4))
    for index in random.Random(resident).sample(corners, 3):
        chunk = chunk_at(*index, resident=resident)
        for number, one in enumerate(LAYERS):
            entry = int(cycles[(*index, number)])
            if entry == UNREACHABLE:
                with pytest.raises(MappingError, match=one.name):
                    best_mapping(one, chunk, PORT)
            else:
                mapping, timing = best_mapping(one, chunk, PORT)
                check_mapping(one, mapping, chunk, PORT.beat_bits)
                assert timing.cycles == entry


@pytest.mark.parametrize("kind", list(ChunkKind))
@pytest.mark.parametrize(
    "unroll", [Unroll(K=3, C=8), Unroll(K=16, C=8), Unroll(K=4, OYOX=6), Unroll(K=4, OX=3), Unroll(FX=2, C=4)]
)
def test_a_tile_fits_the_banks_that_legality_gives_it_and_none_smaller(kind, unroll):
    if kind is ChunkKind.DEPTHWISE:
        unroll = unroll.model_copy(update={"C": 1})
    roomy = chunk_at(1, 0, 0, 0, 0).model_copy(update={"kind": kind, "unroll": unroll})
    for one in LAYERS:
        if not may_run(one, kind, 8, 8) or not one.num_weights:
            continue
        for tilings in candidate_tilings(one, PORT.beat_bits):
            for index in random.Random(unroll.K).sample(range(len(tilings)), min(8, len(tilings))):
                need = dict(zip("IWO", tile_bits(one, tilings.mapping(one, index).tile, roomy), strict=True))
                for short in ("", "I", "W", "O"):
                    sizes = {name: (need[name] - (name == short),) for name in "IWO"}
                    rows = _Rows.of([unroll], kind, (8, 8), resident=False)
                    cells = rows.cells(tilings, CapacityGrid(**sizes))
                    assert int(cells[0, index] == 0) == int(short == "")


def test_one_channel_takes_a_whole_row_of_every_pixel():
    chunk = chunk_at(1, 0, 1, 1, 1)
    assert tile_bits(LAYERS[7], Tile(K=24, OY=8, OX=8), chunk) == (16 * 64 * 8, 32 * 8 * 9 * 8, 32 * 64 * 32)


def test_larger_buffers_are_never_slower_and_equal_shapes_cost_the_same():
    cycles = table()
    for dim in (2, 3, 4):
        small, large = cycles.unbind(dim)
        assert (large <= small).all()
    assert (cycles[..., 0] == cycles[..., 4]).all()


def test_layers_that_may_not_run_are_unreachable():
    cycles = table(ChunkKind.STANDARD)
    assert (cycles[..., 2] == UNREACHABLE).all()  # depthwise
    assert (cycles[..., 6] == UNREACHABLE).all()  # 16-bit weights
    assert (cycles[1, 1, 1, 1, 1, :2] < UNREACHABLE).all()
    assert (cycles[2:, 1, 1, 1, 1, :2] < UNREACHABLE).all()


def test_no_fitting_tiling_names_layer_and_bounds():
    chunk = chunk_at(0, 0, 0, 0, 0).model_copy(update={"capacity_bits": Capacity(I=8, W=8, O=8)})
    with pytest.raises(MappingError, match=r"dense: no tiling fits banks of 8 \(I\), 8 \(W\) and 8 \(O\) bits"):
        best_mapping(LAYERS[0], chunk, PORT)
    with pytest.raises(
        MappingError, match="wide: 16-bit weights and 8-bit inputs do not fit a chunk of 8 and 8 bits"
    ):
        best_mapping(LAYERS[6], chunk, PORT)


def test_capacities_must_increase():
    with pytest.raises(HardwareError, match=r"capacities W=\(2, 1\) must be positive and increase"):
        CapacityGrid(I=(1,), W=(2, 1), O=(1,))


RULES = load_fabric("7series").energy


def mapping_of(layer, code):
    for tilings in candidate_tilings(layer, PORT.beat_bits, partial_sums=True):
        if code < len(tilings):
            return tilings.mapping(layer, code)
        code -= len(tilings)
    raise AssertionError(code)


@pytest.mark.parametrize(("kind", "resident"), [(ChunkKind.BOTH, False), (ChunkKind.STANDARD, True)])
def test_the_chosen_tiling_is_the_best_mapping_with_its_energy_and_traffic(kind, resident):
    places, compared = (0, 3), 0
    unrolls = [UNROLLS[place] for place in places]
    layers = [one for one in LAYERS[::3] if may_run(one, kind, 8, 8)]
    _, codes = mapping_table(
        layers, kind=kind, weight_bits=8, activation_bits=8, unrolls=unrolls, capacities=GRID, slots=SLOTS,
        resident_weights=resident, partial_sums=True, port=PORT,
    )  # fmt: skip
    for index, layer in enumerate(layers):
        chosen = torch.stack([codes[row, row, row, 1, 1, index] for row in range(len(unrolls))])
        costs = tiling_costs(
            layer, kind=kind, weight_bits=8, activation_bits=8, unrolls=unrolls, codes=chosen,
            resident_weights=resident, partial_sums=True, port=PORT, rules=RULES,
        )  # fmt: skip
        for row, place in enumerate(places):
            chunk = chunk_at(place, row, row, 1, 1, kind=kind, resident=resident)
            mapping, timing = best_mapping(layer, chunk, PORT)
            assert mapping_of(layer, int(chosen[row])) == mapping
            parts = layer_energy_joules(
                shape_of(layer, PORT.beat_bits), timing, rows_of(chunk, is_depthwise=layer.is_depthwise), RULES
            )
            assert float(costs.energy_joules[row]) == pytest.approx(sum(parts.values()), rel=1e-12)
            assert int(costs.dram_bits[row]) == timing.dram_bits
            compared += 1
    assert compared >= 4

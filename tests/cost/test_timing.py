"""The closed form: against the specification, against itself on other number types, and its slopes."""

import random

import pytest
import torch

from cosearch.cost import ChunkRates, TileSizes, layer_cycles, layer_timing, rates_of, shape_of, time_layer
from cosearch.cost.timing import by_pattern
from cosearch.errors import MappingError
from cosearch.hardware import LOOP_ORDERS, WEIGHTS_OUTER, Capacity, Chunk, ChunkKind, DramPort, Mapping, Tile, Unroll
from cosearch.simulate import simulate_layer
from cosearch.validate.cases import num_steps, random_case
from cosearch.workload import Layer

PORT = DramPort(beat_bits=128, burst_latency_cycles=9, total_slots=64)
FIELDS = (
    "cycles",
    "compute_cycles",
    "read_cycles",
    "write_cycles",
    "array_cycles",
    "drained_words",
    "dram_bits",
    "weight_beats",
    "input_beats",
    "sum_beats",
    "residual_beats",
    "output_beats",
)


def cases(num, seed):
    rng = random.Random(seed)
    found = []
    while len(found) < num:
        case = random_case(rng)
        if num_steps(case) <= 200:
            found.append(case)
    return found


def sizes_of(case):
    tile = case.mapping.tile
    return TileSizes(M=tile.G if case.layer.is_depthwise else tile.K, C=tile.C, OY=tile.OY, OX=tile.OX)


def make_layer(**changes):
    fields = {
        "name": "conv",
        "source": "image",
        "K": 64,
        "C": 32,
        "OY": 14,
        "OX": 14,
        "FY": 3,
        "FX": 3,
        "IY": 14,
        "IX": 14,
        "padding_y": 1,
        "padding_x": 1,
        "weight_bits": 8,
        "input_bits": 8,
        "output_bits": 8,
    }
    return Layer(**(fields | changes))


def make_chunk(**changes):
    fields = {
        "kind": ChunkKind.BOTH,
        "weight_bits": 8,
        "activation_bits": 8,
        "unroll": Unroll(K=8, C=4),
        "capacity_bits": Capacity(I=1 << 30, W=1 << 30, O=1 << 30),
        "read_slots": 16,
        "write_slots": 8,
        "max_channels": 4096,
        "output_bits": 32,
    }
    return Chunk(**(fields | changes))


def test_one_tile_by_hand():
    layer = make_layer()
    mapping = Mapping(tile=Tile(K=64, C=32, OY=14, OX=14), loop_order=WEIGHTS_OUTER)
    timing = time_layer(layer, mapping, make_chunk(), PORT)
    reads = (9 + 32 * 4) + (9 + 64 * 32 * 9 // 16 * 4) + (9 + 2 * 196 * 4)
    compute = 8 * 8 * 196 * 9 + 8
    store = 8 + 9 + 4 * 196 * 8
    assert (timing.read_cycles, timing.compute_cycles, timing.write_cycles) == (reads, compute, store)
    assert timing.cycles == 16 + reads + compute + store
    assert timing.dram_bits == 128 * (32 + 1152 + 392 + 784)


def test_cycles_work_and_traffic_are_those_of_the_specification():
    orders, splits = set(), 0
    for case in cases(150, seed=1):
        trace = simulate_layer(case.layer, case.mapping, case.chunk, case.port)
        timing = time_layer(case.layer, case.mapping, case.chunk, case.port)
        assert timing.cycles == trace.cycles, case
        assert timing.compute_cycles == trace.compute_cycles
        assert timing.read_cycles == trace.read_cycles
        assert timing.write_cycles == trace.write_cycles
        assert timing.array_cycles == trace.array_cycles
        sums = timing.sum_beats // 2
        assert trace.beats == {
            "P": timing.parameter_beats,
            "W": timing.weight_beats,
            "I": timing.input_beats,
            "S": sums,
            "R": timing.residual_beats,
            "STORE": timing.output_beats + sums,
        }
        assert timing.dram_bits == sum(trace.beats.values()) * case.port.beat_bits
        orders.add(case.mapping.loop_order)
        splits += sums > 0
    assert orders == set(LOOP_ORDERS)
    assert splits >= 5


def test_int64_and_relaxed_tensors_give_the_same_numbers():
    for case in cases(20, seed=3):
        arguments = (
            shape_of(case.layer, case.port.beat_bits),
            sizes_of(case),
            case.mapping.loop_order,
            rates_of(case.chunk),
            case.port,
        )
        exact = layer_timing(*arguments)
        for dtype in (torch.int64, torch.float64):
            timing = layer_timing(
                arguments[0], tensors(arguments[1], dtype), arguments[2], tensors(arguments[3], dtype), case.port
            )
            for name in FIELDS:
                assert torch.as_tensor(getattr(timing, name)).tolist() in (
                    getattr(exact, name),
                    [getattr(exact, name)],
                ), (name, dtype, case)


def tensors(record, dtype):
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return type(record)(
        **{
            name: value if isinstance(value, bool) else torch.tensor([value], dtype=dtype)
            for name, value in values.items()
        }
    )


def test_a_batch_of_tilings_equals_one_by_one():
    layer = make_layer()
    tiles = [(64, 32, 14, 14), (16, 32, 7, 14), (32, 16, 1, 4), (48, 32, 3, 5), (16, 16, 14, 14), (64, 16, 5, 14)]
    m, c, oy, ox = (torch.tensor(column) for column in zip(*tiles, strict=True))
    slots = torch.tensor([[4], [16], [40]])
    rates = ChunkRates(
        unroll_K=8,
        unroll_C=4,
        unroll_pixels=1,
        unroll_FX=1,
        fused_pixels=False,
        read_slots=slots,
        write_slots=8,
        resident_weights=False,
    )
    sizes = TileSizes(M=m.double(), C=c.double(), OY=oy.double(), OX=ox.double())

    def price(shape, part):
        return layer_cycles(shape, part, WEIGHTS_OUTER, rates, PORT)

    batch = by_pattern(price, shape_of(layer, PORT.beat_bits), sizes, len(tiles))
    for row, read_slots in enumerate((4, 16, 40)):
        for column, (k, c_tile, y, x) in enumerate(tiles):
            mapping = Mapping(tile=Tile(K=k, C=c_tile, OY=y, OX=x), loop_order=WEIGHTS_OUTER)
            one = time_layer(layer, mapping, make_chunk(read_slots=read_slots), PORT)
            assert batch[row, column] == one.cycles


def test_fewer_bits_never_move_more():
    mapping = Mapping(tile=Tile(K=64, C=32, OY=7, OX=14), loop_order=WEIGHTS_OUTER)
    wide = time_layer(make_layer(), mapping, make_chunk(), PORT)
    for name in ("weight_bits", "input_bits", "output_bits"):
        narrow = time_layer(make_layer(**{name: 4}), mapping, make_chunk(), PORT)
        assert narrow.dram_bits < wide.dram_bits
        assert narrow.cycles <= wide.cycles


def relaxed(**values):
    names = {"unroll_K": 8.0, "unroll_C": 4.0, "read_slots": 16.0, "write_slots": 8.0}
    leaves = {name: torch.tensor(values.get(name, default), dtype=torch.float64) for name, default in names.items()}
    tile = {"M": 32.0, "C": 32.0, "OY": 7.0, "OX": 14.0}
    leaves |= {name: torch.tensor(values.get(name, default), dtype=torch.float64) for name, default in tile.items()}
    for leaf in leaves.values():
        leaf.requires_grad_()
    array = {"unroll_pixels": 1, "unroll_FX": 1, "fused_pixels": False}
    rates = ChunkRates(**{name: leaves[name] for name in names}, **array, resident_weights=False)
    sizes = TileSizes(**{name: leaves[name] for name in tile})
    cycles = layer_cycles(shape_of(make_layer(), PORT.beat_bits), sizes, WEIGHTS_OUTER, rates, PORT)
    return cycles, leaves


def test_more_lanes_lower_a_compute_bound_relaxed_layer():
    cycles, leaves = relaxed()
    grads = dict(zip(leaves, torch.autograd.grad(cycles, list(leaves.values())), strict=True))
    assert all(torch.isfinite(grad) for grad in grads.values())
    assert grads["unroll_K"] < 0
    assert grads["unroll_C"] < 0
    assert grads["OY"] != 0


def test_more_slots_lower_a_relaxed_layer_bound_by_them():
    for name in ("read_slots", "write_slots"):
        cycles, leaves = relaxed(**{name: 1.0}, unroll_K=64.0, unroll_C=32.0)
        (grad,) = torch.autograd.grad(cycles, [leaves[name]])
        assert grad < 0
        assert torch.isfinite(grad)


def test_the_slope_is_linear_in_the_upstream_gradient():
    cycles, leaves = relaxed()
    (once,) = torch.autograd.grad(cycles, [leaves["unroll_K"]])
    cycles, leaves = relaxed()
    (thrice,) = torch.autograd.grad(3 * cycles, [leaves["unroll_K"]])
    assert thrice == pytest.approx(3 * once.item())


def test_an_illegal_mapping_names_the_layer():
    mapping = Mapping(tile=Tile(K=3, C=32, OY=14, OX=14), loop_order=WEIGHTS_OUTER)
    with pytest.raises(MappingError, match="conv: tile K=3 splits a beat"):
        time_layer(make_layer(), mapping, make_chunk(), PORT)

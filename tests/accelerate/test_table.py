from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from cosearch.accelerate import AcceleratorSpace, CapacityChoices, ChunkSpace, Demand, DesignTable, Problem, solve
from cosearch.accelerate.allocation import allocate
from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.cost import best_mapping, resources_of
from cosearch.design import parse_limits
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import ChunkKind, Platform, load_platform, resident_bits
from cosearch.workload import IMAGE, Layer, Workload


@pytest.fixture(scope="module")
def zc706() -> Platform:
    return load_platform("zc706")


def _wider(layer: Layer, weight_bits: int, input_bits: int) -> Layer:
    return replace(layer, name=f"{layer.name}_{weight_bits}", weight_bits=weight_bits, input_bits=input_bits)


@pytest.mark.parametrize(
    ("allocation", "expected"),
    [
        ("single", [("both", 8, 120, 10)]),
        ("kind", [("standard", 8, 120, 8), ("depthwise", 8, 6, 2)]),
        (
            "kind_bits",
            [("standard", 4, 120, 4), ("standard", 8, 120, 4), ("depthwise", 4, 6, 1), ("depthwise", 8, 6, 1)],
        ),
        ("stage", [("both", 8, 6, 2), ("both", 8, 16, 4), ("both", 8, 120, 4)]),
    ],
)
def test_gives_layers_to_chunks(allocation: str, expected: list[tuple[str, int, int, int]], lenet: Workload) -> None:
    space = AcceleratorSpace.model_validate({"allocation": allocation, "widths": (4, 6, 8)})
    narrow = [_wider(layer, 3, 4) for layer in lenet.layers]
    groups = allocate([*lenet.layers, *narrow], space)
    assert [(str(c.kind), c.width_bits, c.max_channels, len(share)) for c, share in groups] == expected


def test_the_wider_operand_decides(lenet: Workload) -> None:
    groups = allocate([_wider(lenet.layers[0], 2, 6)], AcceleratorSpace(widths=(4, 6, 8)))
    assert [chunk_class.width_bits for chunk_class, _ in groups] == [6]


def test_refuses_a_layer_that_is_too_wide(lenet: Workload) -> None:
    with pytest.raises(
        HardwareError, match=r"conv1_8: 8-bit weights and 12-bit inputs exceed .* 8 bits; add a width"
    ):
        allocate([_wider(lenet.layers[0], 8, 12)], AcceleratorSpace(widths=(4, 8)))


def test_refuses_no_layers() -> None:
    with pytest.raises(HardwareError, match="a design table needs layers"):
        allocate([], AcceleratorSpace())


def _holds_the_cost_models_numbers(layers: Sequence[Layer], table: DesignTable, platform: Platform) -> None:
    by_shape = {layer.shape_key(): layer for layer in layers}
    for entry in table.classes:
        for row in range(len(entry.designs)):
            chunk = entry.designs.chunk(row, entry.chunk_class)
            needs = resources_of(chunk, platform)
            slots = chunk.read_slots + chunk.write_slots
            assert entry.resources[row].tolist() == [needs.dsp, needs.bram18, needs.uram, needs.lut, slots]
            for key, column in entry.shapes.items():
                cycles = int(entry.cycles[row, column])
                if cycles < NEVER_CYCLES:
                    assert best_mapping(by_shape[key], chunk, table.port)[1].cycles == cycles
                else:
                    with pytest.raises(MappingError, match="no tiling fits"):
                        best_mapping(by_shape[key], chunk, table.port)


def test_entries_are_those_of_the_cost_model(lenet: Workload, lenet_table: DesignTable, zc706: Platform) -> None:
    _holds_the_cost_models_numbers(lenet.layers, lenet_table, zc706)


def _everything(**choices: object) -> ChunkSpace:
    """A little of every option."""
    return ChunkSpace.model_validate(
        {
            "lanes": 4,
            "reductions": 4,
            "depthwise_lanes": [4],
            "columns": [1, 2],
            "fused_pixels": [1, 4],
            "kernel_columns": [1, 3],
            "capacity_bits": {"I": 65_536, "W": 262_144, "O": 65_536},
            "read_slots": 8,
            "write_slots": 4,
            "partial_sums": [False, True],
            "products_per_dsp": [1, 2],
            "lut_multipliers": [False, True],
            "uram": ["", "W", "IO"],
            **choices,
        }
    )


def test_every_option_is_priced_as_the_chunk_is(lenet: Workload) -> None:
    zcu104 = load_platform("zcu104")
    space = AcceleratorSpace(allocation="kind", widths=(8,), chunk=_everything())
    swish = replace(lenet.layers[0], name="swish", activation="swish")
    table = DesignTable.build([*lenet.layers, swish], space, zcu104, 2e8, prune=False)
    _holds_the_cost_models_numbers([*lenet.layers, swish], table, zcu104)
    standard, depthwise = table.classes
    # 3 ways to unroll pixels x 2 kernel columns x 2 orders x 3 memories; multipliers single, double or of LUTs.
    assert standard.num_declared == 3 * 2 * 2 * 3 * 3
    # Two products share a slice of a depthwise array only where pixels are unrolled.
    assert depthwise.num_declared == 2 * 2 * 3 * (2 + 3 + 3)
    assert standard.chunk_class.activation_table
    assert not depthwise.chunk_class.activation_table
    for name in ("columns", "fused_pixels", "kernel_columns", "partial_sums", "products_per_dsp", "uram"):
        assert len(np.unique(getattr(standard.designs, name))) > 1, name


def test_more_options_never_make_the_best_worse(lenet: Workload, zc706: Platform) -> None:
    few = AcceleratorSpace(
        allocation="kind",
        widths=(8,),
        chunk=_everything(columns=1, fused_pixels=1, kernel_columns=1, partial_sums=False, products_per_dsp=1),
    )
    many = few.model_copy(update={"chunk": _everything()})
    limit = parse_limits(("dsp<=30",))
    values = [
        solve(Problem.of(DesignTable.build(lenet.layers, space, zc706, 2e8), lenet, limits=limit)).value
        for space in (few, many)
    ]
    assert values[0] is not None
    assert values[1] is not None
    assert values[1] < values[0]


def test_refuses_a_space_that_nothing_can_be_built_of(lenet: Workload, zc706: Platform) -> None:
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=_everything(uram="W"))
    with pytest.raises(HardwareError, match=r"no both chunk of 8 bits can be built of what .* on 7series; offer"):
        DesignTable.build(lenet.layers, space, zc706, 2e8)


def test_no_design_beats_another_for_every_network(lenet_table: DesignTable) -> None:
    dropped = 0
    for entry in lenet_table.classes:
        dropped += entry.num_declared - len(entry.designs)
        limits = -entry.designs.weight_limit_bits[:, None]
        features = np.concatenate([entry.resources, limits, entry.cycles, entry.resident_bits], axis=1)
        for row, feature in enumerate(features):
            no_worse = (features <= feature).all(axis=1)
            assert no_worse.sum() == 1
            assert no_worse[row]
    assert dropped > 0


def test_equal_shapes_share_a_column(lenet: Workload, tiny_space: AcceleratorSpace, zc706: Platform) -> None:
    again = [replace(layer, name=f"{layer.name}_again") for layer in lenet.layers]
    table = DesignTable.build([*lenet.layers, *again], tiny_space, zc706, 2e8)
    assert table.num_columns == 5
    assert [table.column_of(layer) for layer in again] == [table.column_of(layer) for layer in lenet.layers]


def test_cycles_of_a_network_are_sums(lenet: Workload, lenet_table: DesignTable) -> None:
    standard, depthwise = lenet_table.cycles_of(lenet)
    first, second = lenet_table.classes
    streams = first.designs.resident == 0
    sums = first.cycles.sum(axis=1)
    assert standard[streams].tolist() == [s if s < NEVER_CYCLES else np.inf for s in sums[streams].tolist()]
    assert np.isfinite(standard[streams]).any()
    assert depthwise.tolist() == second.cycles[:, 0].tolist()


def test_resident_weights_must_fit_the_buffer_in_whole_rows(lenet: Workload, lenet_table: DesignTable) -> None:
    entry = lenet_table.classes[0]
    resident = entry.designs.resident == 1
    assert resident.any()
    assert not entry.resident_bits[~resident].any()
    chunks = [entry.designs.chunk(row, entry.chunk_class) for row in range(len(entry.designs))]
    layers = [layer for layer in lenet.layers if not layer.is_depthwise]
    for row in np.flatnonzero(resident):
        needs = [resident_bits(layer, chunks[row]) for layer in layers]
        assert entry.resident_bits[row].tolist() == needs
    demand = lenet_table.demand_of(lenet)
    for copies in (1, 2, 3):
        cycles = lenet_table.cycles_of(replace(demand, counts=demand.counts * copies))[0]
        for row in np.flatnonzero(resident & (entry.cycles < NEVER_CYCLES).all(axis=1)):
            need = copies * sum(resident_bits(layer, chunks[row]) for layer in layers)
            assert np.isfinite(cycles[row]) == (need <= chunks[row].capacity_bits.W)
        assert np.isfinite(cycles[~resident]).any()


def test_a_fraction_of_a_layer_that_does_not_fit_still_does_not_fit(
    lenet: Workload, lenet_table: DesignTable
) -> None:
    demand = lenet_table.demand_of(lenet)
    half = Demand(counts=demand.counts * 1e-9, weights=demand.weights * 1e-9, is_chain=True)
    pairs = zip(lenet_table.classes, lenet_table.cycles_of(demand), lenet_table.cycles_of(half), strict=True)
    for entry, whole, part in pairs:
        assert (np.isfinite(part) == (entry.cycles < NEVER_CYCLES).all(axis=1)).all()
        both = np.isfinite(whole)
        assert part[both] == pytest.approx(whole[both] * 1e-9)


def test_refuses_a_space_beyond_the_platform(lenet: Workload, zc706: Platform) -> None:
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=ChunkSpace(lanes=(512,), reductions=(64,)))
    with pytest.raises(
        HardwareError, match=r"no design of a both chunk of 8 bits .* fits the budget of zc706; offer"
    ):
        DesignTable.build(lenet.layers, space, zc706, 2e8)


def test_refuses_a_space_that_holds_no_tile(lenet: Workload, zc706: Platform) -> None:
    chunk = ChunkSpace(capacity_bits=CapacityChoices(W=(64,)), lanes=(4,), reductions=(4,), read_slots=(4,))
    space = AcceleratorSpace(allocation="single", widths=(8,), chunk=chunk)
    with pytest.raises(HardwareError, match=r"conv1: no both chunk .* holds a tile of it; offer larger capacities"):
        DesignTable.build(lenet.layers, space, zc706, 2e8)


def test_slots_beyond_the_port_are_left_out(lenet: Workload, tiny_space: AcceleratorSpace, zc706: Platform) -> None:
    table = DesignTable.build(lenet.layers, tiny_space, zc706, 2e8)
    slots = table.port.total_slots
    assert all((entry.resources[:, 4] <= slots).all() for entry in table.classes)
    chunk = tiny_space.chunk.model_copy(update={"read_slots": (4, 62)})
    wide = DesignTable.build(lenet.layers, tiny_space.model_copy(update={"chunk": chunk}), zc706, 2e8)
    assert all((entry.designs.read_slots == 4).all() for entry in wide.classes)


def test_kinds_are_those_of_the_rule(lenet_table: DesignTable) -> None:
    assert [entry.chunk_class.kind for entry in lenet_table.classes] == [ChunkKind.STANDARD, ChunkKind.DEPTHWISE]


def test_a_larger_buffer_for_resident_weights_is_kept(lenet: Workload, zc706: Platform) -> None:
    layer = lenet.layers[-1]
    sizes = CapacityChoices(I=(8_192,), W=(16_384,), O=(65_536,), W_resident=(16_384, 524_288))
    chunk = ChunkSpace(
        lanes=4, reductions=1, capacity_bits=sizes, read_slots=4, write_slots=4, resident_weights=(False, True)
    )
    table = DesignTable.build([layer], AcceleratorSpace(allocation="single", widths=(8,), chunk=chunk), zc706, 2e8)
    demand = table.demand_of(Workload(layers=(replace(layer, source=IMAGE),)))
    one = 12 * 120 * 8  # ten channels on four lanes take rows for twelve
    assert sorted(set(table.classes[0].resident_bits[:, 0].tolist())) == [0, one]
    held = [
        int(np.isfinite(table.cycles_of(replace(demand, counts=np.array([float(copies)])))[0]).sum())
        for copies in (1, 524_288 // one, 524_288 // one + 1)
    ]
    assert held == [3, 2, 1]

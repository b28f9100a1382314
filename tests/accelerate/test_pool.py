"""Pools of designs for one network against all declared designs and the cost model."""

import numpy as np
import pytest

from cosearch.accelerate import AcceleratorSpace, CapacityChoices, ChunkSpace, DesignPool, DesignTable, Offers
from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.cost import best_mapping, resources_of
from cosearch.errors import HardwareError, MappingError
from cosearch.hardware import ChunkKind, load_platform
from cosearch.workload import Workload

ZC706 = load_platform("zc706")


@pytest.fixture(scope="module")
def space() -> AcceleratorSpace:
    chunk = ChunkSpace(
        lanes=(4, 8),
        reductions=(1, 4),
        depthwise_lanes=(4,),
        capacity_bits=CapacityChoices(I=(2_048, 8_192, 65_536), W=(16_384, 65_536), O=(65_536, 262_144)),
        read_slots=(4, 16),
        write_slots=(4,),
        products_per_dsp=(1, 2),
        lut_multipliers=(False, True),
    )
    return AcceleratorSpace(allocation="kind", widths=(8,), chunk=chunk)


@pytest.fixture(scope="module")
def pool(lenet: Workload, space: AcceleratorSpace) -> DesignPool:
    return DesignPool.build(lenet, space, ZC706, 2e8, kinds=(ChunkKind.BOTH, ChunkKind.STANDARD))


def test_cycles_and_resources_are_those_of_the_cost_model(lenet: Workload, pool: DesignPool) -> None:
    offers = pool.offers
    for design in np.random.default_rng(0).integers(len(offers.rows), size=4).tolist():
        chunk = pool.chunk(design)
        needs = resources_of(chunk, ZC706)
        slots = chunk.read_slots + chunk.write_slots
        assert offers.resources[design].tolist() == [needs.dsp, needs.bram18, needs.uram, needs.lut, slots]
        for place, layer in enumerate(lenet.layers):
            cycles = offers.period([place], design)
            if cycles < NEVER_CYCLES:
                assert best_mapping(layer, chunk, pool.port)[1].cycles == cycles
            else:
                with pytest.raises((HardwareError, MappingError), match=layer.name):
                    best_mapping(layer, chunk, pool.port)


def test_what_was_left_out_is_matched_by_something_else(
    lenet: Workload, pool: DesignPool, space: AcceleratorSpace
) -> None:
    single = space.model_copy(update={"allocation": "single"})
    table = DesignTable.build(lenet.layers, single, ZC706, 2e8, prune=False).classes[0]
    every = np.concatenate(
        [table.resources, table.cycles[:, [table.shapes[layer.shape_key()] for layer in lenet.layers]]], axis=1
    )
    both = pool.only(ChunkKind.BOTH)
    kept = np.concatenate([both.resources, both.cycles[both.rows][:, both.columns]], axis=1)
    assert len(kept) < 0.7 * len(every)
    for row in every:
        assert (kept <= row).all(axis=1).any()
    rows = {tuple(row) for row in every.tolist()}
    assert all(tuple(row) in rows for row in kept.tolist())


def test_builds_of_equal_timing_share_a_row(pool: DesignPool) -> None:
    offers = pool.offers
    assert len(offers.cycles) < len(offers.rows)
    assert (np.diff(offers.rows) >= 0).all()
    assert (offers.rows[offers.starts] == np.arange(len(offers.cycles))).all()


def test_some_of_the_offers_keep_their_numbers() -> None:
    cycles, resources = np.array([[5, 9], [7, 3]]), np.array([[1], [2], [4]])
    offers = Offers(
        cycles=cycles,
        rows=np.array([0, 1, 1]),
        columns=np.array([0, 1, 0]),
        resources=resources,
        budgets=np.array([4]),
    )
    assert offers.total([0, 1, 2]).tolist() == [19, 17]
    assert offers.period([0, 1], 2) == 10
    assert offers.least(np.array([3.0, 2.0, 1.0])).tolist() == [3.0, 1.0]
    assert offers.of_rows(np.array([1])).tolist() == [1, 2]
    some = offers.take(np.array([2]))
    assert (some.cycles.tolist(), some.rows.tolist(), some.resources.tolist()) == ([[7, 3]], [0], [[4]])


def test_a_space_in_which_a_layer_can_never_run_is_refused(lenet: Workload, space: AcceleratorSpace) -> None:
    tiny = space.chunk.model_copy(update={"capacity_bits": CapacityChoices(I=(64,), W=(64,), O=(64,))})
    with pytest.raises(HardwareError, match="both chunk of 8 bits in the declared space holds a tile of it"):
        DesignPool.build(lenet, space.model_copy(update={"chunk": tiny}), ZC706, 2e8)
    huge = space.chunk.model_copy(update={"lanes": (4096,), "reductions": (64,)})
    with pytest.raises(HardwareError, match="in the declared space fits the budget of zc706; offer fewer lanes"):
        DesignPool.build(lenet, space.model_copy(update={"chunk": huge}), ZC706, 2e8)

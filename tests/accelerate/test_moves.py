from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from cosearch.accelerate import (
    AcceleratorSpace,
    Budget,
    CapacityChoices,
    ChunkSpace,
    DesignTable,
    Exact,
    Problem,
    build_accelerator,
)
from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.cost import evaluate
from cosearch.design import parse_limits
from cosearch.errors import HardwareError
from cosearch.hardware import load_platform
from cosearch.workload import Workload

PLATFORM = load_platform("zc706")
CHUNK = {
    "lanes": (4, 8),
    "reductions": (4,),
    "depthwise_lanes": (4,),
    "kernel_columns": (1, 5),
    "fused_pixels": (1, 4),
    "capacity_bits": CapacityChoices(I=(32_768,), W=(65_536,), O=(16_384, 65_536), W_resident=(524_288,)),
    "read_slots": (4,),
    "write_slots": (4,),
    "resident_weights": (False, True),
    "partial_sums": (True,),
    "products_per_dsp": (1, 2),
}


@pytest.fixture(scope="module")
def space() -> AcceleratorSpace:
    return AcceleratorSpace(allocation="kind", widths=(8,), chunk=ChunkSpace(**CHUNK))


@pytest.fixture(scope="module")
def table(lenet: Workload, space: AcceleratorSpace) -> DesignTable:
    return DesignTable.build(lenet.layers, space, PLATFORM, 2e8, prune=False)


def _choices(problem: Problem) -> Iterator[dict[int, int]]:
    """A few accelerators with designs of every kind."""
    for row in range(0, max(len(rows) for rows in problem.rows), 11):
        yield {index: int(rows[row % len(rows)]) for index, rows in zip(problem.used, problem.rows, strict=True)}


def test_energy_and_traffic_are_those_of_the_cost_model(lenet: Workload, table: DesignTable) -> None:
    problem = Problem.of(table, lenet, "energy_joules")
    moves, seen = table.moves_of(problem.demand), set[tuple[int, int]]()
    for designs in _choices(problem):
        accelerator = build_accelerator(problem, designs)
        assert accelerator is not None
        predicted = evaluate(lenet, accelerator, PLATFORM)
        for chunk, (index, row) in zip(predicted.per_chunk, designs.items(), strict=True):
            assert moves[index][0][row] == pytest.approx(chunk.energy_joules, rel=1e-13)
            assert moves[index][1][row] == chunk.dram_bits
            entry = table.classes[index].designs
            seen.add((int(entry.resident[row]), int(entry.fused_pixels[row])))
    assert len(seen) == 4


def test_what_was_priced_stays_with_some_designs(table: DesignTable) -> None:
    mapped = table.classes[0].mapped
    assert mapped is not None
    rows = np.array([5, 0, 9])
    for some in (mapped.take(rows), mapped.take(np.arange(12)).take(rows)):
        assert some.moves.energy_joules.tolist() == mapped.moves.energy_joules[rows].tolist()
        assert some.moves.dram_bits.tolist() == mapped.moves.dram_bits[rows].tolist()


def test_a_table_that_minds_energy_has_the_same_optima(
    lenet: Workload, space: AcceleratorSpace, table: DesignTable
) -> None:
    small = DesignTable.build(lenet.layers, space, PLATFORM, 2e8, with_energy=True)
    slower = DesignTable.build(lenet.layers, space, PLATFORM, 2e8)
    sizes = [sum(len(entry.designs) for entry in one.classes) for one in (slower, small, table)]
    assert sizes[0] < sizes[1] < sizes[2], sizes
    assert (small.minds_energy, small.is_pruned, slower.minds_energy, table.is_pruned) == (True, True, False, False)
    for objective, limits in (
        ("energy_joules", ()),
        ("energy_joules", ("dsp<=120",)),
        ("dram_bits", ("dsp<=40",)),
        ("edp", ()),
        ("dsp", ("energy_joules<=4.5e-5",)),
    ):
        found = [
            Exact().run(Problem.of(one, lenet, objective, parse_limits(limits)), seed=0, budget=Budget())
            for one in (small, table)
        ]
        assert found[0].certified
        assert found[1].value is not None
        assert found[0].value == pytest.approx(found[1].value, rel=1e-11)


def test_without_tilings_there_is_no_energy(lenet: Workload, lenet_table: DesignTable) -> None:
    bare = replace(lenet_table, classes=tuple(replace(entry, mapped=None) for entry in lenet_table.classes))
    with pytest.raises(HardwareError, match="the table has no energies of its standard chunk of 8 bits"):
        bare.moves_of(bare.demand_of(lenet))


def test_every_tiling_that_fits_is_known(table: DesignTable) -> None:
    for entry in table.classes:
        assert entry.mapped is not None
        assert entry.mapped.tilings.shape == entry.cycles.shape
        runs = entry.cycles < NEVER_CYCLES
        assert (entry.mapped.moves.energy_joules[runs] > 0).all()
        assert (entry.mapped.moves.dram_bits[runs] > 0).all()

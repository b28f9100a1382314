"""The contiguous rule against all cuts with all designs."""

from itertools import combinations, pairwise, product

import numpy as np
import pytest

from cosearch.accelerate import Deadline, Offers, Run, least_contiguous_period
from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.errors import HardwareError


def _brute(cycles: IntArray, resources: IntArray, budgets: IntArray, max_chunks: int) -> int | None:
    designs, layers = cycles.shape
    best: int | None = None
    for number in range(1, min(max_chunks, layers) + 1):
        for cuts in combinations(range(1, layers), number - 1):
            edges = (0, *cuts, layers)
            totals = [cycles[:, a:b].sum(axis=1) for a, b in pairwise(edges)]
            for choice in product(range(designs), repeat=number):
                if (resources[list(choice)].sum(axis=0) <= budgets).all():
                    period = max(int(total[design]) for total, design in zip(totals, choice, strict=True))
                    best = period if best is None else min(best, period)
    return None if best is None or best >= NEVER_CYCLES else best


def _case(seed: int) -> tuple[IntArray, IntArray, IntArray, int]:
    rng = np.random.default_rng(seed)
    designs, layers = int(rng.integers(2, 6)), int(rng.integers(1, 6))
    cycles = rng.integers(1, 60, (designs, layers))
    cycles[rng.random(cycles.shape) < 0.15] = NEVER_CYCLES
    resources = rng.integers(1, 9, (designs, 3))
    return cycles, resources, rng.integers(4, 22, 3), int(rng.integers(1, 5))


@pytest.mark.parametrize("seed", range(60))
def test_the_period_is_that_of_brute_force(seed: int) -> None:
    cycles, resources, budgets, max_chunks = _case(seed)
    found = least_contiguous_period(Offers.plain(cycles, resources, budgets), max_chunks)
    assert found.is_proved
    assert found.period_cycles == _brute(cycles, resources, budgets, max_chunks)
    if found.runs is None:
        return
    assert found.bound_cycles == found.period_cycles
    assert len(found.runs) <= max_chunks
    assert [run.start for run in found.runs] == [0, *(run.stop for run in found.runs[:-1])]
    assert found.runs[-1].stop == cycles.shape[1]
    assert (resources[[run.design for run in found.runs]].sum(axis=0) <= budgets).all()
    assert found.period_cycles == max(int(cycles[run.design, run.start : run.stop].sum()) for run in found.runs)


def test_cases_are_of_both_kinds() -> None:
    feasible = [_brute(*_case(seed)) is not None for seed in range(60)]
    assert 10 < sum(feasible) < 60


def test_a_cut_halves_the_period() -> None:
    cycles, resources = np.array([[10, 10]]), np.array([[1]])
    two, one = (Offers.plain(cycles, resources, np.array([budget])) for budget in (2, 1))
    assert least_contiguous_period(two, 2).runs == (Run(0, 1, 0), Run(1, 2, 0))
    assert least_contiguous_period(one, 2).period_cycles == 20
    assert least_contiguous_period(two, 1).period_cycles == 20


@pytest.mark.parametrize("seed", range(20))
def test_more_designs_and_chunks_are_never_worse(seed: int) -> None:
    cycles, resources, budgets, max_chunks = _case(seed)
    fewer = least_contiguous_period(Offers.plain(cycles[:-1], resources[:-1], budgets), max_chunks).period_cycles
    more = least_contiguous_period(Offers.plain(cycles, resources, budgets), max_chunks + 1).period_cycles
    assert fewer is None or (more is not None and more <= fewer)


def test_out_of_time_is_not_proved() -> None:
    cycles, resources, budgets, max_chunks = _case(1)
    found = least_contiguous_period(Offers.plain(cycles, resources, budgets), max_chunks, Deadline.after(0.0))
    assert not found.is_proved
    assert found.runs is None
    assert found.bound_cycles == cycles.min(axis=0).max()


def test_nothing_to_cut_is_refused() -> None:
    nothing = Offers.plain(np.zeros((1, 0), np.int64), np.zeros((1, 1), np.int64), np.array([1]))
    with pytest.raises(HardwareError, match="1 designs, 0 layers and 2 chunks; give at least one of each"):
        least_contiguous_period(nothing, 2)

"""Any layer on any chunk: the bound and the local search against all partitions with all designs."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from cosearch.accelerate import Deadline, Offers, least_period_bound
from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.accelerate.searched import Groups, improve_shares


def _case(seed: int) -> tuple[Offers, int]:
    rng = np.random.default_rng(seed)
    designs, layers = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    cycles = rng.integers(1, 60, (designs, layers))
    cycles[rng.random(cycles.shape) < 0.15] = NEVER_CYCLES
    resources = rng.integers(0, 9, (designs, 3))
    return Offers.plain(cycles, resources, rng.integers(4, 22, 3)), int(rng.integers(1, 5))


def _partitions(layers: int, most: int) -> Iterator[Groups]:
    seen: set[Groups] = set()
    for owners in product(range(most), repeat=layers):
        groups = tuple(sorted(tuple(np.flatnonzero(np.array(owners) == g).tolist()) for g in set(owners)))
        if groups not in seen:
            seen.add(groups)
            yield groups


def _brute(cases: Offers, most: int) -> int | None:
    best: int | None = None
    for groups in _partitions(cases.cycles.shape[1], most):
        for choice in product(range(len(cases.cycles)), repeat=len(groups)):
            if (cases.resources[list(choice)].sum(axis=0) <= cases.budgets).all():
                periods = [int(cases.cycles[d, list(g)].sum()) for d, g in zip(choice, groups, strict=True)]
                best = max(periods) if best is None else min(best, max(periods))
    return None if best is None or best >= NEVER_CYCLES else best


def _improved(cases: Offers, most: int, seed: int = 0) -> int | None:
    layers = cases.cycles.shape[1]
    starts = [(tuple(range(layers)),), tuple((layer,) for layer in range(layers))]
    found = improve_shares(cases, starts, within=NEVER_CYCLES - 1, max_chunks=most, seed=seed, deadline=Deadline())
    if found is None:
        return None
    assert len(found.groups) <= most
    assert sorted(sum(found.groups, ())) == list(range(layers))
    assert (cases.resources[list(found.designs)].sum(axis=0) <= cases.budgets).all()
    periods = [int(cases.cycles[d, list(g)].sum()) for d, g in zip(found.designs, found.groups, strict=True)]
    assert max(periods) == found.period_cycles
    return found.period_cycles


@pytest.mark.parametrize("seed", range(30))
def test_bound_and_search_enclose_the_optimum(seed: int) -> None:
    cases, most = _case(seed)
    optimum = _brute(cases, most)
    bound = least_period_bound(cases, most)
    if optimum is not None:
        assert bound <= optimum
        assert bound >= cases.cycles.min(axis=0).max()
    found = _improved(cases, most)
    if found is not None:
        assert optimum is not None
        assert found >= optimum


def test_the_search_mostly_reaches_the_optimum() -> None:
    pairs = [(_improved(*_case(seed)), _brute(*_case(seed))) for seed in range(30)]
    solved = [found == optimum for found, optimum in pairs if found is not None]
    assert len(solved) > 10
    assert sum(solved) >= 0.9 * len(solved)


def test_the_same_seed_gives_the_same_shares() -> None:
    cases, most = _case(4)
    assert _improved(cases, most, 3) == _improved(cases, most, 3)


def test_the_bound_of_layers_that_share_one_budget_is_exact() -> None:
    # Two designs trade cycles for one resource at a constant product, so any use of the budget is as good.
    cycles = np.array([[40, 80], [20, 40], [10, 20]])
    resources = np.array([[1], [2], [4]])
    assert least_period_bound(Offers.plain(cycles, resources, np.array([4])), 4) == 30
    assert least_period_bound(Offers.plain(cycles, resources, np.array([0])), 4) == NEVER_CYCLES


def test_a_layer_that_nothing_runs_has_no_bound() -> None:
    cycles: IntArray = np.array([[5, NEVER_CYCLES]])
    assert least_period_bound(Offers.plain(cycles, np.array([[1]]), np.array([4])), 2) == NEVER_CYCLES


def test_a_layer_counts_only_designs_that_keep_the_period() -> None:
    # Small chunks are the better use of the budget, but too slow for the period that one large chunk reaches.
    offers = Offers.plain(np.array([[100, 100], [30, 30]]), np.array([[1], [4]]), np.array([4]))
    assert least_period_bound(offers, 4) == 60
    assert _improved(offers, 4) == 60


def test_layers_of_one_shape_are_counted_each() -> None:
    offers = Offers(
        cycles=np.array([[10]]),
        rows=np.array([0]),
        columns=np.array([0, 0, 0]),
        resources=np.array([[2]]),
        budgets=np.array([4]),
    )
    assert least_period_bound(offers, 2) == 15

"""Sums over layers against all products of their fronts."""

from itertools import product

import numpy as np
import pytest

from cosearch.accelerate.asic import Share, all_sums, least_sum
from cosearch.accelerate.asic.front import front_rows, hull_rows, overpriced


def draw_shares(seed):
    rng = np.random.default_rng(seed)
    shares = []
    for times in (1, 2, 1):
        cycles, joules = rng.integers(1, 40, 6).astype(np.float64), rng.integers(1, 40, 6).astype(np.float64)
        rows = front_rows(cycles, joules)
        shares.append(Share(cycles[rows], joules[rows], times))
    return shares


def every_sum(shares):
    points = [list(zip(s.cycles, s.joules, strict=True)) for s in shares for _ in range(s.times)]
    return [tuple(map(sum, zip(*each, strict=True))) for each in product(*points)]


@pytest.mark.parametrize("seed", range(12))
def test_least_sums_are_those_of_all_products(seed):
    shares = draw_shares(seed)
    sums = every_sum(shares)
    assert least_sum(shares, "product").value("product") == min(c * j for c, j in sums)
    assert least_sum(shares, "cycles").cycles == min(c for c, _ in sums)
    assert least_sum(shares, "joules").joules == min(j for _, j in sums)


@pytest.mark.parametrize("seed", range(6))
def test_the_front_of_sums_is_that_of_all_products(seed):
    shares = draw_shares(seed)
    found = all_sums(shares)
    cycles, joules = (np.array(axis, np.float64) for axis in zip(*every_sum(shares), strict=True))
    rows = front_rows(cycles, joules)
    assert found.is_whole
    assert found.cycles.tolist() == cycles[rows].tolist()
    assert found.joules.tolist() == joules[rows].tolist()
    for row in range(len(found.cycles)):
        chosen = found.chosen(row)
        assert [len(points) for points in chosen.points] == [1, 2, 1]
        total = sum(s.cycles[point] for s, points in zip(shares, chosen.points, strict=True) for point in points)
        assert total == chosen.cycles == found.cycles[row]


def test_too_many_sums_are_thinned_and_say_so():
    shares = draw_shares(3)
    whole, thin = all_sums(shares), all_sums(shares, most=4)
    assert len(thin.cycles) < len(whole.cycles)
    assert not thin.is_whole
    assert min(thin.cycles * thin.joules) == min(whole.cycles * whole.joules)


def test_hull_of_a_front():
    cycles, joules = np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 9.0, 4.0, 3.0])
    assert hull_rows(cycles, joules).tolist() == [0, 2, 3]


def test_points_that_no_price_in_a_range_makes_best():
    cycles, joules = np.array([1.0, 3.0]), np.array([10.0, 4.0])
    points = np.array([2.0, 2.0, 0.0]), np.array([7.0, 6.9, 13.2])
    assert overpriced(*points, cycles, joules, (0.0, 9.0)).tolist() == [True, False, False]
    assert overpriced(*points, cycles, joules, (0.0, 3.1)).tolist() == [True, False, True]
    assert overpriced(*points, cycles, joules, (0.0, 0.5)).tolist() == [True, True, True]

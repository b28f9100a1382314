import numpy as np
import pytest
from scipy.optimize import linprog

from cosearch.accelerate.master import Master, solve_master


def _instance(seed: int, hard: float) -> Master:
    """Three fronts of 300 rows; cycles are loosened by t, three resources are hard."""
    rng = np.random.default_rng(seed)
    loads: list[np.ndarray] = []
    for front in range(3):
        lanes = rng.lognormal(0, 1, (300, 1))
        load = np.zeros((300, 6))
        load[:, front] = (1 / lanes * rng.lognormal(0, 0.3, (300, 1)))[:, 0]
        load[:, 3:] = lanes * rng.lognormal(0, 0.5, (300, 3))
        loads.append(load)
    return Master(loads, np.array([0, 0, 0, hard, hard, hard]), np.array([1.0, 1, 1, 0, 0, 0]))


def _whole(master: Master) -> float | None:
    """The same linear program over all rows at once."""
    rows = np.concatenate(list(master.loads))
    convex = np.kron(np.eye(3), np.ones(300))
    answer = linprog(
        np.append(np.zeros(900), 1),
        A_ub=np.concatenate([rows.T, -master.gives[:, None]], axis=1),
        b_ub=master.bounds,
        A_eq=np.concatenate([convex, np.zeros((3, 1))], axis=1),
        b_eq=np.ones(3),
        bounds=[*[(0, None)] * 900, (None, None)],
    )
    return None if answer.x is None else float(answer.fun)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("hard", [0.1, 0.3, 1.0, 3.0])
def test_a_few_rows_give_the_optimum_of_all(seed: int, hard: float) -> None:
    master = _instance(seed, hard)
    expected, solution = _whole(master), solve_master(master)
    assert (solution is None) == (expected is None)
    if solution is not None:
        assert solution.value == pytest.approx(expected, rel=1e-7)
        for load, charge in zip(master.loads, solution.charges, strict=True):
            assert (load @ solution.multipliers).min() == pytest.approx(charge, rel=1e-6, abs=1e-9)


def test_some_of_these_are_infeasible() -> None:
    found = [solve_master(_instance(seed, hard)) is None for seed in range(12) for hard in (0.1, 3.0)]
    assert 0 < sum(found) < 24

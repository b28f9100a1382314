import itertools

import numpy as np
import pytest

from cosearch.accelerate.combine import Deadline, OutOfTimeError, choose, every_choice, shrink


def _instance(seed: int, tightness: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Designs on a trade-off between four sums, and budgets near what the cheapest combinations need."""
    rng = np.random.default_rng(seed)
    fronts = [rng.multinomial(60, [0.25] * 4, 18).astype(np.int64) for _ in range(3)]
    totals = np.array([sum(rows) for rows in itertools.product(*fronts)])
    hardest = np.sort(totals.max(axis=1))
    return fronts, np.full(4, hardest[0] + round(tightness), np.int64)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("tightness", [-1, 0, 1])
@pytest.mark.parametrize("many", [1.0, 1e5])
def test_finds_a_combination_exactly_where_there_is_one(
    seed: int, tightness: int, many: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosearch.accelerate.combine._MANY_CHOICES", many)  # with the best prices, or without
    fronts, budgets = _instance(seed, tightness)
    choice = choose(fronts, budgets, Deadline())
    if tightness < 0:
        assert choice is None
    else:
        assert choice is not None
        assert (sum(front[row] for front, row in zip(fronts, choice, strict=True)) <= budgets).all()


@pytest.mark.parametrize("seed", range(10))
def test_knows_every_choice(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosearch.accelerate.combine._BLOCK_PAIRS", 50)
    fronts, budgets = _instance(seed, 3)
    blocks = list(every_choice([fronts[0], fronts[1][:7], fronts[2]], budgets, Deadline()))
    found = sorted(tuple(row) for block in blocks for row in block.tolist())
    wanted = [
        (a, b, c)
        for a, b, c in itertools.product(range(18), range(7), range(18))
        if (fronts[0][a] + fronts[1][b] + fronts[2][c] <= budgets).all()
    ]
    assert found == wanted
    assert not list(every_choice(fronts, budgets * 0, Deadline()))


def test_drops_rows_that_leave_no_room() -> None:
    fronts = [np.array([[5], [2], [9]]), np.array([[3], [4]])]
    kept = shrink(fronts, np.array([8]))
    assert kept is not None
    assert [rows.tolist() for rows in kept] == [[0, 1], [0, 1]]
    kept = shrink(fronts, np.array([5]))
    assert kept is not None
    assert [rows.tolist() for rows in kept] == [[1], [0]]
    assert shrink(fronts, np.array([4])) is None


def test_an_empty_front_has_no_choice() -> None:
    assert choose([np.zeros((0, 2), np.int64)], np.array([1, 1]), Deadline()) is None


def test_sums_without_slack_are_kept() -> None:
    fronts = [np.array([[1, 4], [1, 2]]), np.array([[2, 3], [3, 0]])]
    assert choose(fronts, np.array([3, 5]), Deadline()) == (1, 0)


def test_stops_in_time() -> None:
    searched = [_instance(seed, -1) for seed in range(30)]
    with pytest.raises(OutOfTimeError):
        [choose(fronts, budgets, Deadline.after(0)) for fronts, budgets in searched]

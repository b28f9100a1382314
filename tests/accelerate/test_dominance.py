import numpy as np
import pytest

from cosearch.accelerate.dominance import nondominated


def _by_definition(features: np.ndarray) -> list[int]:
    kept: list[int] = []
    for i, row in enumerate(features):
        beaten = any(
            (other <= row).all() and ((other < row).any() or j < i) for j, other in enumerate(features) if j != i
        )
        if not beaten:
            kept.append(i)
    return kept


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("number", [1, 2, 7, 30])
def test_agrees_with_the_definition(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 4, (120, number)) * rng.integers(0, 2, number)
    features += rng.integers(0, 3, (120, 1))
    assert nondominated(features).tolist() == _by_definition(features)


def test_agrees_across_blocks() -> None:
    rng = np.random.default_rng(0)
    features = rng.integers(0, 40, (900, 3))
    assert nondominated(features).tolist() == _by_definition(features)


def test_nothing_dominates_nothing() -> None:
    assert nondominated(np.zeros((0, 3), np.int64)).tolist() == []


def test_the_first_of_equals_stays() -> None:
    assert nondominated(np.array([[2, 2], [1, 3], [2, 2], [1, 3]])).tolist() == [0, 1]

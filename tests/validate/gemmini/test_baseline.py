"""The linear fits find what is linear."""

import numpy as np
import pytest

from cosearch.validate.gemmini import DIMS, Dim, tiled
from cosearch.validate.gemmini.baseline import (
    ideal_cycles,
    predict_by_sizes,
    predict_by_traffic,
    size_features,
    traffic_features,
)


def sizes(**some: int) -> dict[Dim, int]:
    return {dim: some.get(dim, 1) for dim in DIMS}


PROGRAM = tiled(sizes(K=100, C=32, OY=4, OX=6, FY=3, FX=3), sizes(K=50, C=32, OY=4, OX=3, FY=3, FX=3), 2, ["K"])


def test_features_of_a_program():
    assert ideal_cycles(PROGRAM) == 7 * 2 * 4 * 6 * 9
    assert traffic_features([PROGRAM]).tolist() == [
        [1, 3024, 4 * 9 * 32 * 50, 4 * (3 * 2 + 3) * (2 * 2 + 3) * 32, 4 * 4 * 3 * 50]
    ]
    assert np.exp(size_features([PROGRAM])[0, 1:]) == pytest.approx(
        [1, 50, 32, 4, 3, 3, 3, 1, 2, 1, 1, 2, 1, 1, 3024]
    )


def test_a_linear_law_is_found_despite_outliers():
    rng = np.random.default_rng(0)
    features = np.column_stack([np.ones(60), rng.uniform(1, 100, (60, 3))])
    cycles = features @ np.array([5.0, 2.0, 0.5, 1.0])
    wrong = cycles.copy()
    wrong[:6] *= 3
    assert predict_by_traffic(features, wrong, features) == pytest.approx(cycles, rel=1e-3)


def test_a_power_law_is_found():
    rng = np.random.default_rng(0)
    logarithms = np.column_stack([np.ones(30), rng.uniform(0, 3, (30, 2))])
    cycles = np.exp(logarithms @ np.array([1.0, 2.0, -0.5]))
    assert predict_by_sizes(logarithms[:20], cycles[:20], logarithms[20:]) == pytest.approx(cycles[20:])

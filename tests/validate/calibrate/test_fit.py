"""Fits on models small enough to know the answer: values, intervals, what is held and why, what is refused."""

import numpy as np
import pytest
import torch

from cosearch.errors import DataError
from cosearch.validate.calibrate import Constant, fit_constants

X = np.arange(1.0, 13.0)
SETUP = Constant(name="setup", start=1.0, low=0.0, high=100.0)
SLOPE = Constant(name="slope", start=2.0, low=0.1, high=10.0)
IDLE = Constant(name="idle", start=7.0, low=0.0, high=100.0)
TWIN = Constant(name="twin", start=0.0, low=0.0, high=100.0)


def line(constants):
    """setup + twin + slope * x; idle does nothing."""
    nothing = torch.zeros(len(X), dtype=torch.float64)
    total = constants["setup"] + constants["slope"] * torch.tensor(X)
    return total + constants.get("twin", nothing) + 0 * constants.get("idle", nothing)


def fit(measured, *constants, **options):
    options = {"groups": list(range(len(X))), "num_resamples": 100, **options}
    return fit_constants(line, np.asarray(measured, dtype=float), constants, **options)


def test_exact_runs_give_exact_constants():
    found = fit(20 + 3 * X, SETUP, SLOPE)
    assert found.held == {}
    assert found.values() == {"setup": pytest.approx(20, abs=1e-3), "slope": pytest.approx(3, abs=1e-3)}
    assert found.error_before == pytest.approx(np.abs((1 + 2 * X) / (20 + 3 * X) - 1).mean())  # at their starts
    assert found.error_after < 1e-5
    assert found.error_validated < 1e-4
    assert (found.num_runs, found.num_groups) == (12, 12)


def test_noise_widens_the_intervals_around_the_truth():
    rng = np.random.default_rng(3)
    widths = []
    for noise in (0.001, 0.02):
        found = fit((20 + 3 * X) * (1 + noise * rng.standard_normal(12)), SETUP, SLOPE).constants
        assert found["setup"].low <= found["setup"].value <= found["setup"].high
        assert found["slope"].low - 0.1 < 3 < found["slope"].high + 0.1
        widths.append(found["slope"].high - found["slope"].low)
    assert widths[1] > 5 * widths[0]


def test_a_seed_replays():
    measured = (20 + 3 * X) * (1 + 0.02 * np.sin(7 * X))
    assert fit(measured, SETUP, SLOPE, seed=4) == fit(measured, SETUP, SLOPE, seed=4)
    assert fit(measured, SETUP, SLOPE, seed=4) != fit(measured, SETUP, SLOPE, seed=5)


def test_a_constant_without_effect_is_held():
    found = fit(20 + 3 * X, IDLE, SETUP, SLOPE)
    assert found.held == {"idle": "the runs hardly depend on it"}
    assert set(found.constants) == {"setup", "slope"}


def test_of_two_that_cannot_be_told_apart_the_later_is_held():
    found = fit(20 + 3 * X, SETUP, SLOPE, TWIN)
    assert found.held == {"twin": "its effect cannot be told from that of setup, slope"}
    assert found.values()["setup"] == pytest.approx(20, abs=1e-3)
    assert fit(20 + 3 * X, TWIN, SLOPE, SETUP).values()["twin"] == pytest.approx(19, abs=1e-3)  # setup stays at 1


def test_runs_that_scatter_determine_nothing_small():
    rng = np.random.default_rng(0)
    small = Constant(name="setup", start=1.0, low=0.0, high=5.0)
    found = fit((20 + 3 * X) * np.exp(rng.standard_normal(12)), SLOPE, small)
    assert found.held == {"setup": "the runs scatter too much"}


def test_bounds_hold():
    found = fit(1 + 20 * X, SETUP, SLOPE).constants
    assert found["slope"].value == pytest.approx(10, abs=1e-4)
    assert found["slope"].high <= 10


def test_few_runs_hold_the_last_constants():
    found = fit(20 + 3 * X, SLOPE, SETUP, groups=[0, 1, 2] * 4)
    assert found.held == {"setup": "there are only 3 different runs"}
    with pytest.raises(DataError, match="2 different runs cannot determine 1 of 2 constants; measure at least 3"):
        fit(20 + 3 * X, SLOPE, SETUP, groups=[0, 1] * 6)


def test_a_wanted_constant_must_be_determined():
    with pytest.raises(DataError, match="idle is not determined by these runs: the runs hardly depend on it; leave"):
        fit(20 + 3 * X, SLOPE, SETUP, IDLE, wanted=["idle"])


def test_runs_that_determine_nothing_are_refused():
    with pytest.raises(DataError, match="the runs determine no constant; idle: the runs hardly depend on it"):
        fit_constants(lambda constants: torch.tensor(X) + 0 * constants["idle"], X, [IDLE], groups=list(range(12)))


def test_groups_are_left_out_whole():
    measured = 20 + 3 * X
    measured[-1] *= 2
    alone = fit(measured, SLOPE, SETUP)
    twice = fit_constants(
        lambda constants: line({name: value[:12] for name, value in constants.items()}).repeat(2),
        np.concatenate([measured, measured]),
        [SLOPE, SETUP],
        groups=[*range(12), *range(12)],
        num_resamples=100,
    )
    assert twice.num_groups == 12
    # A repeat of the outlier in the fit would hide it from the validation.
    assert twice.error_validated == pytest.approx(alone.error_validated, rel=0.05)

import numpy as np
import pytest

from cosearch.workload.importers import functions as fn


def _hard_swish_in_steps(x):
    return x * np.minimum(np.maximum(x + 3, 0), 6) / 6


def _gelu_of_cubes(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x, "linear"),
        (lambda x: np.where(x > 0, x, 0), "relu"),
        (fn.clip(0, 6), "relu6"),
        (lambda x: fn.clip(None, 6)(fn.relu(x)), "relu6"),
        (lambda x: np.clip(x + 3, 0, 6) * np.float32(1 / 6), "hard_sigmoid"),
        (fn.hard_sigmoid(0.2), "hard_sigmoid"),
        (_hard_swish_in_steps, "hard_swish"),
        (lambda x: 1 / (1 + np.exp(-x)), "sigmoid"),
        (lambda x: x / (1 + np.exp(-x)), "swish"),
        (_gelu_of_cubes, "gelu"),
        (fn.gelu, "gelu"),
        (np.tanh, "tanh"),
        (lambda x: 2 * x, None),
        (fn.clip(0, 5), None),
        (fn.hard_sigmoid(0.25), None),
        (lambda x: np.where(x > 0, x, 0.01 * x), None),
        (lambda x: x * np.tanh(np.log1p(np.exp(x))), None),
    ],
)
def test_spellings_of_one_function_have_its_name(function, name):
    assert fn.activation_of(function) == name


@pytest.mark.parametrize(
    ("function", "affine"),
    [(lambda x: 3 * x - 1, True), (lambda x: 0 * x, True), (fn.relu, False), (lambda x: x + 1e-3 * np.sin(x), False)],
)
def test_straight_lines_are_affine(function, affine):
    assert fn.is_affine(function) == affine


def test_monotone_activations_never_fall():
    grid = np.linspace(-12, 12, 999)
    rising = {"linear": fn.identity, "relu": fn.relu, "relu6": fn.clip(0, 6), "hard_sigmoid": fn.hard_sigmoid()}
    rising |= {"sigmoid": fn.sigmoid, "tanh": fn.tanh}
    assert set(rising) == fn.MONOTONE
    assert all((np.diff(function(grid)) >= 0).all() for function in rising.values())

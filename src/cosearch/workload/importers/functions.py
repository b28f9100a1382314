"""Functions of one number: which named activation a chain of elementwise operators amounts to.

Exporters write a swish as one operator, as x * sigmoid(x), or in other ways; a hard swish becomes up to four nodes.
Instead of knowing every spelling, a chain is evaluated on a grid and compared with the activations that the store
path has.
"""

import math
from collections.abc import Callable

import numpy as np

from cosearch.workload.layer import Activation

Function = Callable[[np.ndarray], np.ndarray]
"""Of a float64 array, value by value."""

_GRID = np.linspace(-12.0, 12.0, 1537)
_TOLERANCE = 1e-5
"""Constants in files are float32: 1/6 is off by 5e-9, times the grid's end."""


def negative(x: np.ndarray) -> np.ndarray:
    """-x."""
    return -x


def exponential(x: np.ndarray) -> np.ndarray:
    """E to the power of x."""
    return np.exp(x)


def reciprocal(x: np.ndarray) -> np.ndarray:
    """1 / x."""
    return 1 / x


def power(exponent: float) -> Function:
    """X to the power of a number."""
    return lambda x: x**exponent


def identity(x: np.ndarray) -> np.ndarray:
    """X itself."""
    return x


def relu(x: np.ndarray) -> np.ndarray:
    """Negative numbers become zero."""
    return np.maximum(x, 0.0)


def clip(low: float | None, high: float | None) -> Function:
    """Between two bounds; None is no bound."""
    return lambda x: np.clip(x, -math.inf if low is None else low, math.inf if high is None else high)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def tanh(x: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent."""
    return np.tanh(x)


def error_function(x: np.ndarray) -> np.ndarray:
    """The error function, of which an exact GELU is made."""
    return np.array([math.erf(value) for value in x])


def hard_sigmoid(slope: float = 1 / 6, offset: float = 0.5) -> Function:
    """A line through `offset` at 0, between 0 and 1."""
    return lambda x: np.clip(slope * x + offset, 0.0, 1.0)


def hard_swish(x: np.ndarray) -> np.ndarray:
    """X times its hard sigmoid."""
    return x * hard_sigmoid()(x)


def swish(x: np.ndarray) -> np.ndarray:
    """X times its sigmoid, also called SiLU."""
    return x * sigmoid(x)


def gelu(x: np.ndarray) -> np.ndarray:
    """X times the normal distribution function."""
    return x * (0.5 + 0.5 * error_function(x / math.sqrt(2)))


def gelu_tanh(x: np.ndarray) -> np.ndarray:
    """The usual approximation of GELU."""
    return x * (0.5 + 0.5 * np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _relu6(x: np.ndarray) -> np.ndarray:
    return np.clip(x, 0.0, 6.0)


_NAMED: tuple[tuple[Activation, Function], ...] = (
    ("linear", identity),
    ("relu", relu),
    ("relu6", _relu6),
    ("hard_sigmoid", hard_sigmoid()),
    ("hard_sigmoid", hard_sigmoid(0.2)),
    ("hard_swish", hard_swish),
    ("sigmoid", sigmoid),
    ("swish", swish),
    ("gelu", gelu),
    ("gelu", gelu_tanh),
    ("tanh", tanh),
)

MONOTONE: frozenset[Activation] = frozenset({"linear", "relu", "relu6", "hard_sigmoid", "sigmoid", "tanh"})
"""Activations that the largest of several numbers may be taken before or after."""


def activation_of(function: Function) -> Activation | None:
    """The activation that a function equals on the grid, or None."""
    values = _on_grid(function)
    for name, known in _NAMED:
        if np.allclose(values, known(_GRID), rtol=_TOLERANCE, atol=_TOLERANCE):
            return name
    return None


def _on_grid(function: Function) -> np.ndarray:
    """Values on the grid, not finite ones among them where a step of a chain has a pole."""
    with np.errstate(all="ignore"):
        return function(_GRID)


def is_affine(function: Function) -> bool:
    """Whether a function is a straight line: a scale and a shift."""
    values = _on_grid(function)
    if not np.isfinite(values).all():
        return False
    steps = np.diff(values)
    return bool(np.allclose(steps, steps[0], rtol=_TOLERANCE, atol=_TOLERANCE * 1e-3))

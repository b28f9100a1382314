"""Chains of elementwise operators, kept as functions of a stored value until somebody reads them as a tensor."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.functions import Function
from cosearch.workload.importers.operations import Value

Joining = Literal["add", "subtract", "multiply", "divide"]

JOININGS: dict[Joining, np.ufunc] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    """A function of a signal."""

    function: Function
    inner: "Signal"


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """Two signals made of the same stored value."""

    joining: Joining
    left: "Signal"
    right: "Signal"


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A function of one stored value, and how it came about, should it be no single activation.

    Attributes:
        base: The stored value.
        function: Of it.
        origin: The last step.
        place: Of that step, for messages.
        bits: Asked for by the last quantiser, None without one.
    """

    base: Value
    function: Function
    origin: Unary | Binary
    place: str
    bits: int | None = None


Signal = Value | Formula


def apply(function: Function, signal: Signal, place: str) -> Formula:
    """A function of a signal.

    Raises:
        UnsupportedLayerError: if the signal is padded, since f(0) need not be 0, or repeated over pixels.
    """
    if isinstance(signal, Value):
        return Formula(plain(signal), function, Unary(function, signal), place)
    inner = signal.function
    return Formula(signal.base, lambda x: function(inner(x)), Unary(function, signal), place)


def same_base(left: Signal, right: Signal) -> bool:
    """Whether two signals are functions of one stored value, read alike."""
    first, second = _base(left), _base(right)
    return first._replace(bits=None) == second._replace(bits=None)


def combine(joining: Joining, left: Signal, right: Signal, place: str) -> Formula:
    """Two functions of one stored value as one."""
    first, second, join = _function(left), _function(right), JOININGS[joining]
    return Formula(plain(_base(left)), lambda x: join(first(x), second(x)), Binary(joining, left, right), place)


def plain(value: Value) -> Value:
    """The value itself.

    Raises:
        UnsupportedLayerError: if it is padded, or repeated over pixels.
    """
    if any(value.margin):
        raise UnsupportedLayerError("padding is followed by neither a convolution nor pooling; pad there instead")
    return unspread(value)


def unspread(value: Value) -> Value:
    """The value itself.

    Raises:
        UnsupportedLayerError: if it is repeated over pixels.
    """
    if value.spread is not None:
        rows, columns = value.spread
        raise UnsupportedLayerError(
            f"numbers of a channel repeated over {rows}x{columns} pixels are read; "
            "supported is their product with a map"
        )
    return value


def _base(signal: Signal) -> Value:
    return signal if isinstance(signal, Value) else signal.base


def _function(signal: Signal) -> Function:
    return (lambda x: x) if isinstance(signal, Value) else signal.function

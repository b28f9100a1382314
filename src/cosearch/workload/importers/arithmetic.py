"""Sums, differences, products and quotients of signals, numbers and constants, as either file format writes them."""

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.builder import Builder
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import JOININGS, Formula, Joining, Signal
from cosearch.workload.importers.operations import Value

Operand = Signal | Constant | float


def arithmetic(builder: Builder, joining: Joining, left: Operand, right: Operand) -> Signal:
    """Two operands, at least one of them a signal.

    Raises:
        UnsupportedLayerError: if a constant that is no single number is divided by a signal, or no operand is one.
    """
    first, second = _number(left), _number(right)
    join = JOININGS[joining]
    if isinstance(first, Value | Formula):
        if isinstance(second, Value | Formula):
            return builder.join(joining, first, second)
        if isinstance(second, Constant):
            return builder.affine(first, second.shape)
        return builder.function(lambda x: join(x, second), first)
    if not isinstance(second, Value | Formula):
        raise UnsupportedLayerError(f"{joining} of two constants; fold them before the network is exported")
    if isinstance(first, Constant):
        if joining == "divide":
            raise UnsupportedLayerError("a constant divided by a map; supported is a map divided by a constant")
        return builder.affine(second, first.shape)
    return builder.function(lambda x: join(first, x), second)


def _number(operand: Operand) -> Operand:
    """The number that a constant is, if it is one; a number that is not known stays a constant."""
    if isinstance(operand, Constant) and operand.scalar is not None:
        return operand.scalar
    return operand

"""A node of an ONNX graph with what its inputs hold."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Formula, Signal
from cosearch.workload.importers.operations import Value


class Codes(NamedTuple):
    """Whole numbers between QuantizeLinear and DequantizeLinear, of a signal or of weights."""

    of: Signal | Constant
    bits: int


Held = Signal | Constant | Codes


class OnnxNode:
    """What an operator is called with.

    Attributes:
        name: Of the node; may be empty.
        attributes: By name, as Python values.
        inputs: What they hold; None is left out.
    """

    def __init__(self, name: str, attributes: Mapping[str, Any], inputs: Sequence[Held | None]) -> None:
        self.name = name
        self.attributes = attributes
        self.inputs = inputs

    def input(self, index: int) -> Held | None:
        """An input, or None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def signal(self, index: int = 0) -> Signal:
        """An input that depends on the network's input.

        Raises:
            UnsupportedLayerError: if it does not, or is made of whole numbers.
        """
        held = self.input(index)
        if isinstance(held, Value | Formula):
            return held
        if isinstance(held, Codes):
            raise UnsupportedLayerError(
                "reads whole numbers between QuantizeLinear and DequantizeLinear; supported there is Clip alone"
            )
        raise UnsupportedLayerError(f"input {index} is a constant; supported is one that depends on the input")

    def constant(self, index: int) -> Constant:
        """An input that does not depend on the network's input.

        Raises:
            UnsupportedLayerError: if it does, or is left out.
        """
        held = self.input(index)
        if isinstance(held, Constant):
            return held
        raise UnsupportedLayerError(
            f"input {index} is no constant; supported are constant weights, shapes and bounds"
        )

    def label(self, weights: Constant) -> str:
        """Name of a layer with these weights: theirs if it tells something, else the node's."""
        return weights.label or self.name

    def operand(self, index: int) -> Signal | Constant:
        """An input of either kind."""
        return self.constant(index) if isinstance(self.input(index), Constant) else self.signal(index)

    def number(self, name: str, index: int) -> float | None:
        """A number that older versions have as an attribute and newer ones as an input; None if it is left out.

        Raises:
            UnsupportedLayerError: if it is not known.
        """
        if self.input(index) is None:
            value = self.attributes.get(name)
            return None if value is None else float(value)
        number = self.constant(index).scalar
        if number is None:
            raise UnsupportedLayerError(f"{name} is not one known number")
        return number

    def integers(self, name: str, index: int) -> tuple[int, ...] | None:
        """Whole numbers that older versions have as an attribute and newer ones as an input; None if left out."""
        if self.input(index) is None:
            value = self.attributes.get(name)
            return None if value is None else tuple(int(number) for number in value)
        return self.constant(index).integers()

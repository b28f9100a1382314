"""The arguments of a node of a torch.export graph, by the names of its operator's schema."""

from collections.abc import Mapping, Sequence
from typing import Any

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers.constants import Constant
from cosearch.workload.importers.elementwise import Formula, Signal
from cosearch.workload.importers.operations import Value


class Arguments:
    """What an operator is called with: signals, constants and plain Python values."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> Any:
        """An argument as it is."""
        return self._values[name]

    def signal(self, name: str) -> Signal:
        """An argument that depends on the network's input.

        Raises:
            UnsupportedLayerError: if it does not.
        """
        value = self._values[name]
        if not isinstance(value, Value | Formula):
            raise UnsupportedLayerError(
                f"argument {name!r} is a constant; supported is one that depends on the input"
            )
        return value

    def signals(self, name: str) -> list[Signal]:
        """A list of such arguments.

        Raises:
            UnsupportedLayerError: if one of them is a constant.
        """
        values: Sequence[Any] = self._values[name]
        return [Arguments({name: value}).signal(name) for value in values]

    def constant(self, name: str) -> Constant:
        """An argument that does not depend on the network's input, such as weights.

        Raises:
            UnsupportedLayerError: if it does.
        """
        value = self._values[name]
        if not isinstance(value, Constant):
            raise UnsupportedLayerError(f"argument {name!r} depends on the network's input; it must be a constant")
        return value

    def integer(self, name: str) -> int:
        """A whole number."""
        return int(self._values[name])

    def number(self, name: str) -> float | None:
        """A number, which may be a constant tensor of one; None if it is left out.

        Raises:
            UnsupportedLayerError: if it is not known.
        """
        value = self._values[name]
        number = value.scalar if isinstance(value, Constant) else value
        if value is not None and not isinstance(number, int | float):
            raise UnsupportedLayerError(f"argument {name!r} is no number; export it as one")
        return number

    def integers(self, name: str) -> list[int]:
        """Whole numbers; a single one is a list of one, None is empty.

        Raises:
            UnsupportedLayerError: if one depends on the network's input.
        """
        value = self._values[name]
        if value is None:
            return []
        numbers = list(value) if isinstance(value, Sequence) else [value]
        if not all(isinstance(number, int) for number in numbers):
            raise UnsupportedLayerError(
                f"argument {name!r} depends on the network's input; export it with fixed shapes"
            )
        return numbers

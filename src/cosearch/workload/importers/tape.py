"""The list of operations that a network is written down as, and how signals become tensors on it."""

from collections.abc import Sequence
from typing import get_args

from cosearch.errors import UnsupportedLayerError
from cosearch.workload.importers import axes as ax
from cosearch.workload.importers.elementwise import Binary, Formula, Joining, Signal, apply, plain
from cosearch.workload.importers.functions import activation_of, is_affine
from cosearch.workload.importers.operations import POINT, Operation, OperationKind, Read, Tensor, Value, Window
from cosearch.workload.layer import Activation


class Tape:
    """Operations so far, each with the place that was set last.

    Attributes:
        place: Of the node that is being read, for messages of later steps.
        operations: In order.
    """

    def __init__(self) -> None:
        self.place = ""
        self.operations: list[Operation] = []
        self._activated: dict[tuple[str, Activation], Tensor] = {}
        self._formulas: dict[Formula, Value] = {}

    def settle(self, signal: Signal) -> Value:
        """The stored tensor of a signal; an elementwise chain becomes one activation, or as few as it takes."""
        if isinstance(signal, Value):
            return signal
        if signal not in self._formulas:
            self._formulas[signal] = self._computed(signal)
        return self._formulas[signal]._replace(bits=signal.bits)

    def _computed(self, formula: Formula) -> Value:
        """A formula as one activation or one scale; else its last step on what comes before, made a tensor."""
        base, activation = formula.base, activation_of(formula.function)
        if activation == "linear":
            return base
        if activation is not None:
            return self._activate(base, activation)
        if is_affine(formula.function):
            return self.push("affine", (base,), base.tensor.shape, base.axes)
        origin = formula.origin
        if isinstance(origin, Binary):
            return self.join(origin.joining, self.settle(origin.left), self.settle(origin.right))
        if isinstance(origin.inner, Value):
            raise UnsupportedLayerError(
                f"a function that the store path does not have; it has {', '.join(get_args(Activation))}"
            ).at(formula.place)
        return self.settle(apply(origin.function, self.settle(origin.inner), formula.place))

    def _activate(self, base: Value, activation: Activation) -> Value:
        """An activation of a tensor, once however often it is asked for."""
        key = (base.tensor.name, activation)
        if key not in self._activated:
            self._activated[key] = self.push(
                "activation", (base,), base.tensor.shape, base.axes, activation=activation
            ).tensor
        return Value(self._activated[key], base.axes)

    def join(self, joining: Joining, left: Value, right: Value) -> Value:
        """Two tensors as one: a residual add, or a map times one number a channel."""
        if joining == "multiply" and (left.spread or left.tensor.shape[1:] == (1, 1)) and not right.spread:
            left, right = right, left
        if joining == "multiply" and right.spread == left.tensor.shape[1:]:
            right = right._replace(spread=None)
        left, right = plain(left), plain(right)
        if joining == "add" and (left.tensor.shape, left.axes) == (right.tensor.shape, right.axes):
            return self.push("add", (left, right), left.tensor.shape, left.axes)
        alike = left.axes[:2] == right.axes[:2] and len(left.axes) == len(right.axes)
        if joining == "multiply" and alike and right.tensor.shape == (left.tensor.shape[0], 1, 1):
            return self.push("multiply", (left, right), left.tensor.shape, left.axes)
        sizes = (ax.sizes_of(left.axes), ax.sizes_of(right.axes))
        raise UnsupportedLayerError(
            f"{joining} of {' and '.join('x'.join(map(str, size)) for size in sizes)}; supported are the sum of two "
            "equal maps in one order of channels, and a map times one number a channel"
        )

    def push(
        self,
        kind: OperationKind,
        values: Sequence[Value],
        shape: ax.Shape,
        axes: ax.Axes,
        *,
        window: Window = POINT,
        groups: int = 1,
        input_runs: int = 1,
        weight_bits: int | None = None,
        label: str = "",
        activation: Activation = "linear",
    ) -> Value:
        """Append an operation; fields are those of `Operation`."""
        output = f"t{len(self.operations)}"
        self.operations.append(
            Operation(
                kind=kind,
                label=label,
                place=self.place,
                reads=tuple(Read(value.tensor.name, value.bits) for value in values),
                output=output,
                shape=shape,
                window=window,
                groups=groups,
                input_runs=input_runs,
                weight_bits=weight_bits,
                activation=activation,
            )
        )
        return Value(Tensor(output, shape), axes)

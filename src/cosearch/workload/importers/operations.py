"""What a network computes, as both importers write it down before it becomes layers."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cosearch.workload.importers.axes import Axes, Shape
from cosearch.workload.layer import Activation

OperationKind = Literal[
    "convolution", "max_pool", "average_pool", "multiply", "add", "affine", "activation", "concatenation"
]


class Window(NamedTuple):
    """Of a convolution or of pooling, rows before columns, in input pixels."""

    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)


POINT = Window()
"""The window of what works pixel by pixel."""


class Read(NamedTuple):
    """A tensor that is read, and the width that the quantiser before the reader asks for; None without one."""

    tensor: str
    bits: int | None


class Tensor(NamedTuple):
    """What is stored under a name."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step on stored tensors.

    Attributes:
        kind: `affine` is a scale and a shift a channel, such as a batch norm, a bias, or a scale of all numbers.
        label: Name that the layer gets if it is one with weights; else empty.
        place: Where it stands in the file, for messages.
        reads: Tensors in order; of `multiply`, the features and then one number a channel.
        output: Name of the tensor it makes.
        shape: Of that tensor, in which convolutions and pooling have moved their window.
        window: Of a convolution or of pooling.
        groups: Of a convolution.
        input_runs: Of a convolution, see `Layer`.
        weight_bits: Of a convolution, where a quantiser states it.
        activation: Of kind `activation`.
    """

    kind: OperationKind
    label: str = ""
    place: str
    reads: tuple[Read, ...]
    output: str
    shape: Shape
    window: Window = POINT
    groups: int = 1
    input_runs: int = 1
    weight_bits: int | None = None
    activation: Activation = "linear"


@dataclass(frozen=True, slots=True)
class OperationGraph:
    """A network as operations in an order in which each comes after what it reads.

    Attributes:
        operations: In order.
        image: Shape of the network's input, the tensor called `IMAGE`.
        outputs: What the network returns.
    """

    operations: tuple[Operation, ...]
    image: Shape
    outputs: tuple[Read, ...]


class Value(NamedTuple):
    """What an importer holds for an output of a node: a stored tensor, read in its own dimensions.

    Attributes:
        tensor: That is read.
        axes: Its dimensions, on the stored axes.
        bits: Asked for by the last quantiser, None without one.
        margin: Zeros around it, which the reading window takes as its padding: top, left, bottom, right.
        spread: Rows and columns over which its one pixel is repeated, None without; a product takes it as it is.
    """

    tensor: Tensor
    axes: Axes
    bits: int | None = None
    margin: tuple[int, int, int, int] = (0, 0, 0, 0)
    spread: tuple[int, int] | None = None

"""One layer as a loop nest."""

from dataclasses import dataclass, fields
from typing import Literal

from cosearch.errors import WorkloadError

IMAGE = "image"
"""The name under which layers refer to the network's input."""

PARAMETER_BITS = 64
"""Bias and requantisation constants of one output channel: a 32-bit bias, an 18-bit multiplier and its shift."""

Op = Literal["convolution", "max_pool", "average_pool", "multiply", "copy"]
"""What a layer computes: a convolution or fully connected layer, or one of the operations on single channels."""

Activation = Literal["linear", "relu", "relu6", "hard_sigmoid", "hard_swish", "sigmoid", "swish", "gelu", "tanh"]
"""Functions that the store path applies; all but the first three need its lookup table."""

Pool = Literal["max", "average"]

_SIZES = ("N", "G", "K", "C", "OY", "OX", "FY", "FX", "IY", "IX", "stride_y", "stride_x")
_MORE_SIZES = ("dilation_y", "dilation_x", "pool_y", "pool_x", "input_runs")
_PADS = ("padding_y", "padding_x", "input_offset", "output_offset", "residual_offset")
_NAMES = ("name", "source", "residual", "scale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A convolution, depthwise or grouped convolution, fully connected layer, or an operation on single channels.

    The loop nest is ``for N, G, K, C, OY, OX, FY, FX``; K and C count channels *per group*. A depthwise layer has
    ``K = C = 1`` and ``G`` channels; a fully connected layer has one pixel. The layer's output passes, on its way to
    memory, through the residual add (if `residual` names a tensor), the activation, the pooling window and the
    requantisation to `output_bits`.

    Operations on single channels have the nest of a depthwise layer: pooling over a window of FY x FX, a product with
    one number a channel that another layer makes (`multiply`, as in squeeze-and-excite), or a `copy`, which carries a
    residual, an activation or another place in memory that no convolution could.

    Tensors lie channel by channel in memory. A layer whose tensor is a part of a concatenation names the channel at
    which that part starts.

    Raises:
        WorkloadError: if a size, a padding or a width is out of range, the pooling window does not divide the
            output, only one of `residual` and `residual_bits` is given, an operation on single channels has K or C
            above 1, `scale` is given without `multiply` or the other way round, or an output lies outside the input.

    Attributes:
        name: Unique in its network.
        source: Producer of the input features, or `IMAGE`; it may be a concatenation.
        op: What is computed.
        residual: Producer of the tensor added to the output before activation and pooling, or None.
        scale: Of a `multiply`, the producer of one number a channel, stored at `weight_bits`.
        IY, IX: Height and width of the stored input, without padding, in pixels.
        dilation_y, dilation_x: Distance of neighbouring positions of the kernel, in input pixels.
        padding_y, padding_x: Rows above and columns left of the input that are zeros; below and to the right the
            window reads zeros wherever it leaves the input.
        weight_bits, input_bits: Bits of the operands; the input is stored at `input_bits` too.
        residual_bits: Bits at which the residual tensor is stored; 0 without one.
        output_bits: Bits at which the output is stored.
        activation: Applied after the residual.
        pool: Whether the pooling window takes the largest or the mean.
        pool_y, pool_x: Pooling window and stride, in output pixels; 1 without pooling.
        input_offset, output_offset, residual_offset: Channel at which a tensor starts in the one it is stored in.
        input_runs: Contiguous runs of channels that a group's input is gathered from: after a channel shuffle of r
            groups there are r.
    """

    name: str
    source: str
    op: Op = "convolution"
    N: int = 1
    G: int = 1
    K: int
    C: int
    OY: int
    OX: int
    FY: int = 1
    FX: int = 1
    IY: int
    IX: int
    stride_y: int = 1
    stride_x: int = 1
    dilation_y: int = 1
    dilation_x: int = 1
    padding_y: int = 0
    padding_x: int = 0
    activation: Activation = "linear"
    pool: Pool = "max"
    pool_y: int = 1
    pool_x: int = 1
    weight_bits: int
    input_bits: int
    output_bits: int
    residual: str | None = None
    residual_bits: int = 0
    scale: str | None = None
    input_offset: int = 0
    output_offset: int = 0
    residual_offset: int = 0
    input_runs: int = 1

    def __post_init__(self) -> None:
        self._check_ranges()
        self._check_kind()
        if self.OY % self.pool_y or self.OX % self.pool_x:
            raise WorkloadError(
                f"pooling window {self.pool_y}x{self.pool_x} does not divide the output {self.OY}x{self.OX}"
            ).at(self.name)
        if (self.residual is None) != (self.residual_bits == 0):
            raise WorkloadError("residual and residual_bits go together; give both or neither").at(self.name)
        if (self.OY - 1) * self.stride_y >= self.IY + self.padding_y:
            raise WorkloadError(f"output row {self.OY - 1} lies below the input of {self.IY} rows").at(self.name)
        if (self.OX - 1) * self.stride_x >= self.IX + self.padding_x:
            raise WorkloadError(f"output column {self.OX - 1} lies right of the input of {self.IX} columns").at(
                self.name
            )

    def _check_ranges(self) -> None:
        for name in (*_SIZES, *_MORE_SIZES):
            if getattr(self, name) < 1:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must be at least 1").at(self.name)
        for name in _PADS:
            if getattr(self, name) < 0:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must not be negative").at(self.name)
        for name, least in (("weight_bits", 1), ("input_bits", 1), ("output_bits", 1), ("residual_bits", 0)):
            if not least <= getattr(self, name) <= 32:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must be from {least} to 32").at(self.name)

    def _check_kind(self) -> None:
        if self.op != "convolution" and (self.K, self.C) != (1, 1):
            raise WorkloadError(f"a {self.op} works on single channels: K={self.K} and C={self.C} must be 1").at(
                self.name
            )
        if (self.op == "multiply") != (self.scale is not None):
            raise WorkloadError("op multiply and scale go together; give both or neither").at(self.name)
        if self.C % self.input_runs:
            raise WorkloadError(f"input_runs={self.input_runs} does not divide C={self.C}").at(self.name)

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel is worked on alone."""
        return self.op != "convolution" or (self.G > 1 and self.K == 1 and self.C == 1)

    @property
    def has_weights(self) -> bool:
        """Whether it has weights of its own, known before it runs."""
        return self.op == "convolution"

    @property
    def needs_table(self) -> bool:
        """Whether its activation is looked up in a table of the store path."""
        return self.activation not in ("linear", "relu", "relu6")

    @property
    def window_y(self) -> int:
        """Input rows that one output row reads, from the first to the last."""
        return (self.FY - 1) * self.dilation_y + 1

    @property
    def window_x(self) -> int:
        """Input columns that one output column reads, from the first to the last."""
        return (self.FX - 1) * self.dilation_x + 1

    @property
    def in_channels(self) -> int:
        """Channels of the input, over all groups."""
        return self.G * self.C

    @property
    def out_channels(self) -> int:
        """Channels of the output, over all groups."""
        return self.G * self.K

    @property
    def num_operations(self) -> int:
        """Steps of the whole loop nest, padding counted as work."""
        return self.N * self.G * self.K * self.C * self.OY * self.OX * self.FY * self.FX

    @property
    def num_macs(self) -> int:
        """Multiply-accumulates with weights of its own: those of convolutions and fully connected layers."""
        return self.num_operations if self.has_weights else 0

    @property
    def num_weights(self) -> int:
        """Weights, without biases."""
        return self.G * self.K * self.C * self.FY * self.FX if self.has_weights else 0

    def shape_key(self) -> tuple[int | str, ...]:
        """All that its cost depends on: layers with equal keys cost the same on every chunk."""
        return tuple(getattr(self, f.name) for f in fields(self) if f.name not in _NAMES)

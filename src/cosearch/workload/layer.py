"""One layer as a loop nest."""

from dataclasses import dataclass, fields

from cosearch.errors import WorkloadError

IMAGE = "image"
"""The name under which layers refer to the network's input."""

PARAMETER_BITS = 64
"""Bias and requantisation constants of one output channel: a 32-bit bias, an 18-bit multiplier and its shift."""

_SIZES = ("N", "G", "K", "C", "OY", "OX", "FY", "FX", "IY", "IX", "stride_y", "stride_x", "pool_y", "pool_x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A convolution, depthwise or grouped convolution, or fully connected layer with what runs in its store path.

    The loop nest is ``for N, G, K, C, OY, OX, FY, FX``; K and C count channels *per group*. A depthwise layer has
    ``K = C = 1`` and ``G`` channels; a fully connected layer has one pixel. The layer's output passes, on its way to
    memory, through the residual add (if `residual` names a tensor), the activation, the pooling window and the
    requantisation to `output_bits`.

    Raises:
        WorkloadError: if a size, a padding or a width is out of range, the pooling window does not divide the
            output, only one of `residual` and `residual_bits` is given, or an output lies outside the input.

    Attributes:
        name: Unique in its network.
        source: Producer of the input features, or `IMAGE`.
        residual: Producer of the tensor added to the output before pooling, or None.
        IY, IX: Height and width of the stored input, without padding, in pixels.
        padding_y, padding_x: Rows above and columns left of the input that are zeros; below and to the right the
            window reads zeros wherever it leaves the input.
        weight_bits, input_bits: Bits of the operands; the input is stored at `input_bits` too.
        residual_bits: Bits at which the residual tensor is stored; 0 without one.
        output_bits: Bits at which the output is stored.
        pool_y, pool_x: Pooling window and stride, in output pixels; 1 without pooling.
    """

    name: str
    source: str
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
    padding_y: int = 0
    padding_x: int = 0
    pool_y: int = 1
    pool_x: int = 1
    weight_bits: int
    input_bits: int
    output_bits: int
    residual: str | None = None
    residual_bits: int = 0

    def __post_init__(self) -> None:
        self._check_ranges()
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
        for name in _SIZES:
            if getattr(self, name) < 1:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must be at least 1").at(self.name)
        for name in ("padding_y", "padding_x"):
            if getattr(self, name) < 0:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must not be negative").at(self.name)
        for name, least in (("weight_bits", 1), ("input_bits", 1), ("output_bits", 1), ("residual_bits", 0)):
            if not least <= getattr(self, name) <= 32:
                raise WorkloadError(f"{name}={getattr(self, name)}; it must be from {least} to 32").at(self.name)

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel is convolved on its own."""
        return self.G > 1 and self.K == 1 and self.C == 1

    @property
    def in_channels(self) -> int:
        """Channels of the input, over all groups."""
        return self.G * self.C

    @property
    def out_channels(self) -> int:
        """Channels of the output, over all groups."""
        return self.G * self.K

    @property
    def num_macs(self) -> int:
        """Multiply-accumulates of the whole layer, padding counted as work."""
        return self.N * self.G * self.K * self.C * self.OY * self.OX * self.FY * self.FX

    @property
    def num_weights(self) -> int:
        """Weights, without biases."""
        return self.G * self.K * self.C * self.FY * self.FX

    def shape_key(self) -> tuple[int, ...]:
        """All that its cost depends on: layers with equal keys cost the same on every chunk."""
        return tuple(getattr(self, f.name) for f in fields(self) if f.name not in ("name", "source", "residual"))

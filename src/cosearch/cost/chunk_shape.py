"""What of a chunk takes resources, with numbers that may be batches of chunks."""

from dataclasses import dataclass

from cosearch.hardware import Chunk, ChunkKind
from cosearch.numerics import Scalar, maximum


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkShape:
    """A chunk, or a batch of chunks that share kind, widths and options; sizes are ints or tensors that broadcast.

    Attributes:
        kind: What the array runs.
        weight_bits, activation_bits: Widths in the array and in the buffers.
        unroll_K: Lanes for one pixel; channels on a depthwise chunk.
        unroll_C: Input channels of a lane; 1 on a depthwise chunk.
        unroll_pixels: Output pixels in one cycle, along a row or whatever their row.
        unroll_FX: Columns of the kernel in one cycle.
        capacity_i_bits, capacity_w_bits, capacity_o_bits: One bank of each buffer.
        max_channels: Channels of the parameter memory.
        output_bits: The widest output that the store path writes.
        resident_weights, products_per_dsp, lut_multipliers, uram, partial_sums, activation_table: As in `Chunk`.
    """

    kind: ChunkKind
    weight_bits: int
    activation_bits: int
    unroll_K: Scalar
    unroll_C: Scalar
    unroll_pixels: Scalar = 1
    unroll_FX: Scalar = 1
    capacity_i_bits: Scalar
    capacity_w_bits: Scalar
    capacity_o_bits: Scalar
    max_channels: int
    output_bits: int
    resident_weights: bool = False
    products_per_dsp: int = 1
    lut_multipliers: bool = False
    uram: tuple[str, ...] = ()
    partial_sums: bool = False
    activation_table: bool = False

    @staticmethod
    def of(chunk: Chunk) -> "ChunkShape":
        """The shape of a record, in ints."""
        unroll, capacity = chunk.unroll, chunk.capacity_bits
        return ChunkShape(
            kind=chunk.kind,
            weight_bits=chunk.weight_bits,
            activation_bits=chunk.activation_bits,
            unroll_K=unroll.K,
            unroll_C=unroll.C,
            unroll_pixels=unroll.pixels,
            unroll_FX=unroll.FX,
            capacity_i_bits=capacity.I,
            capacity_w_bits=capacity.W,
            capacity_o_bits=capacity.O,
            max_channels=chunk.max_channels,
            output_bits=chunk.output_bits,
            resident_weights=chunk.resident_weights,
            products_per_dsp=chunk.products_per_dsp,
            lut_multipliers=chunk.lut_multipliers,
            uram=chunk.uram,
            partial_sums=chunk.partial_sums,
            activation_table=chunk.activation_table,
        )

    @property
    def lanes(self) -> Scalar:
        """Accumulators, one for each output in a cycle."""
        return self.unroll_K * self.unroll_pixels

    @property
    def products_per_lane(self) -> Scalar:
        """Products that meet in one accumulator in a cycle."""
        return self.unroll_C * self.unroll_FX

    @property
    def row_pixels(self) -> Scalar:
        """Input pixels that the array reads at once; neighbouring windows are read apart."""
        return self.unroll_pixels * self.unroll_FX

    @property
    def row_channels(self) -> Scalar:
        """Channels of a pixel that the array reads at once."""
        channels = {
            ChunkKind.STANDARD: self.unroll_C,
            ChunkKind.DEPTHWISE: self.unroll_K,
            ChunkKind.BOTH: maximum(self.unroll_K, self.unroll_C),
        }
        return channels[self.kind]

    @property
    def stored_bits(self) -> int:
        """The widest word of the store path: residuals have activation bits."""
        return max(self.activation_bits, self.output_bits)

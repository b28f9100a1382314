"""A chunk: one sub-accelerator with its array, its buffers and its share of the DRAM port."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from cosearch.hardware.contract import FRAME_SLOTS, PACKED_BITS
from cosearch.records import Record


class ChunkKind(StrEnum):
    """What an array can run."""

    STANDARD = "standard"
    """Dense, grouped and fully connected layers: K lanes, each a dot product over C."""
    DEPTHWISE = "depthwise"
    """Depthwise layers: one channel a lane."""
    BOTH = "both"
    """A standard array whose lanes also run depthwise layers, one channel a lane, C idle."""


class Unroll(Record):
    """Spatial unrolling: how many of each loop's iterations the array does in one cycle.

    `K` lanes of `C` multipliers are the K x C array. Beside lanes, an array may unroll output columns (`OX`), output
    pixels whatever their row (`OYOX`, rows and columns fused), or the columns of the kernel (`FX`). A depthwise array
    has `C` = 1 and its lanes hold channels.
    """

    K: int = Field(default=1, ge=1)
    C: int = Field(default=1, ge=1)
    OX: int = Field(default=1, ge=1)
    OYOX: int = Field(default=1, ge=1)
    FX: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _pixels_once(self) -> "Unroll":
        if self.OX > 1 and self.OYOX > 1:
            raise ValueError(f"unroll.OX={self.OX} and unroll.OYOX={self.OYOX} both unroll pixels; keep one")
        return self

    @property
    def pixels(self) -> int:
        """Output pixels in one cycle."""
        return self.OX * self.OYOX

    @property
    def multipliers(self) -> int:
        """Products in one cycle."""
        return self.K * self.C * self.OX * self.OYOX * self.FX


class Capacity(Record):
    """Buffer sizes in bits of ONE bank per operand; inputs and outputs, and weights unless resident, have two."""

    I: int = Field(ge=1)  # noqa: E741  operands are called I, W and O everywhere
    W: int = Field(ge=1)
    O: int = Field(ge=1)  # noqa: E741


class Chunk(Record):
    """The wired part of a sub-accelerator; its resources follow from this record and from nothing else.

    Attributes:
        weight_bits, activation_bits: Operand widths of the multipliers and of a word in the buffers.
        unroll: Multipliers in use each cycle.
        capacity_bits: Buffers; a tile must fit one bank.
        read_slots, write_slots: Beats of the port owned in each frame of `FRAME_SLOTS`.
        resident_weights: The W buffer holds all weights of all its layers, in one bank, loaded once at start.
        products_per_dsp: Two narrow products share a DSP slice if both have one operand in common: neighbouring lanes
            an activation, or neighbouring pixels a weight.
        lut_multipliers: Multipliers are made of LUTs whatever their width.
        uram: Operands whose buffers are UltraRAM.
        partial_sums: The store path can add partial sums read back from memory, which orders that split a reduction
            over other output tiles need.
        activation_table: The store path looks activations up that are no clipping, such as swish.
        max_channels: Output channels whose parameters (bias, requantisation) the parameter memory holds.
        output_bits: The widest output that the store path writes.
    """

    kind: ChunkKind
    weight_bits: int = Field(ge=1, le=16)
    activation_bits: int = Field(ge=1, le=16)
    unroll: Unroll
    capacity_bits: Capacity
    read_slots: int = Field(ge=1, le=FRAME_SLOTS)
    write_slots: int = Field(ge=1, le=FRAME_SLOTS)
    resident_weights: bool = False
    products_per_dsp: Literal[1, 2] = 1
    lut_multipliers: bool = False
    uram: tuple[Literal["I", "W", "O"], ...] = ()
    partial_sums: bool = False
    activation_table: bool = False
    max_channels: int = Field(ge=1)
    output_bits: int = Field(ge=1, le=32)

    @model_validator(mode="after")
    def _depthwise_has_no_reduction(self) -> "Chunk":
        if self.kind is ChunkKind.DEPTHWISE and self.unroll.C != 1:
            raise ValueError(f"a depthwise chunk unrolls channels only; set unroll.C={self.unroll.C} to 1")
        return self

    @model_validator(mode="after")
    def _can_pack(self) -> "Chunk":
        if self.products_per_dsp == 1:
            return self
        if self.lut_multipliers:
            raise ValueError("products_per_dsp=2 and lut_multipliers exclude each other; keep one")
        if max(self.weight_bits, self.activation_bits) > PACKED_BITS:
            raise ValueError(
                f"two products of {self.weight_bits} and {self.activation_bits} bits do not fit a DSP slice; "
                f"at most {PACKED_BITS} bits each, or set products_per_dsp to 1"
            )
        # Lanes of a depthwise array share neither operand.
        shared = self.unroll.pixels if self.kind is not ChunkKind.STANDARD else self.unroll.K * self.unroll.pixels
        if shared % 2:
            raise ValueError("products_per_dsp=2 needs an even unrolling of K or of pixels; double one of them")
        return self

"""A chunk: one sub-accelerator with its array, its buffers and its share of the DRAM port."""

from enum import StrEnum

from pydantic import Field, model_validator

from cosearch.hardware.contract import FRAME_SLOTS
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
    """Spatial unrolling: `K` lanes of `C` multipliers. A depthwise array has `C` = 1 and its lanes hold channels."""

    K: int = Field(ge=1)
    C: int = Field(default=1, ge=1)


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
    max_channels: int = Field(ge=1)
    output_bits: int = Field(ge=1, le=32)

    @model_validator(mode="after")
    def _depthwise_has_no_reduction(self) -> "Chunk":
        if self.kind is ChunkKind.DEPTHWISE and self.unroll.C != 1:
            raise ValueError(f"a depthwise chunk unrolls channels only; set unroll.C={self.unroll.C} to 1")
        return self

"""What accelerators may be built: the rule that gives layers to chunks, and the choices of every chunk."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator, model_validator

from cosearch.hardware import FRAME_SLOTS
from cosearch.records import Record

MAX_WIDTHS = 4

SHAPE_RULES = ("single", "kind", "kind_bits", "stage")
"""Allocation rules by which a layer's shape alone decides its chunk."""

Choices = tuple[int, ...]


def _listed(value: object) -> object:
    """One choice fixes a parameter: ``lanes: 16`` is ``lanes: [16]``."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)


def _increasing(value: Choices) -> Choices:
    if not value:
        raise ValueError("give at least one choice")
    if value[0] < 1:
        raise ValueError(f"choice {value[0]} is below 1")
    if any(a >= b for a, b in pairwise(value)):
        sorted_choices = ", ".join(str(choice) for choice in sorted(set(value)))
        raise ValueError(f"choices must increase without repeats: [{sorted_choices}]")
    return value


class CapacityChoices(Record):
    """Buffer sizes to choose from, in bits of ONE bank per operand.

    Attributes:
        W_resident: Sizes of the W buffer of a design whose weights are resident; it holds all weights of the chunk.
    """

    I: Choices = (16_384, 65_536, 262_144, 1_048_576)  # noqa: E741  operands are called I, W and O everywhere
    W: Choices = (8_192, 32_768, 131_072, 524_288)
    O: Choices = (32_768, 131_072, 524_288)  # noqa: E741
    W_resident: Choices = (262_144, 1_048_576, 4_194_304)

    @field_validator("I", "W", "O", "W_resident", mode="before")
    @classmethod
    def _one_choice(cls, value: object) -> object:
        return _listed(value)

    @field_validator("I", "W", "O", "W_resident")
    @classmethod
    def _ordered(cls, value: Choices) -> Choices:
        return _increasing(value)


class ChunkSpace(Record):
    """Choices of one chunk; every chunk of an accelerator chooses for itself. One choice fixes a parameter.

    Combinations that no hardware can have are left out: pixels unrolled twice, two products a slice where no operand
    is shared or both do not fit, UltraRAM on a family without it.

    Attributes:
        lanes: Spatial unrolling of K on a standard or a both chunk.
        reductions: Spatial unrolling of C there.
        depthwise_lanes: Spatial unrolling of the channels on a depthwise chunk.
        columns: Spatial unrolling of OX.
        fused_pixels: Spatial unrolling of OY and OX fused.
        kernel_columns: Spatial unrolling of FX.
        capacity_bits: Buffers.
        read_slots, write_slots: Beats of the DRAM port owned in each frame.
        resident_weights: Whether all weights of the chunk may, or must, stay on chip.
        partial_sums: Whether orders that split a reduction over other output tiles may be used.
        products_per_dsp: 2 where narrow products share a DSP slice.
        lut_multipliers: Whether multipliers may, or must, be made of LUTs.
        uram: Operands whose buffers are UltraRAM: none (""), or some of "IWO".
    """

    lanes: Choices = (4, 8, 16, 32, 64)
    reductions: Choices = (1, 2, 4, 8, 16)
    depthwise_lanes: Choices = (2, 4, 8, 16, 32, 64)
    columns: Choices = (1,)
    fused_pixels: Choices = (1,)
    kernel_columns: Choices = (1,)
    capacity_bits: CapacityChoices = Field(default_factory=CapacityChoices)
    read_slots: Choices = (2, 4, 8, 16, 32)
    write_slots: Choices = (2, 4, 8, 16)
    resident_weights: tuple[bool, ...] = (False,)
    partial_sums: tuple[bool, ...] = (False,)
    products_per_dsp: tuple[Literal[1, 2], ...] = (1,)
    lut_multipliers: tuple[bool, ...] = (False,)
    uram: tuple[str, ...] = ("",)

    @field_validator("*", mode="before")
    @classmethod
    def _one_choice(cls, value: object) -> object:
        return value if isinstance(value, CapacityChoices | dict) else _listed(value)

    @field_validator(
        "lanes",
        "reductions",
        "depthwise_lanes",
        "columns",
        "fused_pixels",
        "kernel_columns",
        "read_slots",
        "write_slots",
    )
    @classmethod
    def _ordered(cls, value: Choices) -> Choices:
        return _increasing(value)

    @field_validator("resident_weights", "partial_sums", "lut_multipliers")
    @classmethod
    def _distinct(cls, value: tuple[bool, ...]) -> tuple[bool, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("takes false, true or both: [false, true]")
        return value

    @field_validator("products_per_dsp")
    @classmethod
    def _products(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("takes 1, 2 or both: [1, 2]")
        return value

    @field_validator("uram")
    @classmethod
    def _operands(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for choice in value:
            if choice != "".join(operand for operand in "IWO" if operand in choice):
                raise ValueError(
                    f'{choice!r} names no buffers; a choice is "" for none, or some of "IWO" in this order'
                )
        if not value or len(set(value)) != len(value):
            raise ValueError('uram takes different choices, such as ["", "W", "IWO"]')
        return value

    @model_validator(mode="after")
    def _slots_fit_the_frame(self) -> "ChunkSpace":
        least = self.read_slots[0] + self.write_slots[0]
        if least > FRAME_SLOTS:
            raise ValueError(
                f"the fewest read_slots and write_slots make {least}, a frame has {FRAME_SLOTS}; offer fewer"
            )
        return self


class AcceleratorSpace(Record):
    """The declared space of accelerators.

    Attributes:
        allocation: Which layers share a chunk. ``single``: all, on one chunk of kind both. ``kind``: depthwise layers
            on a depthwise chunk, all others on a standard one. ``kind_bits``: each kind once per width. ``stage``:
            layers whose output maps, before pooling, are of one size, on a chunk of kind both. ``contiguous``: the
            network in order is cut into runs, each on a chunk of kind both; the cuts are searched. ``searched``: any
            layer on any chunk that can run it. The last two stream weights.
        max_chunks: Most chunks where the allocation is contiguous or searched.
        widths: Operand widths a chunk may have, in bits. A layer needs the largest of its weight, input and residual
            bits. Under ``kind_bits`` it goes to the narrowest width that holds it; else the narrowest that holds all
            layers of the chunk is taken.
        chunk: The choices of each chunk.
    """

    allocation: Literal["single", "kind", "kind_bits", "stage", "contiguous", "searched"] = "kind_bits"
    max_chunks: int = Field(default=4, ge=1, le=12)
    widths: Choices = (4, 8)
    chunk: ChunkSpace = Field(default_factory=ChunkSpace)

    @field_validator("widths", mode="before")
    @classmethod
    def _one_choice(cls, value: object) -> object:
        return _listed(value)

    @field_validator("widths")
    @classmethod
    def _few_widths(cls, value: Choices) -> Choices:
        _increasing(value)
        if len(value) > MAX_WIDTHS:
            raise ValueError(f"{len(value)} widths; at most {MAX_WIDTHS} width classes, drop some")
        if value[-1] > 16:
            raise ValueError(f"width {value[-1]} exceeds the 16 bits of a multiplier")
        return value

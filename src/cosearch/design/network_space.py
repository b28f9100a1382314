"""The space of networks: stages of blocks, each with a choice of operator and of bits."""

import re
from dataclasses import dataclass

from pydantic import Field, field_validator, model_validator

from cosearch.records import Record

SKIP = "skip"
_OPERATOR = re.compile(r"k(\d+)_e(\d+)(?:_g(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An inverted residual: 1x1 expansion, depthwise kernel, 1x1 projection; or the identity (`is_skip`)."""

    kernel: int = 1
    expansion: int = 1
    groups: int = 1
    is_skip: bool = False


def parse_operator(name: str) -> Operator:
    """``k5_e6`` is kernel 5, expansion 6; ``k3_e1_g2`` groups both 1x1 layers by 2; ``skip`` is the identity.

    Raises:
        ValueError: if the name is of no such form.
    """
    if name == SKIP:
        return Operator(is_skip=True)
    match = _OPERATOR.fullmatch(name)
    if match is None:
        raise ValueError(
            f"operator {name!r} is not known; write k<kernel>_e<expansion>, k3_e1_g2 with groups, or skip"
        )
    kernel, expansion, groups = int(match[1]), int(match[2]), int(match[3] or 1)
    if kernel % 2 == 0 or expansion < 1 or groups < 1:
        raise ValueError(f"operator {name!r}: the kernel must be odd, expansion and groups at least 1")
    return Operator(kernel=kernel, expansion=expansion, groups=groups)


class Stage(Record):
    """Blocks of equal width; the first has the stage's stride."""

    channels: int = Field(ge=1)
    blocks: int = Field(ge=1)
    stride: int = Field(default=1, ge=1, le=2)


class Block(Record):
    """What was chosen for one block; a skip has no bits."""

    op: str
    weight_bits: int | None = Field(default=None, ge=2, le=16)
    activation_bits: int | None = Field(default=None, ge=2, le=16)

    @model_validator(mode="after")
    def _bits_unless_skip(self) -> "Block":
        parse_operator(self.op)
        if (self.op == SKIP) != (self.weight_bits is None) or (self.op == SKIP) != (self.activation_bits is None):
            raise ValueError(f"block {self.op!r}: a skip has no bits, every other operator has both")
        return self


class NetworkSpace(Record):
    """Stem, stages of searchable blocks, 1x1 head, global average pooling, classifier.

    Attributes:
        input: Channels, height and width of an image.
        bits: Candidate bitwidths of a block, weights and activations alike.
        edge_bits: Bits of stem, head and classifier, which are not searched.
    """

    name: str
    input: tuple[int, int, int]
    classes: int = Field(ge=2)
    stem_channels: int = Field(ge=1)
    stem_stride: int = Field(default=1, ge=1, le=4)
    stages: tuple[Stage, ...] = Field(min_length=1)
    head_channels: int = Field(ge=1)
    operators: tuple[str, ...] = Field(min_length=1)
    bits: tuple[int, ...] = Field(min_length=1)
    edge_bits: int = Field(default=8, ge=2, le=16)

    @field_validator("operators")
    @classmethod
    def _known_operators(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            parse_operator(name)
        if len(set(names)) != len(names):
            raise ValueError("an operator is listed twice; list each once")
        if all(name == SKIP for name in names):
            raise ValueError("skip alone is no space; add an operator such as k3_e3")
        return names

    @field_validator("bits")
    @classmethod
    def _sane_bits(cls, bits: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 2 <= b <= 16 for b in bits):
            raise ValueError(f"bits {list(bits)} must lie from 2 to 16")
        if list(bits) != sorted(set(bits)):
            raise ValueError(f"bits {list(bits)} must increase, each once")
        return bits

    @field_validator("input")
    @classmethod
    def _sane_input(cls, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(shape) < 1:
            raise ValueError(f"input {list(shape)} must be channels, height, width, each at least 1")
        return shape

    @property
    def num_blocks(self) -> int:
        """Searchable blocks."""
        return sum(stage.blocks for stage in self.stages)

    def block_widths(self) -> list[tuple[int, int, int]]:
        """Input channels, output channels and stride of every block, in order."""
        widths: list[tuple[int, int, int]] = []
        channels = self.stem_channels
        for stage in self.stages:
            for index in range(stage.blocks):
                widths.append((channels, stage.channels, stage.stride if index == 0 else 1))
                channels = stage.channels
        return widths

    def legal_operators(self, block: int) -> tuple[str, ...]:
        """Operators a block may use: a skip keeps shape, groups divide both widths."""
        c_in, c_out, stride = self.block_widths()[block]
        names: list[str] = []
        for name in self.operators:
            op = parse_operator(name)
            if op.is_skip and (stride != 1 or c_in != c_out):
                continue
            if c_in % op.groups or c_out % op.groups or (c_in * op.expansion) % op.groups:
                continue
            names.append(name)
        return tuple(names)

    @model_validator(mode="after")
    def _every_block_has_an_operator(self) -> "NetworkSpace":
        for block in range(self.num_blocks):
            if not self.legal_operators(block):
                raise ValueError(f"block {block} changes shape and no operator of {list(self.operators)} can do that")
        return self

"""What arithmetic and memories take of an FPGA family's fabric: constants, each with its source."""

from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from cosearch.errors import HardwareError
from cosearch.records import Record, find_file, load_yaml, parse_record, shipped_files


class MemoryShape(Record):
    """A memory primitive as a simple dual port: `lut` LUTs, or one BRAM18, hold `depth` words of `width` bits."""

    depth: int = Field(ge=1)
    width: int = Field(ge=1)
    lut: int = Field(default=0, ge=0)


class DspRules(Record):
    """Which multipliers become DSP slices.

    Attributes:
        min_product_bits: A signed product at least this wide takes a DSP.
        min_operand_bits: Unless an operand is narrower than this.
        adds_pairs: Whether a slice's post-adder also sums two products, the first level of an adder tree.
    """

    min_product_bits: int = Field(ge=2)
    min_operand_bits: int = Field(ge=1)
    adds_pairs: bool


class LutRules(Record):
    """LUTs of a chunk's logic, rounded up to whole LUTs; the rules that use them are in `cosearch.cost`.

    Attributes:
        multiplier: LUTs of a signed multiplier without a DSP, by ``narrower x wider`` operand bits, up to 16 x 16.
        pair_per_operand_bit: Two products that share a slice: one operand placed above the other, for each of its
            bits. What the lower product borrows from the upper one is given back as the carry of an adder.
        adder_growth_bits: Mean growth of a sum over its products in an adder tree.
        accumulator: Adder of a lane's partial sum, and the choice of what it starts from.
        pooling_lane: What an accumulator takes more to keep the larger of two numbers.
        pooling_adder_per_bit: The same for an adder of a tree, for each bit of a product.
        store_lane, store_lane_per_bit, store_lane_per_wide_bit: Store path of a lane, and more of it for each bit of
            the widest word it adds or stores, up to 16 bits and above.
        store_lane_partial_sums: More of it where sums read back from memory may take the place of the bias.
        store_lane_dsp: DSP slices of a lane's requantisation.
        table, table_per_bit: A table of 256 words, without its memory, and its memory for each bit of a word.
        steering_per_bit: Choice between the shared and the lane's own word, for each bit of an activation.
        leg, leg_per_beat_bit: The chunk's leg of the way to the shared port.
        unpacker_per_8_beat_bits, packer_per_8_beat_bits: Words out of beats and into beats, by how many widths they
            may have there, from one on.
        control: Loop counters, address generators, burst engines and layer program of one chunk.
    """

    multiplier: dict[str, int]
    pair_per_operand_bit: int = Field(ge=0)
    adder_growth_bits: int = Field(ge=0)
    accumulator: int = Field(ge=0)
    pooling_lane: int = Field(ge=0)
    pooling_adder_per_bit: int = Field(ge=0)
    store_lane: int = Field(ge=0)
    store_lane_per_bit: int = Field(ge=0)
    store_lane_per_wide_bit: int = Field(ge=0)
    store_lane_partial_sums: int = Field(ge=0)
    store_lane_dsp: int = Field(ge=0)
    table: int = Field(ge=0)
    table_per_bit: int = Field(ge=0)
    steering_per_bit: int = Field(ge=0)
    leg: int = Field(ge=0)
    leg_per_beat_bit: int = Field(ge=0)
    unpacker_per_8_beat_bits: tuple[int, ...]
    packer_per_8_beat_bits: tuple[int, ...]
    control: int = Field(ge=0)


class EnergyRules(Record):
    """Dynamic energies of one technology; on an FPGA their ratios are meant, not their absolute size.

    Attributes:
        multiply_joules_per_bit2: A product, for each bit of one operand times each bit of the other.
        add_joules_per_bit: An addition, for each bit of the sum.
        buffer_joules_per_bit: A read or a write of an on-chip buffer.
        dram_joules_per_bit: A transfer to or from DRAM.
    """

    multiply_joules_per_bit2: float = Field(ge=0)
    add_joules_per_bit: float = Field(ge=0)
    buffer_joules_per_bit: float = Field(ge=0)
    dram_joules_per_bit: float = Field(ge=0)


STORED_WIDTHS_BITS = (4, 6, 8, 16)
"""Widths at which tensors may lie in memory, beside a chunk's own, as far as they are narrower."""


WIDE_WORD_BITS = 16
"""Up to this, each bit of a word of the store path takes as many LUTs; above, each takes fewer, as measured."""


class FabricRules(Record):
    """A family of FPGA parts. Every section cites its source in `sources`.

    Attributes:
        bram18: Aspect ratios of one BRAM18 as a simple dual port.
        cascades: Whether block RAMs one above another choose among their outputs without LUTs.
        lutram: Memories made of LUTs, shallowest first; what is deeper than the last becomes BRAM.
        uram: One UltraRAM block, where the family has them.
    """

    family: str
    bram18: tuple[MemoryShape, ...] = Field(min_length=1)
    cascades: bool
    lutram: tuple[MemoryShape, ...] = Field(min_length=1)
    uram: MemoryShape | None = None
    dsp: DspRules
    lut: LutRules
    energy: EnergyRules
    sources: dict[str, str]

    @model_validator(mode="after")
    def _cites_everything(self) -> "FabricRules":
        needed = ("bram18", "lutram", *(("uram",) if self.uram else ()), "dsp", "lut", "energy")
        missing = [key for key in needed if not self.sources.get(key)]
        if missing:
            raise ValueError(f"sources lacks {', '.join(missing)}; say where the numbers come from")
        return self

    @model_validator(mode="after")
    def _shallowest_first(self) -> "FabricRules":
        depths = [shape.depth for shape in self.lutram]
        if depths != sorted(set(depths)):
            raise ValueError(f"lutram depths {depths} must increase, each once")
        if any(shape.lut < 1 for shape in self.lutram):
            raise ValueError("every lutram shape takes at least one LUT; give its lut")
        return self

    @model_validator(mode="after")
    def _serves_every_width(self) -> "FabricRules":
        widths = len(STORED_WIDTHS_BITS)
        for name, least in (("unpacker_per_8_beat_bits", widths), ("packer_per_8_beat_bits", widths + 2)):
            given: tuple[int, ...] = getattr(self.lut, name)
            if len(given) < least:
                raise ValueError(f"lut.{name} has {len(given)} counts; give {least}, for 1 to {least} widths")
        return self

    @model_validator(mode="after")
    def _knows_every_multiplier(self) -> "FabricRules":
        for wide in range(1, 17):
            for narrow in range(1, wide + 1):
                if f"{narrow}x{wide}" not in self.lut.multiplier:
                    raise ValueError(f"lut.multiplier lacks {narrow}x{wide}, which a chunk may ask for; add it")
        return self

    def multiplier_is_dsp(self, a_bits: int, b_bits: int) -> bool:
        """Whether synthesis gives a signed multiplier of these operands a DSP slice unless told otherwise."""
        wide_enough = min(a_bits, b_bits) >= self.dsp.min_operand_bits
        return wide_enough and a_bits + b_bits >= self.dsp.min_product_bits

    def lut_multiplier(self, a_bits: int, b_bits: int) -> int:
        """LUTs of a signed multiplier of these operands that takes no DSP slice."""
        return self.lut.multiplier[f"{min(a_bits, b_bits)}x{max(a_bits, b_bits)}"]

    def pair_lut(self, a_bits: int, b_bits: int) -> int:
        """LUTs that two products of these operands need beside the slice that they share, whichever is shared."""
        return self.lut.pair_per_operand_bit * max(a_bits, b_bits)

    def store_lane_lut(self, word_bits: int) -> int:
        """LUTs of the store path of a lane whose widest word has so many bits."""
        narrow, rules = min(word_bits, WIDE_WORD_BITS), self.lut
        wide = (word_bits - narrow) * rules.store_lane_per_wide_bit
        return rules.store_lane + narrow * rules.store_lane_per_bit + wide

    def unpacker_lut(self, word_bits: int, beat_bits: int) -> int:
        """LUTs that take words of a buffer out of beats."""
        return self.lut.unpacker_per_8_beat_bits[_num_widths(word_bits) - 1] * beat_bits // 8

    def packer_lut(self, word_bits: int, beat_bits: int, *, partial_sums: bool) -> int:
        """LUTs that put words of the store path, and partial sums where there are any, into beats."""
        choices = _num_widths(word_bits) + int(partial_sums)
        return self.lut.packer_per_8_beat_bits[choices - 1] * beat_bits // 8

    def leg_lut(self, beat_bits: int) -> int:
        """LUTs of a chunk's leg of the way to the shared port."""
        return self.lut.leg + self.lut.leg_per_beat_bit * beat_bits


def _num_widths(word_bits: int) -> int:
    """Widths that words may have in memory: their own and the narrower usual ones."""
    return 1 + sum(width < word_bits for width in STORED_WIDTHS_BITS)


@cache
def load_fabric(name_or_path: str) -> FabricRules:
    """The rules of a shipped family by name, or a user's from a YAML file.

    Raises:
        HardwareError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, _shipped(), noun="fabric family", error=HardwareError)
    value, lines = load_yaml(path, HardwareError)
    return parse_record(FabricRules, value, source=path.name, error=HardwareError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.hardware", "fabrics")

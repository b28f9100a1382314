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
    """LUTs of a chunk's logic, rounded up to whole LUTs; the rules that use them are in `cosearch.cost.resources`.

    Attributes:
        multiplier: LUTs of a signed multiplier without a DSP, by ``narrower x wider`` operand bits.
        adder_growth_bits: Mean growth of a sum over its products in an adder tree.
        accumulator: Adder of a lane's partial sum, and the choice of what it starts from.
        store_lane, store_lane_per_bit: Store path of a lane, and more of it for each bit of the widest word it
            adds or stores.
        store_lane_dsp: DSP slices of a lane's requantisation.
        steering_per_bit: Choice between the shared and the lane's own word, for each bit of an activation.
        stream: The leg of the way to the shared port that does not depend on the beat.
        stream_per_beat_bit: Unpackers, packer and the rest of that leg, for each bit of a beat, by the widest
            word they serve: a wider chunk must unpack tensors of more widths.
        control: Loop counters, address generators, burst engines and layer program of one chunk.
    """

    multiplier: dict[str, int]
    adder_growth_bits: int = Field(ge=0)
    accumulator: int = Field(ge=0)
    store_lane: int = Field(ge=0)
    store_lane_per_bit: int = Field(ge=0)
    store_lane_dsp: int = Field(ge=0)
    steering_per_bit: int = Field(ge=0)
    stream: int = Field(ge=0)
    stream_per_beat_bit: dict[int, int]
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


class FabricRules(Record):
    """A family of FPGA parts. Every section cites its source in `sources`.

    Attributes:
        bram18: Aspect ratios of one BRAM18 as a simple dual port.
        lutram: Memories made of LUTs, shallowest first; what is deeper than the last becomes BRAM.
    """

    family: str
    bram18: tuple[MemoryShape, ...] = Field(min_length=1)
    lutram: tuple[MemoryShape, ...] = Field(min_length=1)
    dsp: DspRules
    lut: LutRules
    energy: EnergyRules
    sources: dict[str, str]

    @model_validator(mode="after")
    def _cites_everything(self) -> "FabricRules":
        missing = [key for key in ("bram18", "lutram", "dsp", "lut", "energy") if not self.sources.get(key)]
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
        if max(self.lut.stream_per_beat_bit, default=0) < 16:
            raise ValueError("lut.stream_per_beat_bit serves no 16-bit activation; add key 16")
        return self

    @model_validator(mode="after")
    def _knows_every_multiplier(self) -> "FabricRules":
        for wide in range(1, 17):
            for narrow in range(1, wide + 1):
                if not self.multiplier_is_dsp(narrow, wide) and f"{narrow}x{wide}" not in self.lut.multiplier:
                    raise ValueError(
                        f"lut.multiplier lacks {narrow}x{wide}, which the dsp rule leaves to LUTs; add it"
                    )
        return self

    def multiplier_is_dsp(self, a_bits: int, b_bits: int) -> bool:
        """Whether a signed multiplier of these operands takes a DSP slice; one takes one, nothing is packed."""
        wide_enough = min(a_bits, b_bits) >= self.dsp.min_operand_bits
        return wide_enough and a_bits + b_bits >= self.dsp.min_product_bits

    def multiplier_lut(self, a_bits: int, b_bits: int) -> int:
        """LUTs of a signed multiplier of these operands; 0 where it is a DSP slice."""
        if self.multiplier_is_dsp(a_bits, b_bits):
            return 0
        return self.lut.multiplier[f"{min(a_bits, b_bits)}x{max(a_bits, b_bits)}"]

    def stream_lut(self, stored_bits: int, beat_bits: int) -> int:
        """LUTs between the buffers and the shared DRAM port, by the widest words. The last key stands for wider."""
        keys = sorted(self.lut.stream_per_beat_bit)
        widest = next((bits for bits in keys if bits >= stored_bits), keys[-1])
        return self.lut.stream + self.lut.stream_per_beat_bit[widest] * beat_bits


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

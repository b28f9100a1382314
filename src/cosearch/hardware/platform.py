"""Platforms: what may be built on, read from YAML."""

from pathlib import Path

from pydantic import Field, model_validator

from cosearch.errors import HardwareError
from cosearch.hardware.contract import (
    FRAME_SLOTS,
    LAYER_SETUP_CYCLES,
    STORE_OVERHEAD_CYCLES,
    TILE_OVERHEAD_CYCLES,
)
from cosearch.hardware.port import DramPort
from cosearch.records import Record, find_file, load_yaml, parse_record, shipped_files
from cosearch.units import cycles_of


class Fabric(Record):
    """Resources of an FPGA part; `lutram` are those of its LUTs that may be memory."""

    dsp: int = Field(ge=0)
    bram18: int = Field(ge=0)
    uram: int = Field(ge=0)
    lut: int = Field(ge=0)
    lutram: int = Field(default=0, ge=0)


class Dram(Record):
    """The memory behind the accelerator's port.

    Attributes:
        bandwidth_bits_per_second: Peak of the memory interface.
        usable_fraction: Part of the peak that long bursts reach.
        beat_bits: Width of the port at the accelerator clock.
        burst_latency_seconds: Time that every burst costs beside its beats.
    """

    bandwidth_bits_per_second: float = Field(gt=0)
    usable_fraction: float = Field(gt=0, le=1)
    beat_bits: int = Field(ge=8)
    burst_latency_seconds: float = Field(ge=0)


class Overheads(Record):
    """Cycles that control adds; the timing contract's unless a board was measured."""

    layer_cycles: int = Field(default=LAYER_SETUP_CYCLES, ge=0)
    step_cycles: int = Field(default=TILE_OVERHEAD_CYCLES, ge=0)
    store_cycles: int = Field(default=STORE_OVERHEAD_CYCLES, ge=0)


class Platform(Record):
    """An FPGA part on a board. Every section cites its source in `sources`."""

    name: str
    part: str
    family: str
    resources: Fabric
    shell: Fabric
    usable_fraction: float = Field(default=0.8, gt=0, le=1)
    clock_hertz: float = Field(gt=0)
    dram: Dram
    overheads: Overheads = Field(default_factory=Overheads)
    static_watts: float = Field(ge=0)
    sources: dict[str, str]

    @model_validator(mode="after")
    def _cites_everything(self) -> "Platform":
        needed = ("resources", "shell", "clock_hertz", "dram", "static_watts")
        missing = [key for key in needed if not self.sources.get(key)]
        if missing:
            raise ValueError(f"sources lacks {', '.join(missing)}; say where the numbers come from")
        return self

    @model_validator(mode="after")
    def _says_which_luts_are_memory(self) -> "Platform":
        if self.resources.lutram == 0 or self.resources.lutram > self.resources.lut:
            raise ValueError(
                f"resources.lutram is {self.resources.lutram}; give how many of the {self.resources.lut} LUTs "
                "may be memory"
            )
        return self

    @model_validator(mode="after")
    def _shell_fits(self) -> "Platform":
        for key, left in self.budget().items():
            if left < 0:
                used: int = getattr(self.shell, key)
                raise ValueError(
                    f"the shell's {used} {key} exceed the usable {used + left}; "
                    "shrink the shell or raise usable_fraction"
                )
        return self

    def budget(self) -> dict[str, int]:
        """Resources a design may use: the usable fraction of the part, less the shell."""
        return {
            key: int(getattr(self.resources, key) * self.usable_fraction) - getattr(self.shell, key)
            for key in ("dsp", "bram18", "uram", "lut", "lutram")
        }

    def port(self, clock_hertz: float) -> DramPort:
        """The DRAM port at a clock; slots are bounded by the memory's usable bandwidth.

        Raises:
            HardwareError: if the memory is too slow for two slots of a frame.
        """
        bits_per_cycle = self.dram.bandwidth_bits_per_second * self.dram.usable_fraction / clock_hertz
        slots = min(FRAME_SLOTS, int(FRAME_SLOTS * bits_per_cycle / self.dram.beat_bits))
        if slots < 2:
            raise HardwareError(
                f"{bits_per_cycle:.3g} bits a cycle fill {slots} of {FRAME_SLOTS} slots "
                f"of {self.dram.beat_bits} bits, 2 are needed; narrow dram.beat_bits or lower the clock"
            ).at(self.name)
        return DramPort(
            beat_bits=self.dram.beat_bits,
            burst_latency_cycles=cycles_of(self.dram.burst_latency_seconds, clock_hertz),
            total_slots=slots,
            layer_overhead_cycles=self.overheads.layer_cycles,
            step_overhead_cycles=self.overheads.step_cycles,
            store_overhead_cycles=self.overheads.store_cycles,
        )


def platform_names() -> tuple[str, ...]:
    """Names of the shipped platforms."""
    return tuple(sorted(_shipped()))


def load_platform(name_or_path: str) -> Platform:
    """A shipped platform by name, or a user's from a YAML file.

    Raises:
        HardwareError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, _shipped(), noun="platform", error=HardwareError)
    value, lines = load_yaml(path, HardwareError)
    return parse_record(Platform, value, source=path.name, error=HardwareError, lines=lines)


def _shipped() -> dict[str, Path]:
    return shipped_files("cosearch.hardware", "platforms")

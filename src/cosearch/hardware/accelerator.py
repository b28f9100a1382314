"""An accelerator: chunks on a platform, and the program each one runs."""

from typing import Literal

from pydantic import Field

from cosearch.errors import HardwareError
from cosearch.hardware.chunk import Chunk
from cosearch.hardware.legality import check_mapping
from cosearch.hardware.mapping import Mapping
from cosearch.hardware.port import DramPort
from cosearch.records import Record
from cosearch.workload import Workload


class LayerProgram(Mapping):
    """The mapping of one named layer."""

    name: str


class ChunkProgram(Chunk):
    """A chunk and the layers it runs, one after another."""

    layers: tuple[LayerProgram, ...] = Field(min_length=1)


class Accelerator(Record):
    """Chunks that share a DRAM port by slots and work on different images at the same time."""

    platform: str
    clock_hertz: float = Field(gt=0)
    mode: Literal["programmable"] = "programmable"
    port: DramPort
    chunks: tuple[ChunkProgram, ...] = Field(min_length=1)

    def check(self, workload: Workload) -> None:
        """Refuse an accelerator that could not run a network.

        Raises:
            HardwareError: if a layer is run by no chunk or by two, slots are overbooked, or resident weights do not
                fit.
            MappingError: if a mapping is illegal; names chunk and layer.
        """
        seen: dict[str, int] = {}
        for index, program in enumerate(self.chunks):
            for entry in program.layers:
                if entry.name in seen:
                    raise HardwareError(f"layer {entry.name!r} runs on chunk {seen[entry.name]} and on chunk {index}")
                seen[entry.name] = index
                layer = workload.layer(entry.name)
                try:
                    check_mapping(layer, entry, program, self.port.beat_bits)
                except HardwareError as error:
                    raise error.at(f"chunks[{index}].layers[{entry.name}]") from None
            self._check_resident(index, program, workload)
        missing = [layer.name for layer in workload.layers if layer.name not in seen]
        if missing:
            raise HardwareError(f"no chunk runs {missing[0]!r}; add it to a chunk's layers")
        slots = sum(p.read_slots + p.write_slots for p in self.chunks)
        if slots > self.port.total_slots:
            raise HardwareError(f"chunks own {slots} slots, the port has {self.port.total_slots}")

    def _check_resident(self, index: int, program: ChunkProgram, workload: Workload) -> None:
        if not program.resident_weights:
            return
        need = sum(workload.layer(entry.name).num_weights for entry in program.layers) * program.weight_bits
        if need > program.capacity_bits.W:
            raise HardwareError(
                f"resident weights of {need} bits do not fit the W buffer of {program.capacity_bits.W} bits"
            ).at(f"chunks[{index}]")

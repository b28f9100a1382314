"""An accelerator: chunks on a platform, and the program each one runs."""

from itertools import pairwise
from typing import Literal

from pydantic import Field

from cosearch.errors import HardwareError, InputError
from cosearch.hardware.chunk import Chunk
from cosearch.hardware.legality import check_mapping, resident_bits
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
            HardwareError: if a layer is run by no chunk or twice, a chunk runs its layers in another order than the
                network's, slots are overbooked, or resident weights do not fit.
            MappingError: if a mapping is illegal; names chunk and layer.
            WorkloadError: if a chunk runs a layer that the network does not have.
        """
        order = {layer.name: position for position, layer in enumerate(workload.layers)}
        seen: dict[str, int] = {}
        for index, program in enumerate(self.chunks):
            for entry in program.layers:
                if entry.name in seen:
                    raise HardwareError(
                        f"layer {entry.name!r} runs on chunk {seen[entry.name]} and on chunk {index}; keep one"
                    )
                seen[entry.name] = index
                try:
                    check_mapping(workload.layer(entry.name), entry, program, self.port.beat_bits)
                except InputError as error:
                    raise error.at(f"chunks[{index}].layers[{entry.name}]") from None
            _check_order(index, program, order)
            _check_resident(index, program, workload)
        missing = [name for name in order if name not in seen]
        if missing:
            raise HardwareError(f"no chunk runs {missing[0]!r}; add it to a chunk's layers")
        slots = sum(p.read_slots + p.write_slots for p in self.chunks)
        if slots > self.port.total_slots:
            raise HardwareError(
                f"chunks own {slots} slots, the port has {self.port.total_slots}; give some chunk fewer"
            )


def _check_order(index: int, program: ChunkProgram, order: dict[str, int]) -> None:
    """A layer before its producer on the same chunk would wait for ever."""
    for before, after in pairwise(program.layers):
        if order[before.name] > order[after.name]:
            raise HardwareError(f"runs {before.name!r} before {after.name!r}; keep the order of the network").at(
                f"chunks[{index}]"
            )


def _check_resident(index: int, program: ChunkProgram, workload: Workload) -> None:
    if not program.resident_weights:
        return
    need = sum(resident_bits(workload.layer(entry.name), program) for entry in program.layers)
    if need > program.capacity_bits.W:
        raise HardwareError(
            f"resident weights of {need} bits do not fit the W buffer of {program.capacity_bits.W} bits; enlarge it"
        ).at(f"chunks[{index}]")

"""The `Design`: network, bits, accelerator and mapping, with what is predicted of them. Written as design.json."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from cosearch.design.limits import LimitResult
from cosearch.design.network_space import Block, NetworkSpace
from cosearch.errors import DesignError
from cosearch.hardware import Accelerator
from cosearch.records import Record, parse_record, read_json

SCHEMA = 1


class NetworkDesign(Record):
    """The chosen network, with the space it was chosen from so that it can be rebuilt from this file alone."""

    input: tuple[int, int, int]
    classes: int
    blocks: tuple[Block, ...]
    space: NetworkSpace


class GivenNetwork(Record):
    """A network that was given: its layers lie in layers.yaml beside design.json.

    Attributes:
        source: The file it was read from, by name, or the run it was found in.
        layers_sha256: Of layers.yaml.
    """

    source: str
    num_layers: int
    layers_sha256: str


class LayerCost(Record):
    """One layer on its chunk.

    Attributes:
        bound: The server that is busy longest.
        compute_cycles, read_cycles, write_cycles: How long each server is busy.
        overhead_cycles, exposed_read_cycles, exposed_write_cycles: What the layer takes beside `compute_cycles`; the
            four make `cycles`.
        dram_bits_by_operand: Parts of `dram_bits`.
        energy_by_part_joules: Parts of `energy_joules`, without static power.
    """

    name: str
    chunk: int
    cycles: int
    bound: Literal["compute", "read", "write"]
    compute_cycles: int
    read_cycles: int
    write_cycles: int
    overhead_cycles: int
    exposed_read_cycles: int
    exposed_write_cycles: int
    dram_bits: int
    dram_bits_by_operand: dict[str, int]
    num_macs: int
    energy_joules: float
    energy_by_part_joules: dict[str, float]


class ChunkCost(Record):
    """One chunk: cycles, traffic and dynamic energy of its layers, and its resources."""

    cycles: int
    dram_bits: int
    energy_joules: float
    dsp: int
    bram18: int
    uram: int
    lut: int


class Predicted(Record):
    """What the closed form says; every number follows from network and accelerator."""

    period_cycles: int
    fps: float
    latency_seconds: float
    latency_loaded_seconds: float
    energy_joules: float
    edp: float
    power_watts: float
    dsp: int
    bram18: int
    uram: int
    lut: int
    dram_bits: int
    model_bits: int
    energy_by_part_joules: dict[str, float]
    confidence: dict[str, str]
    per_chunk: tuple[ChunkCost, ...]
    per_layer: tuple[LayerCost, ...]


class EngineRecord(Record):
    """Who found the accelerator and what it can say of it. The gap is value over bound, less one."""

    name: str
    objective: str
    certified: bool
    gap: float | None
    scope: str


class Accuracy(Record):
    """Accuracies by the split they were measured on."""

    supernet_val: float | None = None
    retrained_val: float | None = None
    retrained_test: float | None = None
    integer_test: float | None = None


class Design(Record):
    """A finished design. Holds no time, no path and no host, so that equal searches write equal bytes.

    Attributes:
        recipe: Names the recipe of a search, or the model that an accelerator was found for.
        network: Found by a search, or given.
    """

    schema_version: Literal[1] = Field(default=SCHEMA, alias="schema")
    recipe: str
    seed: int
    status: Literal["feasible"]
    network: NetworkDesign | GivenNetwork
    accelerator: Accelerator
    predicted: Predicted
    limits: tuple[LimitResult, ...]
    engine: EngineRecord
    accuracy: Accuracy

    @property
    def found_network(self) -> NetworkDesign:
        """The network a search found.

        Raises:
            DesignError: if the network was given.
        """
        if isinstance(self.network, GivenNetwork):
            raise DesignError(f"the network was not searched but given in {self.network.source}; it has no blocks")
        return self.network


def load_design(path: Path) -> Design:
    """Read a design.json.

    Raises:
        DesignError: if it is missing, not JSON, of an unknown version or wrong in a field.
    """
    value = read_json(path, DesignError)
    version = value.get("schema")
    if type(version) is not int or version != SCHEMA:  # True is equal to 1
        raise DesignError(f"schema {version!r} is not known; this version reads {SCHEMA}").at(path.name)
    return parse_record(Design, value, source=path.name, error=DesignError)

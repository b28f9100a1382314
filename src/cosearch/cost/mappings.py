"""The best mappings of all layers of a chunk at once."""

from collections.abc import Sequence

from cosearch.cost.table import UNREACHABLE, CapacityGrid, best_mapping, mapping_table
from cosearch.cost.tilings import candidate_tilings
from cosearch.hardware import Chunk, DramPort, Mapping
from cosearch.workload import Layer


def best_mappings(layers: Sequence[Layer], chunk: Chunk, port: DramPort) -> list[Mapping]:
    """What `best_mapping` finds for each layer.

    Layers of equal shape are priced once, tilings of one form and pattern together.

    Raises:
        HardwareError: if a layer may not run on the chunk.
        MappingError: if no tiling of a layer fits its buffers.
    """
    sizes = chunk.capacity_bits
    cycles, codes = mapping_table(
        layers,
        kind=chunk.kind,
        weight_bits=chunk.weight_bits,
        activation_bits=chunk.activation_bits,
        unrolls=[chunk.unroll],
        capacities=CapacityGrid(I=(sizes.I,), W=(sizes.W,), O=(sizes.O,)),
        slots=[(chunk.read_slots, chunk.write_slots)],
        resident_weights=chunk.resident_weights,
        partial_sums=chunk.partial_sums,
        port=port,
    )
    found: list[Mapping] = []
    for layer, least, code in zip(layers, cycles.flatten().tolist(), codes.flatten().tolist(), strict=True):
        if least >= UNREACHABLE:
            found.append(best_mapping(layer, chunk, port)[0])  # says why there is none
        else:
            found.append(_numbered(layer, int(code), chunk, port))
    return found


def _numbered(layer: Layer, code: int, chunk: Chunk, port: DramPort) -> Mapping:
    """A tiling by its number among all candidates of a layer."""
    for tilings in candidate_tilings(layer, port.beat_bits, partial_sums=chunk.partial_sums):
        if code < len(tilings):
            return tilings.mapping(layer, code)
        code -= len(tilings)
    raise AssertionError(code)  # numbers are those of the candidates

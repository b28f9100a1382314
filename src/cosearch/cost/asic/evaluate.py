"""What a network costs on an array: the metrics, and every layer's rows."""

from collections.abc import Mapping

from cosearch.cost.asic.energy import LEAKAGE
from cosearch.cost.asic.nest import nest_of
from cosearch.cost.asic.price import ArrayPrice, price_layers
from cosearch.cost.asic.rates import ArrayRates, area_m2, rates_of_array
from cosearch.cost.asic.structure import loads_weights, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import ArrayAccelerator, ArrayMapping, Technology, check_array_mapping
from cosearch.records import Record
from cosearch.workload import Layer, Workload


class ArrayLayerCost(Record):
    """One layer on an array.

    Attributes:
        cycles, cycles_by_part: All cycles, and what they are spent on.
        bound: The server that works longest.
        busy_cycles: How long each server works.
        accesses: Memory words read and written, as `place_operand_reads` and `place_operand_writes`.
        dram_bits, dram_bits_by_operand: To and from DRAM.
        energy_joules, energy_by_part_joules: With leakage.
        utilisation: Share of all elements over all cycles that operations of the layer take.
    """

    name: str
    cycles: int
    cycles_by_part: dict[str, int]
    bound: str
    busy_cycles: dict[str, int]
    accesses: dict[str, int]
    dram_bits: int
    dram_bits_by_operand: dict[str, int]
    num_macs: int
    energy_joules: float
    energy_by_part_joules: dict[str, float]
    utilisation: float


class ArrayCost(Record):
    """A network on an array; energy and traffic are those of one image.

    Attributes:
        latency_seconds: From the first word to the last, of all images that run together.
        energy_by_part_joules, area_by_part_m2: Parts of `energy_joules` and `area_m2`.
        confidence: What is known of how far the numbers can be trusted.
    """

    fps: float
    latency_seconds: float
    energy_joules: float
    edp: float
    power_watts: float
    area_m2: float
    dram_bits: float
    model_bits: int
    cycles: int
    images: int
    utilisation: float
    energy_by_part_joules: dict[str, float]
    area_by_part_m2: dict[str, float]
    confidence: dict[str, str]
    per_layer: tuple[ArrayLayerCost, ...]


CONFIDENCE = {
    "counts": "equal to three other tools on their conventions",
    "cycles": "closed form, held against one chip",
    "energy": "constants of several sources; relative",
    "area": "constants of several sources; relative",
}


def evaluate_array(
    workload: Workload,
    array: ArrayAccelerator,
    mappings: Mapping[str, ArrayMapping],
    technology: Technology,
) -> ArrayCost:
    """Every metric of a network whose layers run on an array one after another.

    Raises:
        MappingError: if a layer has no mapping, cannot run as it says, or layers have different numbers of images.
    """
    rates = rates_of_array(array, technology)
    rows = tuple(_layer_cost(layer, array, mappings, rates) for layer in workload.layers)
    images = workload.layers[0].N
    odd = [layer for layer in workload.layers if layer.N != images]
    if odd:
        raise MappingError(f"N={odd[0].N} after N={images}; give all layers the same number of images").at(
            odd[0].name
        )
    cycles = sum(row.cycles for row in rows)
    seconds = cycles / array.clock_hertz
    parts = _totals([row.energy_by_part_joules for row in rows], images)
    energy = sum(parts.values())
    area = area_m2(array, technology)
    operations = sum(layer.num_operations for layer in workload.layers)
    return ArrayCost(
        fps=images / seconds,
        latency_seconds=seconds,
        energy_joules=energy,
        edp=energy * seconds,
        power_watts=energy * images / seconds,
        area_m2=sum(area.values()),
        dram_bits=sum(row.dram_bits for row in rows) / images,
        model_bits=workload.model_bits,
        cycles=cycles,
        images=images,
        utilisation=operations / (cycles * array.num_elements),
        energy_by_part_joules=parts,
        area_by_part_m2=area,
        confidence=dict(CONFIDENCE),
        per_layer=rows,
    )


def _layer_cost(
    layer: Layer, array: ArrayAccelerator, mappings: Mapping[str, ArrayMapping], rates: ArrayRates
) -> ArrayLayerCost:
    if layer.name not in mappings:
        raise MappingError("no mapping; give one for every layer").at(layer.name)
    mapping = mappings[layer.name]
    check_array_mapping(layer, mapping, array)
    structure = structure_of(array, loads_weights=loads_weights(layer))
    price = price_layers(nest_of(layer, mapping), structure, rates)
    energy = {part: float(joules) for part, joules in price.energy_by_part_joules.items()}
    busy = {server: int(cycles) for server, cycles in price.timing.busy.items()}
    return ArrayLayerCost(
        name=layer.name,
        cycles=int(price.timing.cycles),
        cycles_by_part={part: int(cycles) for part, cycles in price.timing.parts.items()},
        bound=max(busy, key=lambda server: busy[server]),
        busy_cycles=busy,
        accesses=_accesses(price),
        dram_bits=int(price.dram_bits),
        dram_bits_by_operand={name: int(bits) for name, bits in price.traffic.dram_bits.items()},
        num_macs=layer.num_macs,
        energy_joules=sum(energy.values()),
        energy_by_part_joules=energy,
        utilisation=float(price.utilisation),
    )


def _accesses(price: ArrayPrice) -> dict[str, int]:
    rows: dict[str, int] = {}
    for (place, operand), access in price.traffic.accesses.items():
        rows[f"{place}_{operand}_reads"] = int(access.reads)
        rows[f"{place}_{operand}_writes"] = int(access.writes)
    return rows


def _totals(rows: list[dict[str, float]], images: int) -> dict[str, float]:
    totals: dict[str, float] = {}
    for row in rows:
        for part, joules in row.items():
            totals[part] = totals.get(part, 0.0) + joules / images
    totals[LEAKAGE] = totals.pop(LEAKAGE)
    return totals

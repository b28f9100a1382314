"""What a network costs on an accelerator, all of it, in integers where they exist."""

from typing import Literal

from cosearch.cost.energy import ENERGY_PARTS, layer_energy_joules, rows_of
from cosearch.cost.resources import resources_of
from cosearch.cost.schedule import schedule_alone, schedule_loaded
from cosearch.cost.shape import shape_of
from cosearch.cost.timing import LayerTiming, time_layer
from cosearch.design import METRICS, ChunkCost, LayerCost, Predicted
from cosearch.errors import HardwareError
from cosearch.hardware import Accelerator, FabricRules, Platform, load_fabric
from cosearch.workload import Workload

_CYCLES = (
    "cycles",
    "compute_cycles",
    "read_cycles",
    "write_cycles",
    "exposed_read_cycles",
    "exposed_write_cycles",
)
_OPERANDS = ("parameter", "weight", "input", "sum", "residual", "output")

CONFIDENCE = {
    "cycles": "exact by the timing contract",
    "resources": "rules fitted to synthesis, without place and route",
    "energy": "relative",
}


def evaluate(workload: Workload, accelerator: Accelerator, platform: Platform) -> Predicted:
    """Every metric of a network on an accelerator.

    Energy is per image at full rate: dynamic energy of its layers and static power over one period. Resources and
    dynamic energy are sums over chunks and layers; the parts are in the result.

    Raises:
        HardwareError: if the accelerator is for another platform or port, or could not run the network.
    """
    _check_platform(accelerator, platform)
    accelerator.check(workload)
    layers = _layer_costs(workload, accelerator, load_fabric(platform.family))
    chunks = _chunk_costs(accelerator, layers, platform)
    cycles = {name: result.cycles for name, result in layers.items()}
    chunk_of = {name: result.chunk for name, result in layers.items()}
    period = max(chunk.cycles for chunk in chunks)
    period_seconds = period / accelerator.clock_hertz
    latency_seconds = schedule_alone(workload, cycles, chunk_of).latency_cycles / accelerator.clock_hertz
    loaded_seconds = schedule_loaded(workload, cycles, chunk_of).latency_cycles / accelerator.clock_hertz
    parts = _energy_parts(layers, static_joules=platform.static_watts * period_seconds)
    energy = sum(parts.values())
    return Predicted(
        period_cycles=period,
        fps=accelerator.clock_hertz / period,
        latency_seconds=latency_seconds,
        latency_loaded_seconds=loaded_seconds,
        energy_joules=energy,
        edp=energy * latency_seconds,
        power_watts=energy / period_seconds,
        dsp=sum(chunk.dsp for chunk in chunks),
        bram18=sum(chunk.bram18 for chunk in chunks),
        uram=sum(chunk.uram for chunk in chunks),
        lut=sum(chunk.lut for chunk in chunks),
        dram_bits=sum(result.dram_bits for result in layers.values()),
        model_bits=workload.model_bits,
        energy_by_part_joules=parts,
        confidence=dict(CONFIDENCE),
        per_chunk=chunks,
        per_layer=tuple(layers.values()),
    )


def metric_values(predicted: Predicted) -> dict[str, float]:
    """The metrics a limit may bound, by name; those that no accelerator decides are left out."""
    return {name: float(getattr(predicted, name)) for name in METRICS if name in Predicted.model_fields}


def _check_platform(accelerator: Accelerator, platform: Platform) -> None:
    if accelerator.platform != platform.name:
        raise HardwareError(
            f"the accelerator is for platform {accelerator.platform!r}, not {platform.name!r}; load that one"
        )
    port = platform.port(accelerator.clock_hertz)
    if accelerator.port != port:
        raise HardwareError(
            f"the port ({accelerator.port}) is not the one of {platform.name} at {accelerator.clock_hertz:g} Hz "
            f"({port}); take Platform.port"
        )


def _layer_costs(workload: Workload, accelerator: Accelerator, fabric: FabricRules) -> dict[str, LayerCost]:
    """Rows by name, in network order."""
    rows: dict[str, LayerCost] = {}
    for index, chunk in enumerate(accelerator.chunks):
        for mapping in chunk.layers:
            layer = workload.layer(mapping.name)
            timing = time_layer(layer, mapping, chunk, accelerator.port)
            shape = shape_of(layer, accelerator.port.beat_bits)
            priced = layer_energy_joules(
                shape, timing, rows_of(chunk, is_depthwise=layer.is_depthwise), fabric.energy
            )
            energy = {part: float(joules) for part, joules in priced.items()}
            rows[layer.name] = LayerCost(
                name=layer.name,
                chunk=index,
                bound=_longest_server(timing),
                **{name: int(getattr(timing, name)) for name in _CYCLES},
                overhead_cycles=accelerator.port.layer_overhead_cycles,
                dram_bits=int(timing.dram_bits),
                dram_bits_by_operand={
                    operand: int(getattr(timing, f"{operand}_beats")) * accelerator.port.beat_bits
                    for operand in _OPERANDS
                },
                num_macs=layer.num_macs,
                energy_joules=sum(energy.values()),
                energy_by_part_joules=energy,
            )
    return {layer.name: rows[layer.name] for layer in workload.layers}


def _longest_server(timing: LayerTiming) -> Literal["compute", "read", "write"]:
    """The server with the most busy cycles; the first of them where two have as many."""
    compute, read, write = int(timing.compute_cycles), int(timing.read_cycles), int(timing.write_cycles)
    if compute >= max(read, write):
        return "compute"
    return "read" if read >= write else "write"


def _chunk_costs(accelerator: Accelerator, layers: dict[str, LayerCost], platform: Platform) -> tuple[ChunkCost, ...]:
    costs: list[ChunkCost] = []
    for index, chunk in enumerate(accelerator.chunks):
        resources = resources_of(chunk, platform)
        own = [result for result in layers.values() if result.chunk == index]
        costs.append(
            ChunkCost(
                cycles=sum(result.cycles for result in own),
                dram_bits=sum(result.dram_bits for result in own),
                energy_joules=sum(result.energy_joules for result in own),
                dsp=int(resources.dsp),
                bram18=int(resources.bram18),
                uram=int(resources.uram),
                lut=int(resources.lut),
            )
        )
    return tuple(costs)


def _energy_parts(layers: dict[str, LayerCost], *, static_joules: float) -> dict[str, float]:
    totals: dict[str, float] = dict.fromkeys(ENERGY_PARTS, 0.0)
    for result in layers.values():
        for part, joules in result.energy_by_part_joules.items():
            totals[part] += joules
    totals["static"] = static_joules
    return totals

"""The closed form against the executable specification: single layers and whole accelerators."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cosearch.cost import LayerTiming, evaluate, time_layer
from cosearch.errors import InputError
from cosearch.hardware import Accelerator, Platform, load_platform
from cosearch.simulate import LayerTrace, simulate_accelerator, simulate_layer
from cosearch.validate.cases import Case, num_steps, random_case
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.networks import random_accelerator, random_network
from cosearch.validate.traffic import moves_what_it_must
from cosearch.workload import Workload

Bound = Literal["compute", "read", "write"]

_BOUNDS: tuple[Bound, ...] = ("compute", "read", "write")
_TIMES = ("period", "latency", "latency_loaded")
_FEW_TILES = 8
_MAX_STEPS = 3000
_NUM_POINTS = 150


@dataclass(frozen=True, slots=True)
class _Measured:
    case: Case
    trace: LayerTrace
    bound: Bound
    closed_cycles: int
    is_conserved: bool

    @property
    def error(self) -> float:
        return abs(self.closed_cycles / self.trace.cycles - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _NetworkMeasured:
    """Errors of the closed form, and what sharing idle slots saves, by time; layers, and those not conserved."""

    errors: dict[str, float]
    saved: dict[str, float]
    num_layers: int
    num_lost: int


def compare_closed_form(
    num_cases: int = 1000, num_accelerators: int = 100, seeds: Sequence[int] = (0,)
) -> Comparison:
    """Compare both on random legal layers and on random accelerators of 2 to 8 chunks.

    A third of the layers is bound by compute, reads and writes each (the busiest server in the specification), a
    quarter has fewer than eight output tiles.

    Args:
        num_cases: Layers of each seed, at least 12.
        num_accelerators: Accelerators of each seed with a network each, at least one.
        seeds: Of both, at least one.

    Raises:
        InputError: if there are too few cases to fill every class, or no accelerator.
    """
    if num_cases < 12:
        raise InputError(f"num_cases={num_cases} cannot fill every class; use at least 12")
    if num_accelerators < 1:
        raise InputError(f"num_accelerators={num_accelerators} shows nothing; use at least 1")
    measured = [one for seed in seeds for one in _layers(random.Random(seed), num_cases)]
    figures = {
        **_errors("layer", [one.error for one in measured]),
        "layers_not_conserving_traffic_and_work": sum(not one.is_conserved for one in measured),
        **_strata(measured),
        **{f"layers_{name}": count for name, count in _features(measured).items()},
        **_accelerators(seeds, num_accelerators),
    }
    points = [
        Point(
            name=f"{one.case.layer.name} {index}",
            group=f"bound by {one.bound}",
            reference=one.trace.cycles,
            model=one.closed_cycles,
        )
        for index, one in enumerate(measured[:_NUM_POINTS])
    ]
    return Comparison(
        name="closed_form",
        title="Closed form of cycles, traffic and work against the executable specification",
        figures=figures,
        targets={
            "layer_mean_error": Target(op="<=", bound=0.01),
            "layer_worst_error": Target(op="<=", bound=0.05),
            "layers_not_conserving_traffic_and_work": Target(op="<=", bound=0),
            "accelerator_layers_not_conserving_traffic_and_work": Target(op="<=", bound=0),
            "accelerator_mean_error": Target(op="<=", bound=0.01),
            "accelerator_worst_error": Target(op="<=", bound=0.05),
        },
        notes=(
            "Random legal cases of every operation, unrolling, loop order, stride, dilation, padding, pooling, "
            "residual, offset and shuffle.",
            "In step, a layer's cycles are a sum over few classes of tiles: the closed form is exact.",
            "Conserved: beats of every operand, busy cycles of every server and operations are the same in both, and "
            "are what the layer's shape alone says must move.",
            "Accelerators: errors of the period, of the latency of one image alone and of that at full rate, the "
            "simulated ones from a stream of images. Sharing idle slots is an option that is never certified.",
        ),
        unit="cycles",
        points=tuple(points),
    )


def _layers(rng: random.Random, num_cases: int) -> list[_Measured]:
    room = _quotas(num_cases)
    measured: list[_Measured] = []
    while len(measured) < num_cases:
        case = random_case(rng)
        if num_steps(case) > _MAX_STEPS:
            continue
        one = _measure(case)
        stratum = (one.bound, one.trace.num_tiles < _FEW_TILES)
        if room[stratum]:
            room[stratum] -= 1
            measured.append(one)
    return measured


def _quotas(num_cases: int) -> dict[tuple[Bound, bool], int]:
    quotas: dict[tuple[Bound, bool], int] = {}
    for index, bound in enumerate(_BOUNDS):
        share = (num_cases + index) // 3
        quotas[bound, True] = few = -(-share // 4)
        quotas[bound, False] = share - few
    return quotas


def _measure(case: Case) -> _Measured:
    trace = simulate_layer(case.layer, case.mapping, case.chunk, case.port)
    timing = time_layer(case.layer, case.mapping, case.chunk, case.port)
    busy = (trace.compute_cycles, trace.read_cycles, trace.write_cycles)
    agrees = _beats(timing) == trace.beats and busy == (
        timing.compute_cycles,
        timing.read_cycles,
        timing.write_cycles,
    )
    return _Measured(
        case=case,
        trace=trace,
        bound=_BOUNDS[busy.index(max(busy))],
        closed_cycles=int(timing.cycles),
        is_conserved=agrees and moves_what_it_must(case, trace),
    )


def _beats(timing: LayerTiming) -> dict[str, int]:
    """Beats by the kinds of the specification's events; partial sums are read as often as written."""
    sums = int(timing.sum_beats) // 2
    return {
        "P": int(timing.parameter_beats),
        "W": int(timing.weight_beats),
        "I": int(timing.input_beats),
        "S": sums,
        "R": int(timing.residual_beats),
        "STORE": int(timing.output_beats) + sums,
    }


def _errors(name: str, errors: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}s": len(errors),
        f"{name}_mean_error": sum(errors) / len(errors),
        f"{name}_worst_error": max(errors),
    }


def _strata(measured: Sequence[_Measured]) -> dict[str, float]:
    """Numbers and worst errors by what a layer is bound by and by how many tiles it has."""
    strata = {f"bound_by_{bound}": [one.error for one in measured if one.bound == bound] for bound in _BOUNDS}
    few = f"of_fewer_than_{_FEW_TILES}_tiles"
    strata[few] = [one.error for one in measured if one.trace.num_tiles < _FEW_TILES]
    sizes = {f"layers_{name}": float(len(errors)) for name, errors in strata.items()}
    return sizes | {f"layer_worst_error_{name}": max(errors) for name, errors in strata.items()}


def _features(measured: list[_Measured]) -> dict[str, int]:
    """How many of the layers have what."""
    layers = [one.case.layer for one in measured]
    return {
        "on_single_channels": sum(layer.is_depthwise for layer in layers),
        "grouped": sum(layer.G > 1 and not layer.is_depthwise for layer in layers),
        "fully_connected": sum(layer.OY * layer.OX == 1 for layer in layers),
        "strided": sum(layer.stride_y > 1 for layer in layers),
        "dilated": sum(layer.dilation_y > 1 for layer in layers),
        "padded": sum(layer.padding_y > 0 for layer in layers),
        "pooled": sum(layer.pool_y * layer.pool_x > 1 for layer in layers),
        "with_residual": sum(layer.residual is not None for layer in layers),
        "with_resident_weights": sum(one.case.chunk.resident_weights for one in measured),
        "with_partial_sums": sum(one.trace.beats["S"] > 0 for one in measured),
        "with_pixels_unrolled": sum(one.case.chunk.unroll.pixels > 1 for one in measured),
        "with_kernel_unrolled": sum(one.case.chunk.unroll.FX > 1 for one in measured),
    }


def _accelerators(seeds: Sequence[int], num: int) -> dict[str, float]:
    """Errors of period and latencies, and what sharing idle slots would gain."""
    measured = [one for seed in seeds for one in _networks(random.Random(seed), num)]
    errors = {name: [one.errors[name] for one in measured] for name in _TIMES}
    saved = {name: [one.saved[name] for one in measured] for name in _TIMES}
    return {
        **_errors("accelerator", [error for some in errors.values() for error in some]),
        "accelerators": len(measured),
        **{f"accelerator_worst_error_{name}": max(some) for name, some in errors.items()},
        "accelerator_layers": sum(one.num_layers for one in measured),
        "accelerator_layers_not_conserving_traffic_and_work": sum(one.num_lost for one in measured),
        **{f"{name}_saved_by_sharing_idle_slots_mean": sum(some) / len(some) for name, some in saved.items()},
        "period_saved_by_sharing_idle_slots_median": sorted(saved["period"])[len(measured) // 2],
        "period_saved_by_sharing_idle_slots_least": min(saved["period"]),
    }


def _networks(rng: random.Random, num: int) -> Iterator[_NetworkMeasured]:
    platform = load_platform("zcu102")
    for index in range(num):
        num_chunks = 2 + index % 7
        workload = random_network(rng, rng.randint(num_chunks, num_chunks + 6))
        built = random_accelerator(rng, workload, num_chunks, platform)
        yield _measure_network(workload, built, platform)


def _measure_network(workload: Workload, built: Accelerator, platform: Platform) -> _NetworkMeasured:
    trace = simulate_accelerator(workload, built, arbitration="work_conserving")
    stated = evaluate(workload, built, platform)
    closed = {
        "period": stated.period_cycles,
        "latency": round(stated.latency_seconds * built.clock_hertz),
        "latency_loaded": round(stated.latency_loaded_seconds * built.clock_hertz),
    }
    simulated = {name: getattr(trace, f"{name}_cycles") for name in _TIMES}
    shared = {name: getattr(trace.shared, f"{name}_cycles") for name in _TIMES}
    cases = [
        Case(workload.layer(entry.name), entry, program, built.port)
        for program in built.chunks
        for entry in program.layers
    ]
    return _NetworkMeasured(
        errors={name: abs(closed[name] / simulated[name] - 1) for name in _TIMES},
        saved={name: 1 - shared[name] / simulated[name] for name in _TIMES},
        num_layers=len(cases),
        num_lost=sum(not _measure(case).is_conserved for case in cases),
    )

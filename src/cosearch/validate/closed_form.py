"""The closed form against the executable specification: single layers and whole accelerators."""

import random
from dataclasses import dataclass
from typing import Literal

from cosearch.cost import evaluate, time_layer
from cosearch.errors import InputError
from cosearch.hardware import load_platform
from cosearch.simulate import LayerTrace, simulate_accelerator, simulate_layer
from cosearch.validate.cases import Case, num_steps, random_case
from cosearch.validate.comparison import Comparison, Point, Target
from cosearch.validate.networks import random_accelerator, random_network

Bound = Literal["compute", "read", "write"]

_BOUNDS: tuple[Bound, ...] = ("compute", "read", "write")
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


def compare_closed_form(num_cases: int = 1000, num_accelerators: int = 100, seed: int = 0) -> Comparison:
    """Compare both on random legal layers and on random accelerators of 2 to 8 chunks.

    A third of the layers is bound by compute, reads and writes each (the busiest server in the specification), a
    quarter has fewer than eight output tiles.

    Args:
        num_cases: Layers, at least 12.
        num_accelerators: Accelerators with a network each.
        seed: Of both.

    Raises:
        InputError: if there are too few cases to fill every class.
    """
    if num_cases < 12:
        raise InputError(f"num_cases={num_cases} cannot fill every class; use at least 12")
    rng = random.Random(seed)
    measured = _layers(rng, num_cases)
    errors = [one.error for one in measured]
    figures = {
        "layers": float(len(measured)),
        "layer_mean_error": sum(errors) / len(errors),
        "layer_worst_error": max(errors),
        "layers_not_conserving_traffic_and_work": float(sum(not one.is_conserved for one in measured)),
        **{f"layers_bound_by_{bound}": float(sum(one.bound == bound for one in measured)) for bound in _BOUNDS},
        "layers_of_fewer_than_8_tiles": float(sum(one.trace.num_tiles < _FEW_TILES for one in measured)),
        **{f"layers_{name}": float(count) for name, count in _features(measured).items()},
        **_accelerators(rng, num_accelerators),
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
            "accelerator_mean_error": Target(op="<=", bound=0.01),
            "accelerator_worst_error": Target(op="<=", bound=0.05),
        },
        notes=(
            "Random legal cases of every operation, unrolling, loop order, stride, dilation, padding, pooling, "
            "residual, offset and shuffle.",
            "In step, a layer's cycles are a sum over few classes of tiles: the closed form is exact.",
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
        quotas[bound, True] = share // 4
        quotas[bound, False] = share - share // 4
    return quotas


def _measure(case: Case) -> _Measured:
    trace = simulate_layer(case.layer, case.mapping, case.chunk, case.port)
    timing = time_layer(case.layer, case.mapping, case.chunk, case.port)
    busy = (trace.compute_cycles, trace.read_cycles, trace.write_cycles)
    sums = int(timing.sum_beats) // 2
    beats = {
        "P": timing.parameter_beats,
        "W": timing.weight_beats,
        "I": timing.input_beats,
        "S": sums,
        "R": timing.residual_beats,
        "STORE": timing.output_beats + sums,
    }
    closed = (timing.compute_cycles, timing.read_cycles, timing.write_cycles)
    return _Measured(
        case=case,
        trace=trace,
        bound=_BOUNDS[busy.index(max(busy))],
        closed_cycles=int(timing.cycles),
        is_conserved=beats == trace.beats and closed == busy and trace.operations == case.layer.num_operations,
    )


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


def _accelerators(rng: random.Random, num: int) -> dict[str, float]:
    """Errors of period and latencies, and what sharing idle slots would gain."""
    platform = load_platform("zcu102")
    errors: list[float] = []
    gains: list[float] = []
    for index in range(num):
        workload = random_network(rng, rng.randint(4, 10))
        built = random_accelerator(rng, workload, 2 + index % 7, platform)
        trace = simulate_accelerator(workload, built, arbitration="work_conserving")
        predicted = evaluate(workload, built, platform)
        clock = built.clock_hertz
        errors.append(abs(predicted.period_cycles / trace.period_cycles - 1))
        errors.append(abs(predicted.latency_seconds * clock / trace.latency_cycles - 1))
        errors.append(abs(predicted.latency_loaded_seconds * clock / trace.latency_loaded_cycles - 1))
        gains.append(1 - (trace.shared_period_cycles or 0.0) / trace.period_cycles)
    return {
        "accelerators": float(num),
        "accelerator_mean_error": sum(errors) / len(errors),
        "accelerator_worst_error": max(errors),
        "period_saved_by_sharing_idle_slots_mean": sum(gains) / len(gains),
    }

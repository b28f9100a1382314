"""How far the closed form of a layer's cycles is from the executable specification."""

import random
from dataclasses import dataclass
from typing import Literal

from cosearch.cost import time_layer
from cosearch.errors import InputError
from cosearch.records import Record
from cosearch.simulate import LayerTrace, simulate_layer
from cosearch.validate.cases import Case, num_steps, random_case

Bound = Literal["compute", "read", "write"]

_BOUNDS: tuple[Bound, ...] = ("compute", "read", "write")
_FEW_TILES = 8
_MAX_STEPS = 3000


class ErrorStatistics(Record):
    """Relative errors of some cases, closed form over specification less one; quantiles are of their size."""

    num_cases: int
    mean_abs: float
    p50_abs: float
    p95_abs: float
    p99_abs: float
    max_abs: float
    most_optimistic: float
    most_pessimistic: float


class WorstCase(Record):
    """A case with a large error, in words."""

    error: float
    bound: Bound
    simulated_cycles: int
    num_tiles: int
    layer: str
    mapping: str
    chunk: str


class ClosedFormError(Record):
    """The result of `closed_form_error`."""

    num_cases: int
    seed: int
    all: ErrorStatistics
    by_bound: dict[Bound, ErrorStatistics]
    by_tiles: dict[str, ErrorStatistics]
    by_feature: dict[str, ErrorStatistics]
    worst: tuple[WorstCase, ...]


@dataclass(frozen=True, slots=True)
class _Measured:
    case: Case
    trace: LayerTrace
    bound: Bound
    error: float


def closed_form_error(num_cases: int, seed: int) -> ClosedFormError:
    """Compare both on random legal cases: a third each bound by compute, reads and writes, a quarter of few tiles.

    A case is bound by its busiest server in the specification; few tiles are fewer than eight output tiles.

    Raises:
        InputError: if there are too few cases to fill every class.
    """
    if num_cases < 12:
        raise InputError(f"num_cases={num_cases} cannot fill every class; use at least 12")
    rng = random.Random(seed)
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
    return _summary(measured, seed)


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
    assert isinstance(timing.cycles, int)
    return _Measured(case, trace, _BOUNDS[busy.index(max(busy))], timing.cycles / trace.cycles - 1)


def _summary(measured: list[_Measured], seed: int) -> ClosedFormError:
    def some(keep: list[bool]) -> ErrorStatistics:
        return _statistics([one.error for one, kept in zip(measured, keep, strict=True) if kept])

    features = {
        "depthwise": [one.case.layer.is_depthwise for one in measured],
        "grouped": [one.case.layer.G > 1 and not one.case.layer.is_depthwise for one in measured],
        "fully connected": [one.case.layer.OY * one.case.layer.OX == 1 for one in measured],
        "strided": [one.case.layer.stride_y > 1 for one in measured],
        "padded": [one.case.layer.padding_y > 0 for one in measured],
        "pooled": [one.case.layer.pool_y * one.case.layer.pool_x > 1 for one in measured],
        "residual": [one.case.layer.residual is not None for one in measured],
        "resident weights": [one.case.chunk.resident_weights for one in measured],
        "one reduction step": [one.case.mapping.tile.C == one.case.layer.C for one in measured],
    }
    ranked = sorted(measured, key=lambda one: -abs(one.error))
    return ClosedFormError(
        num_cases=len(measured),
        seed=seed,
        all=some([True] * len(measured)),
        by_bound={bound: some([one.bound == bound for one in measured]) for bound in _BOUNDS},
        by_tiles={
            "fewer than 8": some([one.trace.num_tiles < _FEW_TILES for one in measured]),
            "8 or more": some([one.trace.num_tiles >= _FEW_TILES for one in measured]),
        },
        by_feature={name: some(keep) for name, keep in features.items() if any(keep)},
        worst=tuple(_describe(one) for one in ranked[:10]),
    )


def _statistics(errors: list[float]) -> ErrorStatistics:
    sizes = sorted(abs(error) for error in errors)

    def quantile(part: float) -> float:
        return round(sizes[min(len(sizes) - 1, int(part * len(sizes)))], 6)

    return ErrorStatistics(
        num_cases=len(sizes),
        mean_abs=round(sum(sizes) / len(sizes), 6),
        p50_abs=quantile(0.5),
        p95_abs=quantile(0.95),
        p99_abs=quantile(0.99),
        max_abs=quantile(1.0),
        most_optimistic=round(min(errors), 6),
        most_pessimistic=round(max(errors), 6),
    )


def _describe(one: _Measured) -> WorstCase:
    layer, chunk, tile = one.case.layer, one.case.chunk, one.case.mapping.tile
    return WorstCase(
        error=round(one.error, 6),
        bound=one.bound,
        simulated_cycles=one.trace.cycles,
        num_tiles=one.trace.num_tiles,
        layer=f"G={layer.G} K={layer.K} C={layer.C} OY={layer.OY} OX={layer.OX} FY={layer.FY} FX={layer.FX} "
        f"stride={layer.stride_y} residual={layer.residual_bits} pool={layer.pool_y}x{layer.pool_x}",
        mapping=f"G={tile.G} K={tile.K} C={tile.C} OY={tile.OY} OX={tile.OX} {','.join(one.case.mapping.loop_order)}",
        chunk=f"K={chunk.unroll.K} C={chunk.unroll.C} slots={chunk.read_slots}+{chunk.write_slots} "
        f"resident={chunk.resident_weights}",
    )

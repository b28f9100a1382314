"""Layers on their chunks, priced together: cycles of many runs under constants of the port that are real numbers."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from cosearch.cost import ChunkRates, LayerShape, TileSizes, layer_cycles
from cosearch.hardware import DramPort
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import EXACT, Scalar

_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One layer under one mapping on one chunk, in ints."""

    shape: LayerShape
    tile: TileSizes
    loop_order: LoopOrder
    rates: ChunkRates
    beat_bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortConstants:
    """What the port and its control cost, run by run.

    Attributes:
        read_part, write_part: Of the beats that a chunk's slots promise, the part that moves.
    """

    burst_latency_cycles: Float[Tensor, " runs"]
    layer_overhead_cycles: Float[Tensor, " runs"]
    step_overhead_cycles: Float[Tensor, " runs"]
    store_overhead_cycles: Float[Tensor, " runs"]
    read_part: Float[Tensor, " runs"]
    write_part: Float[Tensor, " runs"]


class Batches:
    """Runs of any kind, sorted into batches that one formula prices."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.num_runs = len(runs)
        rows: dict[_Key, list[int]] = {}
        for index, run in enumerate(runs):
            rows.setdefault(_key(run), []).append(index)
        self._batches = [
            (torch.tensor(chosen), _stacked([runs[index] for index in chosen])) for chosen in rows.values()
        ]

    def cycles(self, constants: PortConstants) -> Float[Tensor, " runs"]:
        """Cycles of every run, with slopes along the constants."""
        order, parts = [rows for rows, _ in self._batches], [self._price(*one, constants) for one in self._batches]
        return torch.cat(parts)[torch.argsort(torch.cat(order))]

    def _price(self, rows: Tensor, run: Run, constants: PortConstants) -> Tensor:
        here = {field.name: getattr(constants, field.name)[rows] for field in fields(PortConstants)}
        rates = ChunkRates(
            **{name: getattr(run.rates, name) for name in (*_UNROLLS, "fused_pixels", "resident_weights")},
            read_slots=run.rates.read_slots * here["read_part"],
            write_slots=run.rates.write_slots * here["write_part"],
        )
        cycles = layer_cycles(run.shape, run.tile, run.loop_order, rates, _port(run.beat_bits, here))
        return torch.as_tensor(cycles).expand(len(rows))


_UNROLLS = ("unroll_K", "unroll_C", "unroll_pixels", "unroll_FX")


def _port(beat_bits: int, constants: MappingOf[str, Tensor]) -> DramPort:
    """A port with real numbers in place of whole cycles, which its record does not take and the formula does."""
    return DramPort.model_construct(
        beat_bits=beat_bits,
        total_slots=2,
        burst_latency_cycles=constants["burst_latency_cycles"],
        layer_overhead_cycles=constants["layer_overhead_cycles"],
        step_overhead_cycles=constants["step_overhead_cycles"],
        store_overhead_cycles=constants["store_overhead_cycles"],
    )


def _key(run: Run) -> _Key:
    """What runs of one batch have in common."""
    shape, tile = run.shape, run.tile
    lanes = shape.G if shape.form.is_depthwise else shape.K
    bounds = ((lanes, tile.M), (shape.C, tile.C), (shape.OY, tile.OY), (shape.OX, tile.OX))
    pattern = tuple(min(3, -(-int(bound) // int(size))) for bound, size in bounds)
    return (shape.form, run.loop_order, pattern, run.rates.fused_pixels, run.rates.resident_weights, run.beat_bits)


def _stacked(runs: list[Run]) -> Run:
    first = runs[0]
    slots = ("read_slots", "write_slots")
    return Run(
        shape=LayerShape(form=first.shape.form, **_columns([run.shape for run in runs], leave="form")),
        tile=TileSizes(**_columns([run.tile for run in runs])),
        loop_order=first.loop_order,
        rates=ChunkRates(
            **{name: _column([getattr(run.rates, name) for run in runs]) for name in (*_UNROLLS, *slots)},
            fused_pixels=first.rates.fused_pixels,
            resident_weights=first.rates.resident_weights,
        ),
        beat_bits=first.beat_bits,
    )


def _columns(records: Sequence[LayerShape] | Sequence[TileSizes], leave: str = "") -> dict[str, Tensor]:
    names = [field.name for field in fields(records[0]) if field.name != leave]
    return {name: _column([getattr(record, name) for record in records]) for name in names}


def _column(values: Sequence[Scalar]) -> Tensor:
    return torch.tensor([float(value) for value in values], dtype=EXACT)

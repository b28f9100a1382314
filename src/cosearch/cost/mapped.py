"""What chosen tilings of a layer move and burn, on chunks of every unrolling; neither slots nor capacities matter."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cosearch.cost.busy import LayerTotals
from cosearch.cost.energy import layer_energy_joules, rows_of_unrolls
from cosearch.cost.shape import shape_of
from cosearch.cost.steps import Steps
from cosearch.cost.tilings import Tilings, candidate_tilings
from cosearch.cost.work import ChunkRates, LayerWork, TileSizes
from cosearch.hardware import ChunkKind, DramPort, EnergyRules, Unroll
from cosearch.numerics import EXACT
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True, eq=False)
class TilingCosts:
    """Of chosen tilings of a layer: [tilings] each.

    Attributes:
        energy_joules: Dynamic energy.
        dram_bits: Traffic.
    """

    energy_joules: Tensor
    dram_bits: Tensor


@dataclass(frozen=True, slots=True)
class _Moves:
    array_cycles: Tensor
    drained_words: Tensor
    dram_bits: Tensor


def tiling_costs(
    layer: Layer,
    *,
    kind: ChunkKind,
    weight_bits: int,
    activation_bits: int,
    unrolls: Sequence[Unroll],
    codes: Tensor,
    resident_weights: bool,
    partial_sums: bool,
    port: DramPort,
    rules: EnergyRules,
) -> TilingCosts:
    """Energy and traffic of candidate tilings of a layer, each on a chunk of its own unrolling.

    Args:
        layer: The layer.
        kind: Of the chunks.
        weight_bits: Width of the chunks' weights.
        activation_bits: Width of their inputs.
        unrolls: All with fused pixels or none, [tilings].
        codes: Numbers of the tilings as `mapping_table` counts them, [tilings].
        resident_weights: Whether weights never move.
        partial_sums: Whether orders that split a reduction are candidates.
        port: The DRAM port.
        rules: Energies of the technology.
    """
    moves = torch.zeros(3, len(codes), 1, dtype=EXACT)
    first = 0
    for tilings in candidate_tilings(layer, port.beat_bits, partial_sums=partial_sums):
        inside = (codes >= first) & (codes < first + len(tilings))
        for pattern in tilings.patterns[codes[inside] - first].unique().tolist():
            places = torch.nonzero(inside).flatten()
            places = places[tilings.patterns[codes[places] - first] == pattern]
            own = [unrolls[place] for place in places.tolist()]
            moves[:, places] = _moves(layer, tilings, codes[places] - first, own, resident_weights, port)
        first += len(tilings)
    cycles, words, bits = moves
    rows = rows_of_unrolls(unrolls, kind, weight_bits, activation_bits, is_depthwise=layer.is_depthwise)
    parts = layer_energy_joules(shape_of(layer, port.beat_bits), _Moves(cycles, words, bits), rows, rules)
    energy = sum((torch.as_tensor(part, dtype=EXACT).expand_as(cycles) for part in parts.values()), cycles * 0)
    return TilingCosts(energy.flatten(), bits.flatten().to(torch.int64))


def _moves(
    layer: Layer, tilings: Tilings, indices: Tensor, unrolls: Sequence[Unroll], resident_weights: bool, port: DramPort
) -> Tensor:
    """Array cycles, drained words and DRAM bits of tilings of one order and pattern: [3, tilings, 1]."""

    def column(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=EXACT).reshape(-1, 1)

    rates = ChunkRates(
        unroll_K=column([u.K for u in unrolls]),
        unroll_C=column([u.C for u in unrolls]),
        unroll_pixels=column([u.pixels for u in unrolls]),
        unroll_FX=column([u.FX for u in unrolls]),
        fused_pixels=unrolls[0].OYOX > 1,
        read_slots=1,
        write_slots=1,
        resident_weights=resident_weights,
    )
    sizes = {name: torch.as_tensor(getattr(tilings.sizes, name)) for name in ("M", "C", "OY", "OX")}
    tile = TileSizes(**{name: values[indices].to(EXACT).reshape(-1, 1) for name, values in sizes.items()})
    shape = shape_of(layer, port.beat_bits)
    work = LayerWork(shape, tile, rates, port)
    totals = LayerTotals(work, Steps(work, tilings.loop_order))  # what `layer_timing` sums up, without the cycles
    beats = shape.parameter_beats + totals.weight_beats() + totals.input_beats() + 2 * totals.sum_beats()
    beats = beats + totals.residual_beats() + totals.output_beats()
    numbers = (totals.array_cycles(), totals.drained_words(), beats * port.beat_bits)
    like = torch.zeros(len(indices), 1, dtype=EXACT)
    return torch.stack([torch.as_tensor(number, dtype=EXACT) + like for number in numbers])

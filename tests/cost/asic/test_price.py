"""Prices: parts add up, batches and relaxed numbers say what ints say, and more hardware or fewer bits never cost."""

import random
from functools import cache
from typing import Any

import pytest
import torch

from cosearch.cost.asic import (
    CYCLE_PARTS,
    ArrayNest,
    ArrayPrice,
    ArrayRates,
    access_counts,
    group_nests,
    nest_of,
    price_layers,
    rates_of_array,
    stack_nests,
    stack_rates,
    structure_of,
)
from cosearch.hardware import (
    DIMS,
    ArrayAccelerator,
    ArrayDram,
    ArrayMapping,
    ArrayNetwork,
    GlobalBuffer,
    LevelLoops,
    Storage,
    load_technology,
)

TECHNOLOGY = load_technology("45nm")
ORDER = ("N", "G", "K", "OY", "OX", "C", "FY", "FX")


@cache
def rates_in_json(text: str) -> ArrayRates:
    return rates_of_array(ArrayAccelerator.model_validate_json(text), TECHNOLOGY)


def price(layer, mapping, array) -> ArrayPrice:
    structure = structure_of(array, loads_weights=True)
    return price_layers(nest_of(layer, mapping), structure, rates_in_json(array.model_dump_json()))


def same_order(mapping: ArrayMapping) -> ArrayMapping:
    return mapping.model_copy(
        update={
            level: LevelLoops(factors=getattr(mapping, level).factors, order=ORDER) for level in ("buffer", "dram")
        }
    )


def changed(array, section: str, **values: Any):
    part = getattr(array, section)
    return array.model_copy(update={section: part.model_copy(update=values)})


def kinds(array) -> list:
    """Arrays of several structures."""
    one = array()
    registers = Storage(capacity_bits=2**20, width_bits=16, streamed=("I", "O"))
    passing = GlobalBuffer(**{**one.buffer.model_dump(), "keeps": ("I", "O"), "double_buffered": ()})
    lone = ArrayNetwork(bits_per_cycle={"I": 8, "W": 8, "O": 24}, multicast_rows=("W",), reduces_columns=False)
    weights = Storage(capacity_bits=2**20, width_bits=8, keeps=("W",), double_buffered=("W",))
    return [one, array(registers=registers, buffer=passing), array(network=lone), array(registers=weights)]


@pytest.mark.parametrize("seed", range(12))
def test_parts_add_up(seed, array, layer, draw):
    mapping = draw(seed)
    for each in kinds(array):
        told = price(layer(mapping, pool_x=1, residual="b", residual_bits=8), mapping, each)
        assert tuple(told.timing.parts) == CYCLE_PARTS
        assert sum(told.timing.parts.values()) == told.timing.cycles
        assert all(part >= 0 for part in told.timing.parts.values())
        assert sum(told.energy_by_part_joules.values()) == pytest.approx(told.energy_joules, rel=1e-12)
        assert sum(told.traffic.dram_bits.values()) == told.dram_bits
        assert told.timing.cycles >= max(told.timing.busy.values())
        assert 0 < told.utilisation <= 1


def numbers(told: ArrayPrice) -> dict[str, Any]:
    found: dict[str, Any] = {"cycles": told.timing.cycles, "energy": told.energy_joules, "dram": told.dram_bits}
    found |= {f"cycles {name}": value for name, value in told.timing.parts.items()}
    found |= {f"energy {name}": value for name, value in told.energy_by_part_joules.items()}
    for place, access in told.traffic.accesses.items():
        found |= {f"{place} reads": access.reads, f"{place} writes": access.writes}
    return found


def test_a_batch_says_what_its_members_say(array, layer, draw):
    mappings = [same_order(draw(seed)) for seed in range(40)]
    rng = random.Random(1)
    layers = [layer(m, stride_x=rng.choice((1, 2)), input_bits=rng.choice((4, 6, 8))) for m in mappings]
    for each in kinds(array):
        structure, rates = structure_of(each, loads_weights=True), rates_of_array(each, TECHNOLOGY)
        batch = price_layers(
            stack_nests([nest_of(one, m) for one, m in zip(layers, mappings, strict=True)]), structure, rates
        )
        told = {name: torch.as_tensor(value).expand(40) for name, value in numbers(batch).items()}
        for index, (one, m) in enumerate(zip(layers, mappings, strict=True)):
            alone = numbers(price(one, m, each))
            for name, value in alone.items():
                assert float(told[name][index]) == pytest.approx(float(value), rel=1e-12), (index, name)


def test_batches_of_several_orders_are_grouped(array, layer, draw):
    mappings = [draw(seed) for seed in range(6)] * 2
    nests = [nest_of(layer(m), m) for m in mappings]
    with pytest.raises(ValueError, match="loops of several orders in one batch"):
        stack_nests(nests)
    groups = group_nests(nests)
    assert sorted(index for members, _ in groups for index in members) == list(range(12))
    assert all(index + 6 in members for members, _ in groups for index in members if index < 6)


def test_a_batch_of_arrays(array, layer, draw):
    mapping = draw(3)
    one = layer(mapping)
    arrays = [array(), array(weight_bits=16, dram=ArrayDram(width_bits=64, bits_per_cycle=8))]
    rates = stack_rates([rates_of_array(each, TECHNOLOGY) for each in arrays])
    batch = price_layers(nest_of(one, mapping), structure_of(arrays[0], loads_weights=True), rates)
    for index, each in enumerate(arrays):
        alone = price(one, mapping, each)
        assert int(torch.as_tensor(batch.timing.cycles).expand(2)[index]) == alone.timing.cycles
        assert float(torch.as_tensor(batch.energy_joules)[index]) == pytest.approx(float(alone.energy_joules))


def relaxed(nest: ArrayNest) -> tuple[ArrayNest, list[torch.Tensor]]:
    """The nest with every factor of buffer and DRAM a float tensor that wants a gradient."""
    values = {name: getattr(nest, name) for name in ArrayNest.__dataclass_fields__}
    wanted = []
    for level in ("registers", "buffer", "dram"):
        values[level] = {
            dim: torch.tensor(float(values[level][dim]), dtype=torch.float64, requires_grad=True) for dim in DIMS
        }
        wanted += values[level].values()
    return ArrayNest(**values), wanted


@pytest.mark.parametrize("seed", range(10))
def test_relaxed_is_exact_at_integers(seed, array, layer, draw):
    mapping = draw(seed)
    one = layer(mapping, stride_y=2)
    for each in kinds(array):
        structure, rates = structure_of(each, loads_weights=True), rates_of_array(each, TECHNOLOGY)
        nest, wanted = relaxed(nest_of(one, mapping))
        told = price_layers(nest, structure, rates)
        exact = numbers(price(one, mapping, each))
        for name, value in numbers(told).items():
            assert float(torch.as_tensor(value).detach()) == pytest.approx(float(exact[name]), rel=1e-12), name
        gradients = torch.autograd.grad(torch.as_tensor(told.energy_joules), wanted, allow_unused=True)
        assert any(gradient is not None and float(gradient) > 0 for gradient in gradients)


def test_counts_are_smooth_between_integers(array, layer, draw):
    mapping = ArrayMapping(
        registers=LevelLoops(factors={"K": 2, "OX": 2}, order=("K", "OX")),
        rows={"C": 2},
        buffer=LevelLoops(factors={"OX": 3, "K": 2, "FX": 3}, order=("OX", "K", "FX")),
        dram=LevelLoops(factors={"C": 3, "OY": 2, "K": 2}, order=("C", "OY", "K")),
    )
    nest = nest_of(layer(mapping), mapping)
    names = [("buffer", "OX"), ("buffer", "K"), ("dram", "C"), ("dram", "OY")]
    for each in kinds(array):
        structure = structure_of(each, loads_weights=True)

        def words(*factors: torch.Tensor, structure=structure) -> torch.Tensor:
            values = {name: getattr(nest, name) for name in ArrayNest.__dataclass_fields__}
            for (level, dim), factor in zip(names, factors, strict=True):
                values[level] = {**values[level], dim: factor}
            values["IY"], values["IX"] = 1000, 1000
            counts = access_counts(ArrayNest(**values), structure)
            return torch.stack(
                [torch.as_tensor(flow.outer_words).double() for flows in counts.flows.values() for flow in flows]
            )

        at = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (2.6, 1.7, 3.3, 2.2)]
        assert torch.autograd.gradcheck(words, at)


@pytest.mark.parametrize("seed", range(8))
def test_more_hardware_is_never_slower(seed, array, layer, draw):
    mapping = draw(seed)
    one = layer(mapping)
    for each in kinds(array):
        cycles = price(one, mapping, each).timing.cycles
        wider = {operand: 2 * bits for operand, bits in each.network.bits_per_cycle.items()}
        for better in (
            changed(each, "dram", bits_per_cycle=64),
            changed(each, "network", bits_per_cycle=wider),
            changed(each, "buffer", read_bits_per_cycle=512),
            changed(each, "buffer", write_bits_per_cycle=512),
            changed(each, "buffer", capacity_bits=2**27),
            each.model_copy(update={"rows": 16, "columns": 16}),
        ):
            assert price(one, mapping, better).timing.cycles <= cycles


@pytest.mark.parametrize("seed", range(6))
def test_fewer_bits_never_cost_more(seed, array, layer, draw):
    mapping = draw(seed)
    for each in kinds(array):
        for name in ("weight_bits", "input_bits", "output_bits"):
            before: ArrayPrice | None = None
            for bits in (8, 7, 5, 4, 3, 1):
                told = price(layer(mapping, **{name: bits}), mapping, each)
                if before is not None:
                    assert told.dram_bits <= before.dram_bits
                    assert float(told.energy_joules) <= float(before.energy_joules) * (1 + 1e-12)
                    assert told.timing.cycles <= before.timing.cycles
                    for place, access in told.traffic.accesses.items():
                        assert access.reads <= before.traffic.accesses[place].reads
                        assert access.writes <= before.traffic.accesses[place].writes
                before = told


def test_narrower_multipliers_take_less(array, layer, draw):
    mapping = draw(5)
    one = layer(mapping, weight_bits=4, input_bits=4)
    wide = price(one, mapping, array()).energy_by_part_joules["mac"]
    narrow = price(one, mapping, array(weight_bits=4, activation_bits=4)).energy_by_part_joules["mac"]
    macs = float(access_counts(nest_of(one, mapping), structure_of(array(), loads_weights=True)).compute_cycles)
    assert 0 < narrow < wide
    arithmetic = TECHNOLOGY.arithmetic
    elements = mapping.used_rows * mapping.used_columns
    assert wide - narrow == pytest.approx(macs * elements * (64 - 16) * arithmetic.multiply_joules_per_bit2)

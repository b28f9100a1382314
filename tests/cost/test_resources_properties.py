from dataclasses import asdict
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from cosearch.cost import RESOURCE_PARTS, ChunkShape, Resources, chunk_resources, resource_parts
from cosearch.cost.memories import chunk_memories
from cosearch.hardware import (
    PACKED_BITS,
    ChunkKind,
    FabricRules,
    load_fabric,
)

SERIES7, ULTRASCALE = load_fabric("7series"), load_fabric("ultrascale+")
BEAT_BITS = 128
CAPACITIES = ("capacity_i_bits", "capacity_w_bits", "capacity_o_bits")
SIZES = ("unroll_K", "unroll_C", "unroll_pixels", "unroll_FX", *CAPACITIES)
RESULTS = ("dsp", "bram18", "uram", "lut", "lutram")


def shape_of(**changes: Any) -> ChunkShape:
    """16 lanes of 8 multipliers of 8 bits, but for what is given."""
    values: dict[str, Any] = {
        "kind": ChunkKind.STANDARD,
        "weight_bits": 8,
        "activation_bits": 8,
        "unroll_K": 16,
        "unroll_C": 8,
        "capacity_i_bits": 65536,
        "capacity_w_bits": 131072,
        "capacity_o_bits": 262144,
        "max_channels": 512,
        "output_bits": 8,
    }
    return ChunkShape(**{**values, **changes})


def changed(shape: ChunkShape, **changes: Any) -> ChunkShape:
    return ChunkShape(**{**asdict(shape), **changes})


def priced(shape: ChunkShape, fabric: FabricRules = SERIES7) -> Resources:
    return chunk_resources(shape, BEAT_BITS, fabric)


CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(ChunkKind),
    "weight_bits": st.integers(1, 16),
    "activation_bits": st.integers(1, 16),
    "unroll_K": st.integers(1, 64),
    "unroll_C": st.integers(1, 64),
    "unroll_pixels": st.sampled_from([1, 1, 2, 3, 4, 7, 14]),
    "unroll_FX": st.sampled_from([1, 1, 3, 5]),
    **dict.fromkeys(CAPACITIES, st.integers(1, 2**21)),
    "max_channels": st.sampled_from([16, 512, 2048]),
    "output_bits": st.integers(1, 32),
    "resident_weights": st.booleans(),
    "products_per_dsp": st.sampled_from([1, 2]),
    "lut_multipliers": st.booleans(),
    "uram": st.sampled_from([(), ("I",), ("W", "O")]),
    "partial_sums": st.booleans(),
    "activation_table": st.booleans(),
}
Case = dict[str, Any]
cases = st.fixed_dictionaries({**CHOICES, "family": st.sampled_from(["7series", "ultrascale+"])})


def built(case: Case) -> tuple[ChunkShape, FabricRules]:
    """A legal chunk: depthwise ones have no reduction; only narrow products with a common operand share a slice."""
    values, fabric = dict(case), load_fabric(case["family"])
    del values["family"]
    shared = values["unroll_pixels"] * (values["unroll_K"] if values["kind"] is ChunkKind.STANDARD else 1)
    narrow = max(values["weight_bits"], values["activation_bits"]) <= PACKED_BITS
    if not narrow or shared % 2 or values["lut_multipliers"]:
        values["products_per_dsp"] = 1
    if values["kind"] is ChunkKind.DEPTHWISE:
        values["unroll_C"] = 1
    if fabric.uram is None:
        values["uram"] = ()
    return ChunkShape(**values), fabric


class TestParts:
    @settings(deadline=None, max_examples=100)
    @given(case=cases)
    def test_parts_sum_to_the_totals(self, case: Case) -> None:
        shape, fabric = built(case)
        parts, total = resource_parts(shape, BEAT_BITS, fabric), priced(shape, fabric)
        assert tuple(parts) == RESOURCE_PARTS
        for name in RESULTS:
            values = [getattr(part, name) for part in parts.values()]
            assert all(isinstance(value, int) and value >= 0 for value in values)
            assert sum(values) == getattr(total, name), name
        assert all(part.lutram <= part.lut for part in parts.values())

    def test_parts_of_a_batch_sum_to_it(self) -> None:
        shape = shape_of(unroll_K=torch.tensor([4, 8, 16]), activation_table=True)
        parts, total = resource_parts(shape, BEAT_BITS, SERIES7), priced(shape)
        for name in RESULTS:
            value = getattr(total, name)
            assert isinstance(value, Tensor)
            assert value.tolist() == (sum(getattr(part, name) for part in parts.values()) + value * 0).tolist()


def batched(cases: list[ChunkShape], dtype: torch.dtype, fabric: FabricRules) -> Resources:
    columns = {name: torch.tensor([getattr(case, name) for case in cases], dtype=dtype) for name in SIZES}
    return priced(changed(cases[0], **columns), fabric)


class TestNumberTypes:
    @pytest.mark.parametrize("dtype", [torch.int64, torch.float64])
    @settings(deadline=None, max_examples=60)
    @given(first=cases, others=st.lists(cases, max_size=4))
    def test_batches_and_relaxed_chunks_equal_the_exact_numbers(
        self, dtype: torch.dtype, first: Case, others: list[Case]
    ) -> None:
        shape, fabric = built(first)
        names = [n for n in SIZES if n != "unroll_C" or shape.kind is not ChunkKind.DEPTHWISE]
        all_of_them = [shape, *(changed(shape, **{n: other[n] for n in names}) for other in others)]
        batch = batched(all_of_them, dtype, fabric)
        for index, case in enumerate(all_of_them):
            exact = priced(case, fabric)
            for name in RESULTS:
                value = getattr(batch, name)
                assert value.dtype == dtype
                assert isinstance(getattr(exact, name), int)
                assert value[index].item() == getattr(exact, name), name

    def test_results_of_a_grid_broadcast(self) -> None:
        lanes, sizes = torch.tensor([4, 8])[:, None], torch.tensor([4096, 8192, 2**20])
        grid = priced(shape_of(unroll_K=lanes, capacity_w_bits=sizes))
        for name in RESULTS:
            assert getattr(grid, name).shape == (2, 3)
        assert isinstance(grid.bram18, Tensor)
        assert grid.bram18[1, 2] == priced(shape_of(unroll_K=8, capacity_w_bits=2**20)).bram18

    def test_relaxed_resources_grow_with_every_size(self) -> None:
        values = {name: torch.tensor(float(getattr(shape_of(), name)), requires_grad=True) for name in SIZES}
        found = priced(shape_of(**values))
        assert isinstance(found.bram18, Tensor)
        assert isinstance(found.dsp, Tensor)
        slopes = torch.autograd.grad(found.bram18, [values[name] for name in CAPACITIES], retain_graph=True)
        assert all(slope.item() > 0 for slope in slopes)
        (slope,) = torch.autograd.grad(found.dsp, values["unroll_C"])
        assert slope.item() == 16


class TestMonotone:
    @settings(deadline=None, max_examples=100)
    @given(case=cases, bits=st.integers(1, 16))
    def test_fewer_bits_never_take_more_slices(self, case: Case, bits: int) -> None:
        shape, fabric = built(case)
        low, high = sorted((bits, shape.weight_bits))
        one = changed(shape, products_per_dsp=1)
        narrow, wide = (changed(one, weight_bits=b) for b in (low, high))
        assert priced(narrow, fabric).dsp <= priced(wide, fabric).dsp

    @settings(deadline=None, max_examples=100)
    @given(case=cases, weight_bits=st.integers(1, 16), activation_bits=st.integers(1, 16))
    def test_fewer_bits_in_as_many_rows_never_take_more_memory(
        self, case: Case, weight_bits: int, activation_bits: int
    ) -> None:
        shape, fabric = built(case)
        narrow = changed(
            shape,
            weight_bits=min(weight_bits, shape.weight_bits),
            activation_bits=min(activation_bits, shape.activation_bits),
        )
        # As many rows: capacities follow the widths.
        rows = -(-shape.capacity_i_bits // shape.activation_bits), -(-shape.capacity_w_bits // shape.weight_bits)
        few, many = (
            changed(s, capacity_i_bits=rows[0] * s.activation_bits, capacity_w_bits=rows[1] * s.weight_bits)
            for s in (narrow, shape)
        )
        for name, memory in chunk_memories(few, fabric).items():
            wide = chunk_memories(many, fabric)[name]
            assert (memory.bram18, memory.uram, memory.lutram) <= (wide.bram18, wide.uram, wide.lutram), name
            assert memory.bram18 <= wide.bram18
            assert memory.uram <= wide.uram
            assert memory.lutram <= wide.lutram

    @settings(deadline=None, max_examples=100)
    @given(case=cases, more=st.integers(0, 10**6), name=st.sampled_from(CAPACITIES))
    def test_a_larger_buffer_never_takes_less(self, case: Case, more: int, name: str) -> None:
        shape, fabric = built(case)
        small, large = priced(shape, fabric), priced(changed(shape, **{name: getattr(shape, name) + more}), fabric)
        assert small.bram18 <= large.bram18
        assert small.uram <= large.uram

    @settings(deadline=None, max_examples=100)
    @given(case=cases, factor=st.integers(1, 4), name=st.sampled_from(SIZES[:4]))
    def test_more_unrolling_never_takes_fewer_slices(self, case: Case, factor: int, name: str) -> None:
        shape, fabric = built(case)
        larger = changed(shape, **{name: getattr(shape, name) * factor})
        assert priced(shape, fabric).dsp <= priced(larger, fabric).dsp

    @settings(deadline=None, max_examples=100)
    @given(case=cases)
    def test_packing_never_takes_more_slices_and_at_best_half(self, case: Case) -> None:
        shape, fabric = built(case)
        one, two = (
            resource_parts(changed(shape, products_per_dsp=n), BEAT_BITS, fabric)["multipliers"] for n in (1, 2)
        )
        assert one.dsp / 2 <= two.dsp <= one.dsp

    @settings(deadline=None, max_examples=100)
    @given(case=cases, option=st.sampled_from(["partial_sums", "activation_table"]))
    def test_an_option_of_the_store_path_is_never_free(self, case: Case, option: str) -> None:
        shape, fabric = built(case)
        without, with_ = (priced(changed(shape, **{option: value}), fabric) for value in (False, True))
        assert with_.lut > without.lut
        assert with_.dsp == without.dsp
        assert with_.bram18 >= without.bram18

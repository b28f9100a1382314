from dataclasses import asdict
from typing import Any

import pytest

from cosearch.cost import ChunkShape, Resources, chunk_resources, resource_parts, resources_of
from cosearch.cost.memories import chunk_memories
from cosearch.errors import HardwareError
from cosearch.hardware import (
    Capacity,
    Chunk,
    ChunkKind,
    FabricRules,
    Unroll,
    load_fabric,
    load_platform,
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


class TestChunk:
    def test_a_slice_for_each_multiplier_and_two_for_the_requantisation_of_each_lane(self) -> None:
        assert priced(shape_of()).dsp == 16 * 8 + 16 * SERIES7.lut.store_lane_dsp
        # Pixels multiply the array, not the store path, which drains one of them after another.
        assert priced(shape_of(unroll_pixels=4)).dsp == 4 * 16 * 8 + 16 * SERIES7.lut.store_lane_dsp

    def test_four_bit_multipliers_are_luts(self) -> None:
        four = priced(shape_of(weight_bits=4, activation_bits=4))
        five = priced(shape_of(weight_bits=5, activation_bits=5))
        assert four.dsp == 16 * SERIES7.lut.store_lane_dsp
        assert four.lut > five.lut  # fewer bits are not cheaper in every resource

    def test_memories_are_those_of_the_chunk(self) -> None:
        shape = shape_of(max_channels=64, capacity_i_bits=1024)
        memories = chunk_memories(shape, SERIES7)
        assert priced(shape).bram18 == sum(part.bram18 for part in memories.values())
        assert priced(shape).lutram == sum(part.lutram for part in memories.values()) > 0

    def test_the_store_path_by_its_options(self) -> None:
        rules, base = SERIES7.lut, resource_parts(shape_of(), BEAT_BITS, SERIES7)["store"].lut
        assert base == 16 * (rules.store_lane + 8 * rules.store_lane_per_bit)

        def store(**changes: Any) -> int:
            return int(resource_parts(shape_of(**changes), BEAT_BITS, SERIES7)["store"].lut - base)

        assert store(output_bits=16) == 16 * 8 * rules.store_lane_per_bit
        assert store(output_bits=32) == 16 * (8 * rules.store_lane_per_bit + 16 * rules.store_lane_per_wide_bit)
        assert store(output_bits=4) == 0  # residuals have 8 bits
        assert store(partial_sums=True) == 16 * rules.store_lane_partial_sums
        # Four pixels: one LUT for each of 32 bits of each of 16 lanes; seven of them take three.
        assert store(unroll_pixels=4) == 16 * 32
        assert store(unroll_pixels=7) == 16 * 32 * 3
        assert store(unroll_FX=3) == 0

    def test_the_stream_by_the_widths_it_serves(self) -> None:
        rules = SERIES7.lut
        unpack, pack = rules.unpacker_per_8_beat_bits, rules.packer_per_8_beat_bits

        def stream(**changes: Any) -> int:
            part = resource_parts(shape_of(**changes), BEAT_BITS, SERIES7)["stream"].lut
            return int(part) - rules.leg - BEAT_BITS * rules.leg_per_beat_bit

        # Three widths up to 8 bits (4, 6, 8), four up to 16, five up to 32, and one more for partial sums.
        assert stream() == 16 * (3 * unpack[2] + pack[2])
        assert stream(weight_bits=4) == 16 * (2 * unpack[2] + unpack[0] + pack[2])
        assert stream(output_bits=32) == 16 * (3 * unpack[2] + pack[4])
        assert stream(partial_sums=True) == 16 * (3 * unpack[2] + pack[3])
        assert stream(output_bits=32, partial_sums=True) == 16 * (3 * unpack[2] + pack[5])

    def test_a_table_is_memory_in_every_lane(self) -> None:
        parts = resource_parts(shape_of(activation_table=True, output_bits=4), BEAT_BITS, SERIES7)
        assert parts["tables"].lutram == 16 * 4 * 4  # four LUTs hold 256 bits
        assert parts["tables"].lut == 16 * (4 * 4 + SERIES7.lut.table)
        assert resource_parts(shape_of(), BEAT_BITS, SERIES7)["tables"] == Resources(lut=0, lutram=0)

    def test_ultra_ram_takes_the_place_of_block_ram(self) -> None:
        without, with_ = (priced(shape_of(uram=uram), ULTRASCALE) for uram in ((), ("I", "W", "O")))
        assert without.uram == 0
        assert with_.uram == 1 + 15 + 2 * 8  # 64, 1024 and twice 512 bits wide, 72 bits a block
        assert with_.bram18 < without.bram18
        with pytest.raises(HardwareError, match="the 7series family has no UltraRAM"):
            priced(shape_of(uram=("W",)))

    def test_of_a_record_on_a_platform(self) -> None:
        chunk = Chunk(
            kind=ChunkKind.BOTH,
            weight_bits=6,
            activation_bits=8,
            unroll=Unroll(K=16, C=8, OYOX=4, FX=3),
            capacity_bits=Capacity(I=65536, W=131072, O=262144),
            read_slots=8,
            write_slots=4,
            resident_weights=True,
            products_per_dsp=2,
            uram=("W",),
            partial_sums=True,
            activation_table=True,
            max_channels=512,
            output_bits=16,
        )
        options: dict[str, Any] = {"resident_weights": True, "products_per_dsp": 2, "uram": ("W",)}
        options |= {"partial_sums": True, "activation_table": True, "output_bits": 16, "weight_bits": 6}
        shape = shape_of(kind=ChunkKind.BOTH, unroll_pixels=4, unroll_FX=3, **options)
        assert ChunkShape.of(chunk) == shape
        zcu104 = load_platform("zcu104")
        assert resources_of(chunk, zcu104) == chunk_resources(shape, zcu104.dram.beat_bits, ULTRASCALE)
        slower = chunk.model_copy(update={"read_slots": 1, "write_slots": 1})
        assert resources_of(slower, zcu104) == resources_of(chunk, zcu104)

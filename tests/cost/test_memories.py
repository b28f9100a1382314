import math
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor

from cosearch.cost import ChunkShape
from cosearch.cost.choices import rotator_lut, selector_lut
from cosearch.cost.memories import Memory, block_memory, chunk_memories, ultra_memory
from cosearch.errors import HardwareError
from cosearch.hardware import ChunkKind, FabricRules, load_fabric

SERIES7, ULTRASCALE = load_fabric("7series"), load_fabric("ultrascale+")
ASPECTS = ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36))


def memories_of(fabric: FabricRules = SERIES7, **changes: Any) -> dict[str, Memory]:
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
    return chunk_memories(ChunkShape(**{**values, **changes}), fabric)


def brute_force_bram18(width: int, depth: int) -> int:
    """Lay blocks of one aspect one after another over a width x depth rectangle; the fewest of all aspects."""
    counts: list[int] = []
    for block_depth, block_width in ASPECTS:
        blocks = 0
        for _ in range(0, width, block_width):
            for _ in range(0, depth, block_depth):
                blocks += 1
        counts.append(blocks)
    return min(counts)


class TestChoices:
    @pytest.mark.parametrize(
        ("words", "lut"), [(1, 0), (2, 1), (3, 1), (4, 1), (5, 3), (8, 3), (16, 5), (17, 8), (64, 21)]
    )
    def test_one_word_of_several(self, words: int, lut: int) -> None:
        assert selector_lut(words) == lut  # a tree of choices among four

    @pytest.mark.parametrize(("words", "stages"), [(1, 0), (2, 1), (4, 1), (5, 2), (16, 2), (17, 3), (64, 3)])
    def test_turning_a_row(self, words: int, stages: int) -> None:
        assert rotator_lut(words) == stages

    def test_of_a_batch(self) -> None:
        words = torch.tensor([1, 4, 7, 16])
        for count, expected in ((selector_lut, [0, 1, 3, 5]), (rotator_lut, [0, 1, 2, 2])):
            found = count(words)
            assert isinstance(found, Tensor)
            assert found.tolist() == expected


class TestBlockMemory:
    @settings(deadline=None, max_examples=200)
    @given(width=st.integers(1, 3000), depth=st.integers(65, 40000))
    def test_bram_is_the_best_of_all_aspects(self, width: int, depth: int) -> None:
        found = block_memory(width, depth, SERIES7)
        assert (found.bram18, found.lutram, found.uram) == (brute_force_bram18(width, depth), 0, 0)

    @pytest.mark.parametrize(
        ("width", "depth", "bram18", "lut"),
        [
            (36, 512, 1, 0),
            (37, 512, 2, 0),
            (36, 513, 2, 0),
            (18, 1024, 1, 0),
            (1, 16384, 1, 0),
            (72, 512, 2, 0),
            (36, 65, 1, 0),
            (3, 64, 0, 4),
            (4, 64, 0, 8),
            (6, 32, 0, 4),
            (6, 33, 0, 8),
        ],
    )
    def test_shapes_of_the_7_series(self, width: int, depth: int, bram18: int, lut: int) -> None:
        found = block_memory(width, depth, SERIES7)
        assert (found.bram18, found.lut, found.lutram) == (bram18, lut, lut)

    def test_of_equal_aspects_the_deepest_has_nothing_to_choose(self) -> None:
        found = block_memory(64, 2048, SERIES7)  # eight of 2K x 9, or four times two of 512 x 36
        assert (found.bram18, found.lut) == (8, 0)

    def test_blocks_above_one_another_are_chosen_by_luts_unless_the_family_cascades(self) -> None:
        # 32 columns of four 16K x 1; four columns of 2K x 9 are as many blocks, but 32 above one another.
        deep = block_memory(32, 65536, SERIES7)
        assert (deep.bram18, deep.selector_lut, deep.lutram) == (128, 32, 0)
        assert deep.lut == 32
        # Parity bits make the difference: four columns of 2K x 9 for 36 bits.
        assert (block_memory(36, 65536, SERIES7).bram18, block_memory(36, 65536, SERIES7).lut) == (128, 36 * 11)
        assert block_memory(36, 65536, ULTRASCALE).lut == 0

    def test_shallow_and_deep_in_one_batch(self) -> None:
        found = block_memory(torch.tensor([6, 6, 36]), torch.tensor([32, 64, 512]), SERIES7)
        assert isinstance(found.bram18, Tensor)
        assert isinstance(found.lut, Tensor)
        assert found.bram18.tolist() == [0, 0, 1]
        assert found.lut.tolist() == [4, 8, 0]

    @settings(deadline=None, max_examples=150)
    @given(width=st.integers(1, 500), wider=st.integers(0, 100), depth=st.integers(1, 9000))
    def test_the_same_rows_with_fewer_bits_never_take_more(self, width: int, wider: int, depth: int) -> None:
        narrow, wide = block_memory(width, depth, SERIES7), block_memory(width + wider, depth, SERIES7)
        assert narrow.bram18 <= wide.bram18
        assert narrow.lutram <= wide.lutram


class TestUltraMemory:
    @pytest.mark.parametrize(
        ("width", "depth", "uram"), [(72, 4096, 1), (73, 4096, 2), (72, 4097, 2), (1, 1, 1), (144, 8192, 4)]
    )
    def test_blocks_of_72_bits_and_4096_rows(self, width: int, depth: int, uram: int) -> None:
        found = ultra_memory(width, depth, ULTRASCALE)
        assert (found.uram, found.bram18, found.lut) == (uram, 0, 0)

    def test_the_7_series_has_none(self) -> None:
        with pytest.raises(HardwareError) as caught:
            memories_of(uram=("W",))
        assert str(caught.value) == "the 7series family has no UltraRAM; leave the chunk's uram empty"

    def test_only_the_operands_that_ask_for_it(self) -> None:
        # A row of W is 1024 bits, 15 blocks wide; its two banks are 256 rows of one memory.
        found = memories_of(ULTRASCALE, uram=("W",))
        assert (found["W"].uram, found["W"].bram18) == (15, 0)
        assert {name: memory.uram for name, memory in found.items() if name != "W"} == dict.fromkeys(
            ("I", "O", "R", "parameters"), 0
        )

    def test_the_banks_of_o_are_two_memories_there_too(self) -> None:
        assert memories_of(ULTRASCALE, uram=("O",))["O"].uram == 2 * math.ceil(512 / 72)


class TestChunkMemories:
    def test_i_has_two_banks_of_rows_as_wide_as_the_reduction(self) -> None:
        # 8 words of 8 bits wide, 2 x 1024 deep: 64 bits in 9-bit columns of 2048.
        assert memories_of()["I"].bram18 == 8

    def test_depthwise_i_is_as_wide_as_the_lanes(self) -> None:
        # 16 words of 8 bits, 2 x 512 deep: 128 bits in 18-bit columns of 1024.
        assert memories_of(kind=ChunkKind.DEPTHWISE, unroll_C=1)["I"].bram18 == 8

    def test_a_both_chunk_needs_the_wider_of_the_two(self) -> None:
        wide = memories_of(kind=ChunkKind.BOTH, capacity_i_bits=128)["I"]
        assert wide.lut == math.ceil(16 * 8 / 6) * 4
        assert memories_of(kind=ChunkKind.BOTH, unroll_C=32)["I"] == memories_of(unroll_C=32)["I"]

    def test_i_holds_all_pixels_that_are_read_at_once(self) -> None:
        # 4 x 3 pixels of 8 words of 8 bits: 768 bits wide, 2 x 86 deep.
        assert memories_of(unroll_pixels=4, unroll_FX=3)["I"].bram18 == math.ceil(768 / 36)
        # 12 pixels of 16 channels on a depthwise chunk: 1536 bits, 2 x 43 deep.
        found = memories_of(kind=ChunkKind.DEPTHWISE, unroll_C=1, unroll_pixels=4, unroll_FX=3)
        assert found["I"].bram18 == math.ceil(1536 / 36)

    def test_w_holds_the_columns_of_the_kernel_that_are_read_at_once(self) -> None:
        # 16 x 8 x 3 weights of 8 bits: 3072 bits wide, 2 x 43 deep; pixels share them.
        assert memories_of(unroll_FX=3)["W"].bram18 == math.ceil(3072 / 36)
        assert memories_of(unroll_pixels=4)["W"] == memories_of()["W"]

    def test_resident_weights_have_one_bank(self) -> None:
        # A row is 16 x 8 x 8 = 1024 bits; 2^20 bits a bank are 1024 rows: 29 columns of 36 bits, 2 or 4 deep.
        assert memories_of(capacity_w_bits=2**20)["W"].bram18 == 4 * 29 - 2  # 57 columns of 18 bits, 2 deep
        assert memories_of(capacity_w_bits=2**20, resident_weights=True)["W"].bram18 == 57

    def test_the_banks_of_o_are_two_memories(self) -> None:
        # 512 bits wide, 512 deep, and read by array and store path in the same cycle.
        assert memories_of()["O"].bram18 == 2 * math.ceil(512 / 36)

    def test_o_holds_the_sums_of_all_pixels(self) -> None:
        # 4 pixels of 16 sums: 2048 bits wide, 128 deep.
        assert memories_of(unroll_pixels=4)["O"].bram18 == 2 * math.ceil(2048 / 36)

    def test_the_residual_buffer_has_the_rows_of_o_at_activation_bits(self) -> None:
        assert memories_of()["R"].bram18 == math.ceil(16 * 8 / 18)  # 2 x 512 deep
        # Rows of R hold one pixel: 128 rows of O of four pixels are 512 rows of R.
        assert memories_of(unroll_pixels=4)["R"] == memories_of()["R"]

    def test_partial_sums_lie_beside_the_residual(self) -> None:
        assert memories_of(partial_sums=True)["R"].bram18 == math.ceil(16 * (8 + 32) / 18)

    def test_parameters_come_a_row_of_lanes_at_a_time(self) -> None:
        assert memories_of()["parameters"].lut == math.ceil(16 * 64 / 6) * 4  # 32 deep
        assert memories_of(max_channels=2048)["parameters"].bram18 == math.ceil(16 * 64 / 36)  # 128 deep
        assert memories_of(unroll_pixels=4)["parameters"] == memories_of()["parameters"]

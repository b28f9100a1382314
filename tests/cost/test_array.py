import math
from typing import Any

import pytest
import torch
from torch import Tensor

from cosearch.cost import ChunkShape
from cosearch.cost.array import adder_lut, alignment_lut, multiplier_dsp, multiplier_lut, pooling_lut
from cosearch.hardware import ChunkKind, load_fabric

SERIES7, ULTRASCALE = load_fabric("7series"), load_fabric("ultrascale+")


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


class TestMultipliers:
    def test_one_slice_for_each_product_of_all_unrollings(self) -> None:
        assert multiplier_dsp(shape_of(), SERIES7) == 16 * 8
        assert multiplier_dsp(shape_of(unroll_pixels=4, unroll_FX=3), SERIES7) == 16 * 8 * 4 * 3
        assert multiplier_lut(shape_of(), SERIES7) == 0

    def test_narrow_multipliers_are_luts(self) -> None:
        narrow = shape_of(weight_bits=4, activation_bits=4)
        assert multiplier_dsp(narrow, SERIES7) == 0
        assert multiplier_lut(narrow, SERIES7) == 16 * 8 * SERIES7.lut.multiplier["4x4"]

    def test_multipliers_of_any_width_may_be_luts(self) -> None:
        wide = shape_of(weight_bits=6, activation_bits=16, lut_multipliers=True)
        assert multiplier_dsp(wide, SERIES7) == 0
        assert multiplier_lut(wide, SERIES7) == 16 * 8 * SERIES7.lut.multiplier["6x16"]

    def test_two_products_share_a_slice(self) -> None:
        packed = shape_of(products_per_dsp=2)
        assert multiplier_dsp(packed, SERIES7) == 16 * 8 / 2
        # The pre-adder of a DSP48E1 places one operand above the other; on UltraScale+ LUTs do.
        assert multiplier_lut(packed, SERIES7) == 0
        assert multiplier_lut(packed, ULTRASCALE) == 16 * 8 / 2 * 8
        assert multiplier_lut(shape_of(products_per_dsp=2, weight_bits=5), ULTRASCALE) == 16 * 8 / 2 * 8

    def test_packing_never_takes_a_slice_that_luts_would_have_saved(self) -> None:
        narrow = shape_of(weight_bits=4, activation_bits=4)
        packed = shape_of(weight_bits=4, activation_bits=4, products_per_dsp=2)
        assert multiplier_dsp(packed, SERIES7) == 0
        assert multiplier_lut(packed, SERIES7) == multiplier_lut(narrow, SERIES7)


class TestAdders:
    def test_slices_of_the_7_series_add_pairs(self) -> None:
        # 8 pairs of 17 bits meet in 7 adders.
        lane = 7 * (17 + SERIES7.lut.adder_growth_bits) + SERIES7.lut.accumulator
        assert adder_lut(shape_of(unroll_C=16), SERIES7) == 16 * lane

    def test_those_of_ultrascale_plus_do_not(self) -> None:
        lane = 15 * (16 + ULTRASCALE.lut.adder_growth_bits) + ULTRASCALE.lut.accumulator
        assert adder_lut(shape_of(unroll_C=16), ULTRASCALE) == 16 * lane

    @pytest.mark.parametrize("option", [{"products_per_dsp": 2}, {"lut_multipliers": True}])
    def test_packed_products_and_lut_products_are_added_in_luts(self, option: dict[str, Any]) -> None:
        lane = 15 * (16 + SERIES7.lut.adder_growth_bits) + SERIES7.lut.accumulator
        assert adder_lut(shape_of(unroll_C=16, **option), SERIES7) == 16 * lane

    def test_columns_of_the_kernel_meet_in_a_lane_and_pixels_have_their_own(self) -> None:
        one = adder_lut(shape_of(unroll_C=24), SERIES7)
        assert adder_lut(shape_of(unroll_C=8, unroll_FX=3), SERIES7) == one
        assert adder_lut(shape_of(unroll_C=24, unroll_pixels=4), SERIES7) == 4 * one

    def test_a_tree_that_also_takes_maxima_is_outside_the_slices(self) -> None:
        depthwise = shape_of(kind=ChunkKind.DEPTHWISE, unroll_C=1, unroll_FX=3)
        lane = 2 * (16 + SERIES7.lut.adder_growth_bits) + SERIES7.lut.accumulator
        assert adder_lut(depthwise, SERIES7) == 16 * lane
        assert adder_lut(shape_of(kind=ChunkKind.BOTH), SERIES7) == adder_lut(shape_of(), SERIES7)

    def test_of_a_batch_with_and_without_columns(self) -> None:
        columns = torch.tensor([1, 3])
        found = adder_lut(shape_of(kind=ChunkKind.BOTH, unroll_FX=columns), SERIES7)
        assert isinstance(found, Tensor)
        each = [adder_lut(shape_of(kind=ChunkKind.BOTH, unroll_FX=size), SERIES7) for size in (1, 3)]
        assert found.tolist() == each


class TestPooling:
    def test_a_standard_array_pools_in_its_store_path(self) -> None:
        assert pooling_lut(shape_of(), SERIES7) == 0

    @pytest.mark.parametrize(("kind", "unroll_c"), [(ChunkKind.DEPTHWISE, 1), (ChunkKind.BOTH, 8)])
    def test_lanes_of_depthwise_layers_take_maxima(self, kind: ChunkKind, unroll_c: int) -> None:
        rules = SERIES7.lut
        lane = rules.pooling_lane + 2 * 16 * rules.pooling_adder_per_bit
        shape = shape_of(kind=kind, unroll_C=unroll_c, unroll_FX=3, unroll_pixels=4)
        assert pooling_lut(shape, SERIES7) == 16 * 4 * lane


class TestAlignment:
    def test_a_row_of_one_pixel_needs_none(self) -> None:
        assert alignment_lut(shape_of(), SERIES7) == 0

    @pytest.mark.parametrize(
        ("pixels", "columns", "stages"), [(4, 1, 1), (1, 3, 1), (4, 3, 2), (14, 1, 2), (7, 3, 3)]
    )
    def test_words_of_several_pixels_are_turned(self, pixels: int, columns: int, stages: int) -> None:
        row_bits = 8 * 8 * pixels * columns
        assert alignment_lut(shape_of(unroll_pixels=pixels, unroll_FX=columns), SERIES7) == row_bits * stages
        assert stages == math.ceil(math.log(pixels * columns, 4))

    def test_a_both_chunk_chooses_for_every_lane_pixel_and_column(self) -> None:
        both = shape_of(kind=ChunkKind.BOTH, unroll_pixels=4, unroll_FX=3)
        turned = 16 * 8 * 12 * 2
        assert alignment_lut(both, SERIES7) == turned + 16 * 12 * 8 * SERIES7.lut.steering_per_bit

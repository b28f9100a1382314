"""A mapping becomes a tile and the loops around it."""

import pytest

from cosearch.errors import MappingError, UnsupportedLayerError
from cosearch.validate.gemmini import DIMS, Dim, program_of, tiled

MAPPING = "L3[WIO] K2 P7 C2 - L2[WI] N1 K16X - L1[O] K2 S3 R3 C2 Q2 C16X - L0[W] Q2 P4"


def sizes(**some: int) -> dict[Dim, int]:
    return {dim: some.get(dim, 1) for dim in DIMS}


def test_tiles_multiply_the_levels_below_dram_and_loops_turn_innermost_first():
    program = program_of(sizes(K=64, C=64, OY=4, OX=28, FY=3, FX=3), 1, MAPPING)
    assert program.tile == sizes(K=32, C=32, OY=4, OX=4, FY=3, FX=3)
    assert program.loops == (("C", 2), ("OX", 7), ("K", 2))
    assert (program.num_tiles, program.reduction_tiles) == (28, 2)
    assert not program.is_matmul


def test_an_even_kernel_has_one_more_row_and_column():
    even = "L3[WIO] P7 - L2[WI] N1 K16X - L1[O] S2 R2 C16X Q4 - L0[W] P4"
    program = program_of(sizes(K=16, C=16, OY=4, OX=28, FY=2, FX=2), 1, even)
    assert (program.bounds["OY"], program.bounds["OX"]) == (5, 29)
    assert program.loops == (("OX", 8), ("OY", 2))
    odd = program_of(sizes(K=16, C=16, OY=4, OX=28, FY=3, FX=3), 2, even.replace("S2 R2", "S3 R3"))
    assert (odd.bounds["OY"], odd.bounds["OX"]) == (4, 28)


def test_a_tile_ends_at_the_layer():
    program = program_of(sizes(K=60, C=64, OY=4, OX=28, FY=3, FX=3), 1, MAPPING.replace("K2 S3", "K4 S3"))
    assert program.tile["K"] == 60
    assert program.loops == (("C", 2), ("OX", 7))


def test_one_row_of_pixels_without_a_kernel_runs_the_matrix_loop():
    program = program_of(sizes(K=32, C=32, OX=28), 1, "L3[WIO] P7 - L2[WI] K16X - L1[O] K2 C2 C16X - L0[W] P4")
    assert program.is_matmul
    assert program.tile == sizes(K=32, C=32, OX=4)


def test_edges_are_tiles_of_their_own():
    program = tiled(sizes(K=100, C=40, OX=8), sizes(K=32, C=16, OX=8), 1, ["C", "K"])
    assert program.loops == (("C", 3), ("K", 4))
    found = sorted((count, tile["K"], tile["C"]) for count, tile in program.tile_sizes())
    assert found == [(1, 4, 8), (2, 4, 16), (3, 32, 8), (6, 32, 16)]
    assert sum(count for count, *_ in found) == program.num_tiles
    assert sum(count * k * c for count, k, c in found) == 100 * 40


def test_loops_that_an_order_does_not_name_go_outside():
    program = tiled(sizes(K=64, C=64, OX=64), sizes(K=32, C=32, OX=32), 1, ["OX"])
    assert [dim for dim, _ in program.loops] == ["OX", "C", "K"]


def test_what_the_loops_leave_out_is_refused():
    with pytest.raises(MappingError, match="the loops of OX cover 28 of 30; their product must not be less"):
        program_of(sizes(K=64, C=64, OY=4, OX=30, FY=3, FX=3), 1, MAPPING)


def test_more_images_are_refused():
    with pytest.raises(UnsupportedLayerError, match="N=2 images; the measured programs take one"):
        program_of(sizes(N=2), 1, MAPPING)

"""Gemmini's own tiles grow until a memory is full."""

from cosearch.validate.gemmini import automatic_matmul


def tile(rows: int, reduction: int, columns: int) -> tuple[int, int, int]:
    program = automatic_matmul(rows, reduction, columns, scratchpad_bytes=256 * 1024, accumulator_bytes=64 * 1024)
    return program.tile["OX"], program.tile["C"], program.tile["K"]


def test_a_small_product_is_one_tile():
    assert tile(64, 48, 32) == (64, 48, 32)
    assert tile(10, 20, 30) == (10, 20, 30)


def test_the_accumulator_bounds_the_tile():
    # 32 blocks of 16 x 16 int32 are half of 64 KB: five by five to begin with, then a sixth column.
    assert tile(512, 512, 512) == (80, 512, 96)


def test_the_scratchpad_bounds_the_reduction():
    # 512 blocks are half of 256 KB; the reduction starts with half of them over five, and nothing can grow.
    assert tile(512, 4096, 512) == (80, 16 * 51, 80)


def test_the_reduction_runs_innermost():
    program = automatic_matmul(512, 4096, 512, scratchpad_bytes=256 * 1024, accumulator_bytes=64 * 1024)
    assert [dim for dim, _ in program.loops] == ["C", "K", "OX"]

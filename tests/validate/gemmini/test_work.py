"""The work of a tile against a walk through the loops of the hardware."""

from itertools import product

import pytest

from cosearch.validate.gemmini import DIMS, Assumptions, Dim, Program, TileWork, tile_work, tiled


def sizes(**some: int) -> dict[Dim, int]:
    return {dim: some.get(dim, 1) for dim in DIMS}


def one_tile(stride: int = 1, **some: int) -> Program:
    return tiled(sizes(**some), sizes(**some), stride, [])


def walked_computes(tile: dict[Dim, int]) -> tuple[int, int, int]:
    """Rows, weight switches and pairs of every preload and compute, one by one."""
    rows = switches = pairs = 0
    for _ in product(range(0, tile["K"], 16), range(tile["FY"] * tile["FX"]), range(0, tile["C"], 16)):
        new_weights = True
        switches += 1
        for _, column in product(range(tile["OY"]), range(0, tile["OX"], 16)):
            pixels = min(16, tile["OX"] - column)
            rows += max(pixels, 16 if new_weights else 4)
            pairs += 1
            new_weights = False
    return rows, switches, pairs


def walked(program: Program) -> TileWork:
    """Every command of the hardware loops."""
    tile = program.tile
    beats = stores = 0
    for _ in range((tile["OY"] - 1) * program.stride + tile["FY"]):
        for _ in range((tile["OX"] - 1) * program.stride + tile["FX"]):
            beats += -(-tile["C"] // 16)
    for _ in range(tile["FY"] * tile["FX"] * tile["C"]):
        beats += -(-tile["K"] // 16)
    for _ in range(tile["OY"] * tile["OX"]):
        for _ in range(0, tile["K"], 64 if program.is_matmul else 16):
            stores += 1
    return TileWork(*walked_computes(tile), beats, stores)


@pytest.mark.parametrize(
    "program",
    [
        one_tile(K=64, C=32, OY=7, OX=7, FY=3, FX=3),
        one_tile(K=36, C=20, OY=3, OX=35, FY=1, FX=2),
        one_tile(K=16, C=3, OY=8, OX=2, FY=7, FX=7, stride=2),
        one_tile(K=100, C=48, OX=70),
    ],
)
def test_work_is_what_a_walk_counts(program: Program):
    assert tile_work(program, program.tile, Assumptions()) == walked(program)


def test_few_rows_wait_for_new_weights():
    program = one_tile(K=16, C=16, OY=4, OX=4, FY=3, FX=3)
    assert tile_work(program, program.tile, Assumptions()).array_rows == 9 * (16 + 3 * 4)
    assert tile_work(program, program.tile, Assumptions(full_preload=False)).array_rows == 9 * 4 * 4

"""Misses against a cache that is simulated line by line."""

import random

import pytest

from cosearch.validate.gemmini import (
    DIMS,
    L2,
    LAST_LEVEL,
    Assumptions,
    Cache,
    Dim,
    Program,
    footprint,
    hit_rate,
    misses,
    tiled,
)

COLD = Assumptions(warm=False)


def sizes(**some: int) -> dict[Dim, int]:
    return {dim: some.get(dim, 1) for dim in DIMS}


def test_the_caches_of_the_measurement():
    assert (L2.num_lines * L2.line_bytes, LAST_LEVEL.num_lines * LAST_LEVEL.line_bytes) == (512 << 10, 4 << 20)


@pytest.mark.parametrize("lines", [40, 64, 80, 128, 256])
def test_hit_rate_of_random_replacement(lines: int):
    rng = random.Random(3)
    slots: list[int | None] = [None] * 64
    where: dict[int, int] = {}
    hits = reads = 0
    for sweep in range(200):
        for line in range(lines):
            if sweep >= 100:
                reads += 1
                hits += line in where
            if line in where:
                continue
            slot = rng.randrange(64) if len(where) == 64 else len(where)
            evicted = slots[slot]
            if evicted is not None:
                del where[evicted]
            slots[slot], where[line] = line, slot
    assert hits / reads == pytest.approx(hit_rate(lines / 64), abs=0.02)


def product_program(order: list[Dim]) -> Program:
    return tiled(sizes(OX=64, C=256, K=256), sizes(OX=16, C=64, K=64), 1, order)


def test_what_fits_is_fetched_once_in_any_order():
    big = Cache(line_bytes=64, num_sets=4096, num_ways=8)
    for order in (["C", "K", "OX"], ["OX", "K", "C"], ["K", "OX", "C"]):
        found = misses(product_program(order), big, COLD)
        assert found == {"I": 64 * 256 / 64, "W": 256 * 256 / 64}


def test_a_warm_cache_that_holds_the_layer_never_misses():
    big = Cache(line_bytes=64, num_sets=4096, num_ways=8)
    assert misses(product_program(["C", "K", "OX"]), big, Assumptions()) == {"I": 0.0, "W": 0.0}


def test_the_order_of_loops_decides_what_a_small_cache_keeps():
    small = Cache(line_bytes=64, num_sets=256, num_ways=2)
    weights_inside = misses(product_program(["C", "K", "OX"]), small, COLD)
    pixels_inside = misses(product_program(["OX", "C", "K"]), small, COLD)
    assert weights_inside["W"] > 3.5 * 256 * 256 / 64
    assert pixels_inside["W"] == 256 * 256 / 64


def test_what_never_fits_is_fetched_with_every_tile():
    tiny = Cache(line_bytes=64, num_sets=1, num_ways=1)
    found = misses(product_program(["C", "K", "OX"]), tiny, COLD)
    assert found == pytest.approx({"I": 64 * 16 * 64 * 64 / 64 / 64, "W": 64 * 64}, rel=1e-6)


def test_edge_tiles_fetch_what_they_have():
    tiny = Cache(line_bytes=64, num_sets=1, num_ways=1)
    program = tiled(sizes(OX=33, C=64, K=128), sizes(OX=32, C=64, K=64), 1, ["K", "OX"])
    found = misses(program, tiny, COLD)
    assert found == pytest.approx({"I": 2 * 33, "W": 2 * 2 * 64}, rel=1e-6)


def test_narrow_rows_at_a_wide_stride_crowd_into_few_sets():
    program = tiled(sizes(OX=16, C=512, K=1024), sizes(OX=16, C=512, K=16), 1, ["K"])
    print_ = footprint(program, program.tile, "W", L2)
    # A row of 1024 bytes is 16 lines: one line a row can be in every sixteenth set only.
    assert (print_.lines, print_.share_of_sets) == (512, 1 / 16)
    whole = footprint(program, program.bounds, "W", L2)
    assert (whole.lines, whole.share_of_sets) == (512 * 1024 / 64, 1.0)


def test_conflicts_only_add_misses():
    program = tiled(sizes(OX=64, C=1024, K=1024), sizes(OX=16, C=1024, K=16), 1, ["OX", "K"])
    with_conflicts = misses(program, L2, COLD)["W"]
    without = misses(program, L2, Assumptions(warm=False, conflicts=False))["W"]
    assert without == 1024 * 1024 / 64
    assert with_conflicts > 1.5 * without


def test_rows_that_start_anywhere_share_lines():
    program = tiled(sizes(OX=16, C=36, K=36), sizes(OX=16, C=36, K=12), 1, ["K"])
    assert footprint(program, program.tile, "W", L2).lines == 36 * 36 / 64

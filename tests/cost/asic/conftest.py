"""Small arrays, layers and mappings, drawn at random or given."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from cosearch.hardware import (
    DIMS,
    ArrayAccelerator,
    ArrayDram,
    ArrayMapping,
    ArrayNetwork,
    GlobalBuffer,
    LevelLoops,
    Storage,
)
from cosearch.workload import IMAGE, Layer


def make_array(**changes: Any) -> ArrayAccelerator:
    values: dict[str, Any] = {
        "name": "small",
        "rows": 8,
        "columns": 8,
        "weight_bits": 8,
        "activation_bits": 8,
        "accumulator_bits": 24,
        "clock_hertz": 1e8,
        "registers": Storage(capacity_bits=2**20, width_bits=24, double_buffered=("I", "W", "O")),
        "buffer": GlobalBuffer(
            capacity_bits=2**26,
            width_bits=64,
            double_buffered=("I", "W", "O"),
            read_bits_per_cycle=256,
            write_bits_per_cycle=256,
        ),
        "network": ArrayNetwork(bits_per_cycle={"I": 32, "W": 64, "O": 48}),
        "dram": ArrayDram(width_bits=64, bits_per_cycle=32),
    }
    return ArrayAccelerator(**{**values, **changes})


def make_layer(mapping: ArrayMapping, **changes: Any) -> Layer:
    """A layer that a mapping covers exactly, without padding."""
    sizes: dict[str, Any] = {dim: mapping.inside(dim, "dram") for dim in DIMS}
    stride_y, stride_x = changes.get("stride_y", 1), changes.get("stride_x", 1)
    values: dict[str, Any] = {
        **sizes,
        "IY": (sizes["OY"] - 1) * stride_y + (sizes["FY"] - 1) * changes.get("dilation_y", 1) + 1,
        "IX": (sizes["OX"] - 1) * stride_x + (sizes["FX"] - 1) * changes.get("dilation_x", 1) + 1,
        "weight_bits": 8,
        "input_bits": 8,
        "output_bits": 8,
    }
    return Layer(name="a", source=IMAGE, **{**values, **changes})


def draw_mapping(seed: int, largest: int = 3000) -> ArrayMapping:
    """A mapping of few iterations, every level and order as it comes."""
    rng = random.Random(seed)
    while True:
        levels = [{dim: rng.choice((1, 1, 1, 2, 2, 3)) for dim in rng.sample(DIMS, 3)} for _ in range(5)]
        total = 1
        for level in levels:
            for factor in level.values():
                total *= factor
        if total <= largest:
            break
    orders = [tuple(rng.sample(DIMS, len(DIMS))) for _ in range(3)]
    return ArrayMapping(
        registers=LevelLoops(factors=levels[0], order=orders[0]),
        rows=levels[1],
        columns=levels[2],
        buffer=LevelLoops(factors=levels[3], order=orders[1]),
        dram=LevelLoops(factors=levels[4], order=orders[2]),
    )


@pytest.fixture
def array() -> Callable[..., ArrayAccelerator]:
    return make_array


@pytest.fixture
def layer() -> Callable[..., Layer]:
    return make_layer


@pytest.fixture
def draw() -> Callable[..., ArrayMapping]:
    return draw_mapping

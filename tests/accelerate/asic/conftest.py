"""Arrays and layers small enough to walk through all mappings."""

from collections.abc import Callable
from typing import Any

import pytest

from cosearch.cost.asic import ArrayRates, rates_of_array
from cosearch.hardware import ArrayAccelerator, ArrayDram, ArrayNetwork, GlobalBuffer, Storage, load_technology
from cosearch.workload import IMAGE, Layer


def make_array(**changes: Any) -> ArrayAccelerator:
    values: dict[str, Any] = {
        "name": "tiny",
        "rows": 2,
        "columns": 2,
        "weight_bits": 8,
        "activation_bits": 8,
        "accumulator_bits": 16,
        "clock_hertz": 1e8,
        "registers": Storage(capacity_bits={"I": 32, "W": 64, "O": 64}, width_bits=16, streamed=("I", "O")),
        "buffer": GlobalBuffer(
            capacity_bits=2048,
            width_bits=32,
            keeps=("I", "O"),
            streamed=("I", "O"),
            read_bits_per_cycle=64,
            write_bits_per_cycle=64,
        ),
        "network": ArrayNetwork(bits_per_cycle={"I": 16, "W": 32, "O": 32}),
        "dram": ArrayDram(width_bits=32, bits_per_cycle=12),
    }
    return ArrayAccelerator(**{**values, **changes})


def make_layer(**changes: Any) -> Layer:
    sizes: dict[str, Any] = {"K": 4, "C": 2, "OY": 4, "OX": 1, "FY": 1, "FX": 1, "stride_y": 1, "stride_x": 1}
    sizes |= changes
    values: dict[str, Any] = {
        "IY": (sizes["OY"] - 1) * sizes["stride_y"] + sizes["FY"],
        "IX": (sizes["OX"] - 1) * sizes["stride_x"] + sizes["FX"],
        "weight_bits": 8,
        "input_bits": 8,
        "output_bits": 8,
    }
    return Layer(name="a", source=IMAGE, **{**values, **sizes})


@pytest.fixture
def array() -> Callable[..., ArrayAccelerator]:
    return make_array


@pytest.fixture
def layer() -> Callable[..., Layer]:
    return make_layer


@pytest.fixture
def rates() -> Callable[[ArrayAccelerator], ArrayRates]:
    return lambda array: rates_of_array(array, load_technology("65nm"))

"""What fits an array, and what is said when it does not."""

import re
from typing import Any

import pytest

from cosearch.errors import MappingError
from cosearch.hardware import (
    ArrayAccelerator,
    ArrayMapping,
    LevelLoops,
    RowStationary,
    check_array_mapping,
    load_array,
    occupied_bits,
    row_stationary,
)
from cosearch.hardware.array import memory_words
from cosearch.workload import IMAGE, Layer


def layer(**changes: Any) -> Layer:
    values: dict[str, Any] = {"K": 16, "C": 16, "OY": 8, "OX": 8, "FY": 3, "FX": 3, "IY": 10, "IX": 10}
    values |= {"weight_bits": 8, "input_bits": 8, "output_bits": 8}
    return Layer(name="a", source=IMAGE, **{**values, **changes})


def loops(**factors: int) -> LevelLoops:
    return LevelLoops(factors=factors, order=tuple(factors))


def mapping(**changes: Any) -> ArrayMapping:
    values: dict[str, Any] = {
        "rows": {"C": 16},
        "columns": {"K": 16},
        "buffer": loops(OY=8, OX=8),
        "dram": loops(FY=3, FX=3),
    }
    return ArrayMapping(**{**values, **changes})


ARRAY = load_array("weight_stationary")


def changed(**values: Any) -> ArrayAccelerator:
    return ArrayAccelerator.model_validate(ARRAY.model_dump() | values)


def storage(section: str, **values: Any) -> dict[str, Any]:
    return {section: ARRAY.model_dump()[section] | values}


def test_a_mapping_that_fits():
    check_array_mapping(layer(), mapping(), ARRAY)
    check_array_mapping(layer(K=15), mapping(), ARRAY)  # the surplus runs idle


def test_words_lie_in_memory_words():
    assert [memory_words(10, bits, 16) for bits in (1, 3, 4, 8, 9, 16, 17, 24, 33)] == [
        1,
        2,
        3,
        5,
        10,
        10,
        20,
        20,
        30,
    ]


def test_what_a_mapping_takes_of_the_memories():
    assert occupied_bits(layer(), mapping(), ARRAY, "registers") == {"W": 2 * 8}
    taken = occupied_bits(layer(), mapping(), ARRAY, "buffer")
    assert taken == {"I": 2 * 16 * 64 * 8, "W": 2 * 256 * 8, "O": 2 * -(-16 * 64 // 5) * 128}
    whole = occupied_bits(
        layer(padding_y=1, padding_x=1, IY=8, IX=8), mapping(buffer=loops(OY=8, OX=8, FY=3)), ARRAY, "buffer"
    )
    assert whole["I"] == 2 * 16 * 64 * 8  # rows in the padding are not stored


@pytest.mark.parametrize(
    ("one", "how", "array", "said"),
    [
        (layer(weight_bits=9), mapping(), ARRAY, "a: weight_bits=9 on multipliers of 8 bits; at most 8"),
        (layer(input_bits=16), mapping(), ARRAY, "a: input_bits=16 on multipliers of 8 bits; at most 8"),
        (
            layer(OY=9, IY=11),
            mapping(),
            ARRAY,
            "a: factors of OY multiply to 8, the layer has 9; raise one of them",
        ),
        (
            layer(),
            mapping(columns={"K": 16, "OX": 2}),
            ARRAY,
            "a: K=16 x OX=2 take 32 columns of 16; lower a factor",
        ),
        (layer(), mapping(rows={"C": 17}), ARRAY, "a: C=17 take 17 rows of 16; lower a factor"),
        (
            layer(),
            mapping(columns={"K": 16, "OX": 2}),
            changed(network=ARRAY.network.model_dump() | {"folds": True}),
            "a: C=16 in 2 strips above one another take 32 rows of 16; lower a factor",
        ),
        (
            layer(),
            mapping(registers=loops(C=2)),
            ARRAY,
            "a: tiles take 32 bits of 16 in registers (W 32); lower a factor inside registers",
        ),
        (
            layer(),
            mapping(),
            changed(**storage("buffer", capacity_bits=72000)),
            "a: tiles take 72960 bits of 72000 in buffer (I 16384, W 4096, O 52480); lower a factor inside buffer",
        ),
        (
            layer(),
            mapping(),
            changed(**storage("buffer", capacity_bits={"I": 16384, "W": 4000, "O": 60000})),
            "a: tiles take 4096 bits of 4000 in buffer (W 4096); lower a factor inside buffer",
        ),
    ],
)
def test_what_does_not_fit(one, how, array, said):
    with pytest.raises(MappingError, match=f"^{re.escape(said)}$"):
        check_array_mapping(one, how, array)


def test_row_stationary_passes():
    eyeriss = load_array("eyeriss")
    wide_words = {"weight_bits": 16, "input_bits": 16}
    conv = layer(**wide_words, N=4, K=96, C=3, OY=55, OX=55, FY=11, FX=11, IY=227, IX=227, stride_y=4, stride_x=4)
    conv1 = row_stationary(conv, RowStationary(m=96, n=1, e=7, p=16, q=1, r=1, t=2))
    check_array_mapping(conv, conv1, eyeriss)
    assert (conv1.used_rows, conv1.used_columns) == (11, 14)
    assert conv1.inside("OY", "dram") == 56
    assert conv1.buffer.factors == {"K": 3, "N": 1, "OX": 55}
    assert occupied_bits(conv, conv1, eyeriss, "registers") == {"I": 11 * 16, "W": 16 * 11 * 16, "O": 16 * 16}
    wide = layer(K=128, C=48, OY=27, OX=27, FY=5, FX=5, IY=31, IX=31)
    conv2 = row_stationary(wide, RowStationary(m=64, n=1, e=27, p=16, q=2, r=1, t=1))
    assert (conv2.used_rows, conv2.used_columns) == (5, 27)
    check_array_mapping(wide, conv2, eyeriss)  # cut in two strips
    high = row_stationary(wide, RowStationary(m=64, n=1, e=27, p=16, q=1, r=2, t=1))
    with pytest.raises(MappingError, match=r"C=2 x FY=5 in 2 strips above one another take 20 rows of 12"):
        check_array_mapping(wide, high, eyeriss)

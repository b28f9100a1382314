from dataclasses import replace

import pytest

from cosearch.errors import WorkloadError
from cosearch.workload import IMAGE, Concatenation, Layer, Workload


def pointwise(name: str, source: str, c: int, k: int, size: int = 8) -> Layer:
    return Layer(
        name=name,
        source=source,
        K=k,
        C=c,
        OY=size,
        OX=size,
        IY=size,
        IX=size,
        weight_bits=4,
        input_bits=8,
        output_bits=8,
    )


A = pointwise("a", IMAGE, 3, 16)
B = pointwise("b", "a", 16, 32)
C = replace(pointwise("c", "b", 32, 16), residual="a", residual_bits=8)
D = pointwise("d", "c", 16, 10)


def test_totals_are_sums_over_layers() -> None:
    network = Workload((A, B, C, D))
    assert network.num_macs == 64 * (3 * 16 + 16 * 32 + 32 * 16 + 16 * 10)
    parameters = 64 * (16 + 32 + 16 + 10)
    assert network.model_bits == 4 * (3 * 16 + 16 * 32 + 32 * 16 + 16 * 10) + parameters


def test_a_layer_is_found_by_name() -> None:
    network = Workload((A, B))
    assert network.layer("b") is B
    with pytest.raises(WorkloadError, match=r"^no layer is called 'c'$"):
        network.layer("c")


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "a network needs at least one layer"),
        ((A, A), "two layers are called 'a'; rename one"),
        ((pointwise("image", IMAGE, 3, 16),), "no layer may be called 'image', the network's input; rename it"),
        ((B, A), "b: reads 'a', which no earlier layer makes"),
        ((A, replace(B, residual="z", residual_bits=8)), "b: reads 'z', which no earlier layer makes"),
        ((A, replace(B, C=8)), "b: reads 8x8x8, but 'a' makes 16x8x8"),
        ((A, pointwise("b", "a", 16, 32, size=4)), "b: reads 16x4x4, but 'a' makes 16x8x8"),
        ((replace(A, pool_y=2, pool_x=4), B), "b: reads 16x8x8, but 'a' makes 16x4x2"),
        ((A, B, replace(C, K=8)), "c: reads 8x8x8, but 'a' makes 16x8x8"),
        ((A, replace(B, input_bits=6)), "b: reads 6-bit words, but 'a' stores 8; make the widths equal"),
        ((A, B, replace(C, residual_bits=4)), "c: reads 4-bit words, but 'a' stores 8; make the widths equal"),
    ],
)
def test_a_network_that_does_not_fit_together_is_refused(layers: tuple[Layer, ...], message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        Workload(layers)
    assert str(caught.value) == message


def test_a_reader_sees_the_pooled_tensor_and_all_groups() -> None:
    grouped = replace(A, G=2, K=8, C=2, pool_y=8, pool_x=8)
    fc = pointwise("fc", "a", 16, 10, size=1)
    assert Workload((grouped, fc)).num_macs == 64 * 2 * 8 * 2 + 160


def test_a_residual_is_added_before_pooling() -> None:
    pooled = replace(C, pool_y=2, pool_x=2)
    reader = pointwise("d", "c", 16, 10, size=4)
    assert Workload((A, B, pooled, reader)).layers[-2:] == (pooled, reader)


PARTS = (
    pointwise("a", IMAGE, 3, 16),
    replace(pointwise("b", "a", 16, 24), output_offset=16),
    pointwise("c", "both", 40, 8),
)
BOTH = Concatenation(name="both", parts=("a", "b"))


def test_a_concatenation_is_read_as_one_tensor() -> None:
    network = Workload(PARTS, (BOTH,))
    assert network.producers("both") == ("a", "b")
    assert network.producers("a") == ("a",)
    assert network.producers(IMAGE) == ()
    assert network.reads(network.layer("c")) == ("a", "b")


def test_concatenations_nest() -> None:
    last = replace(pointwise("d", "both", 40, 8), output_offset=40)
    final = pointwise("e", "all", 48, 4)
    network = Workload((*PARTS[:2], last, final), (Concatenation(name="all", parts=("both", "d")), BOTH))
    assert network.reads(final) == ("a", "b", "d")


@pytest.mark.parametrize(
    ("layers", "joined", "message"),
    [
        (PARTS, (), "c: reads 'both', which no earlier layer makes"),
        (
            (PARTS[0], replace(PARTS[1], output_offset=0), PARTS[2]),
            (BOTH,),
            "both: part 'b' is stored from channel 0, it must be 16; set its output_offset",
        ),
        (
            (PARTS[0], replace(PARTS[1], OY=4, IY=4, source=IMAGE), PARTS[2]),
            (BOTH,),
            "both: joins 16x8x8 of 8 bits and, of 'b', 24x4x8 of 8; rows, columns and widths must be equal",
        ),
        (
            (PARTS[0], replace(PARTS[1], output_bits=4), PARTS[2]),
            (BOTH,),
            "both: joins 16x8x8 of 8 bits and, of 'b', 24x8x8 of 4; rows, columns and widths must be equal",
        ),
        ((PARTS[0],), (Concatenation(name="both", parts=("a", "z")),), "both: concatenates 'z', which no earlier"),
        (PARTS[:2], (replace(BOTH, name="a"),), "two layers are called 'a'; rename one"),
        ((PARTS[0],), (Concatenation(name="none", parts=()),), "none: concatenates nothing; name its parts"),
        (
            (*PARTS, pointwise("d", "b", 24, 8)),
            (BOTH,),
            "d: reads from channel 0, but 'b' is stored from channel 16; make the offsets equal",
        ),
    ],
)
def test_concatenations_that_do_not_fit_are_refused(
    layers: tuple[Layer, ...], joined: tuple[Concatenation, ...], message: str
) -> None:
    with pytest.raises(WorkloadError, match=message):
        Workload(layers, joined)


def test_a_scale_is_one_number_a_channel() -> None:
    gate = pointwise("gate", IMAGE, 3, 16, size=1)
    scaled = Layer(
        name="s", source="a", op="multiply", scale="gate", G=16, K=1, C=1, OY=8, OX=8, IY=8, IX=8, weight_bits=8,
        input_bits=8, output_bits=8,
    )  # fmt: skip
    assert Workload((A, gate, scaled)).reads(scaled) == ("a", "gate")
    with pytest.raises(WorkloadError, match="s: reads 16x1x1, but 'a' makes 16x8x8"):
        Workload((A, gate, replace(scaled, scale="a")))

from dataclasses import replace

import pytest

from cosearch.errors import WorkloadError
from cosearch.workload import IMAGE, Layer, Workload


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

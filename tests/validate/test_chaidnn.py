"""Ratios of 6 and 8 bits: compute-bound near two, ports bring it down; constants leave one out; what is refused."""

from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.validate import chaidnn, compare_chaidnn

SHIPPED = chaidnn.shipped_networks()

HEAD = "device,compute_DSP,clock_MHz,network,bits,with_FC_on_CPU,fps"


def table(tmp_path, *rows: str) -> Path:
    path = tmp_path / "boards.csv"
    path.write_text("\n".join(["# a comment", HEAD, *rows]) + "\n")
    return path


def pair(device: str, dsp: int, ratio: float, network: str = "AlexNet", clock: str = "300/600") -> list[str]:
    return [
        f"{device},{dsp},{clock},{network},6,0,{100 * ratio}",
        f"{device},{dsp},{clock},{network},8,0,100",
    ]


@pytest.fixture(scope="module", autouse=True)
def small_network():
    """AlexNet of one layer in place of the shipped ones, which take long."""
    layers = {"AlexNet": ((32, 32, 14, 3, 1, 1, 2),)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chaidnn, "shipped_networks", lambda: SHIPPED.model_copy(update={"networks": layers}))
        yield


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    rows = [*pair("ZU9", 128, 1.95), *pair("ZU9", 256, 1.9), *pair("DietChai", 128, 1.7), *pair("ZU9", 512, 1.5)]
    rows += ["ZU9,128,300/600,AlexNet,8,1,10", "ZU9,128,300/600,VGG-SSD,8,,1.0"]
    return compare_chaidnn(table(tmp_path_factory.mktemp("boards"), *rows))


def test_only_the_asked_rows_count(result):
    assert result.figures["num_ratios"] == 3
    assert result.figures["num_left_out"] == 1
    assert [point.name for point in result.points] == ["AlexNet 128 DSP", "AlexNet 256 DSP", "AlexNet 128 DSP"]


def test_the_more_the_ports_bind_the_less_six_bits_gain(result):
    small, large, diet = (point.model for point in result.points)
    assert 1 < large < small < 2  # more multipliers behind the same ports
    assert 1 < diet < small  # narrower ports


def test_a_constant_leaves_its_own_row_out(result):
    means = [(1.9 + 1.7) / 2, (1.95 + 1.7) / 2, (1.95 + 1.9) / 2]
    error = sum(abs(mean / ratio - 1) for mean, ratio in zip(means, (1.95, 1.9, 1.7), strict=True)) / 3
    assert result.figures["constant_error_mean"] == pytest.approx(error)
    assert result.targets["mean_error"].bound == min(
        result.figures["constant_error_mean"], result.figures["constant_error_median"]
    )


def test_a_time_is_its_cycles_over_the_core_clock(tmp_path):
    alone = compare_chaidnn(table(tmp_path, *pair("a", 128, 2), *pair("b", 128, 2), *pair("c", 128, 2)))
    share, ratio = alone.figures["array_share"], alone.points[0].model
    cycles = share / 100 * 2 / (1 + 2 / ratio) * 300e6  # at 8 bits, of two layers
    products = 2 * 32 * 32 * 9 * 14 * 14
    assert products / 256 < cycles < 1.3 * products / 256


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (pair("ZU9", 128, 1.9), r"boards\.csv: 1 ratios of 6 and 8 bits; a constant that leaves one out needs 3"),
        (pair("ZU9", 128, 1.9, clock="300"), r"boards\.csv:4: clock_MHz='300' is not core/DSP; write 300/600"),
        (["ZU9,128,300/600,AlexNet,six,0,1"], r"boards\.csv:3: bits='six' is not a whole number"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        compare_chaidnn(table(tmp_path, *rows))


@pytest.mark.parametrize(
    ("network", "products", "num_layers"),
    [
        ("AlexNet", 665_784_864, 5),
        ("VGG-16", 15_346_630_656, 13),
        ("GoogleNet", 1_581_647_872, 57),
        ("ResNet-50", 3_855_925_248, 53),
    ],
)
def test_the_shipped_layers_have_the_published_products(network, products, num_layers):
    rows = SHIPPED.networks[network]
    assert (
        sum(k * c * size**2 * kernel**2 * groups * times for k, c, size, kernel, _, groups, times in rows) == products
    )
    assert sum(row[-1] for row in rows) == num_layers

"""Files of measurements say what is wrong with them."""

from pathlib import Path

import pytest

from cosearch.errors import DataError, InputError
from cosearch.validate.gemmini import read_layers, read_products

DATA = Path(__file__).parents[3] / "validation" / "data"
LINES = (DATA / "gemmini_rtl.csv").read_text().splitlines()


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_measured_layers():
    layers = read_layers(DATA / "gemmini_rtl.csv")
    assert (len(layers), len({layer.group for layer in layers})) == (148, 71)
    first = layers[0]
    assert (first.cycles, first.timeloop_cycles, first.search) == (566626, 294912, "analytical")
    assert first.program.is_matmul
    assert (first.program.tile["OX"], first.program.tile["C"], first.program.tile["K"]) == (128, 768, 16)
    assert first.program.loops == (("K", 48),)


def test_the_measured_products():
    products = read_products(DATA / "gemmini_gemm_rtl.csv")
    assert len(products) == 6
    assert (products[3].rows, products[3].reduction, products[3].columns, products[3].cycles) == (16, 512, 512, 32506)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("566626.0", "many", "some.csv:4: target.gemmini_cycle='many' is not a number above zero; mend it"),
        ("566626.0", "-3", "some.csv:4: target.gemmini_cycle='-3' is not a number above zero; mend it"),
        ("L1[O] C48", "L1[O] C4", "some.csv:4: the loops of C cover 64 of 768; their product must not be less"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, old: str, new: str, message: str):
    file = written(tmp_path / "some.csv", *LINES[:3], LINES[3].replace(old, new))
    with pytest.raises(InputError) as fault:
        read_layers(file)
    assert str(fault.value) == message


def test_a_missing_column_is_named(tmp_path: Path):
    file = written(tmp_path / "some.csv", *(line.replace("prob.C,", "prob.Z,") for line in LINES[:4]))
    with pytest.raises(DataError, match=r"some\.csv:4: column prob\.C is missing; give it in every row"):
        read_layers(file)


def test_an_empty_file_is_refused(tmp_path: Path):
    file = written(tmp_path / "some.csv", *LINES[:3])
    with pytest.raises(DataError, match=r"some\.csv has no rows; give a file as validation/data/gemmini_rtl\.csv"):
        read_layers(file)

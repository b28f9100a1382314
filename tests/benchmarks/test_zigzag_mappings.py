"""The comparison with ZigZag: what is kept of either side, and the committed lines."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cosearch.cost.asic import rates_of_array
from cosearch.hardware import ArrayAccelerator, Technology, load_technology
from cosearch.workload import IMAGE, Layer

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
LAYER = Layer(
    name="small", source=IMAGE, K=8, C=16, OY=4, OX=6, FY=1, FX=1, IY=4, IX=6,
    weight_bits=8, input_bits=8, output_bits=8,
)  # fmt: skip


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(BENCHMARKS), *sys.path])
    import zigzag_mappings

    return zigzag_mappings


@pytest.fixture
def tables(benchmark: ModuleType) -> ModuleType:
    import zigzag_tables

    assert benchmark.worst is zigzag_tables.worst
    return zigzag_tables


@pytest.fixture
def array(benchmark: ModuleType) -> ArrayAccelerator:
    return benchmark.ARRAYS["weight_stationary"][0]


@pytest.fixture
def technology() -> Technology:
    return load_technology("28nm")


def told(loops: list[tuple[str, int]], held: dict[str, list[int]], energy: float, cycles: float) -> dict[str, Any]:
    spatial = {"D1": {"C": 16}, "D2": {"K": 8}}
    return {"spatial": spatial, "loops": loops, "held": held, "energy": energy, "cycles": cycles}


def test_what_is_kept_of_their_search(benchmark: ModuleType, array: ArrayAccelerator, technology: Technology) -> None:
    loops = [("OX", 6), ("OY", 4)]
    answer = {
        "seconds": 1.0,
        "failed": "",
        "mappings": [
            told(loops, {"I": [2, 2], "W": [0, 2, 2], "O": [2, 2]}, 5.0, 30.0),
            told(loops, {"I": [1, 2], "W": [0, 1, 2], "O": [1, 2]}, 4.0, 40.0),
            told(loops, {"I": [0, 2], "W": [0, 1, 2], "O": [1, 2]}, 3.0, 50.0),
        ],
    }
    row = benchmark.theirs(LAYER, array, technology, answer)
    assert (row["mappings"], row["legal_in_ours"], row["not_ours"]) == (3, 2, {"uneven": 1})
    energy, cycles = row["energy_joules"], row["cycles"]
    assert (energy["pick_is_legal"], energy["pick_by_zigzag"], energy["all_by_zigzag"]) == (False, 4.0, 3.0)
    assert (cycles["pick_is_legal"], cycles["pick_by_zigzag"], cycles["all_by_zigzag"]) == (True, 30.0, 30.0)
    assert cycles["best"] <= cycles["pick"]
    forms = benchmark.ours(LAYER, array, technology).forms
    assert min(form.cycles for form in forms) <= cycles["best"]
    assert min(form.energy_joules for form in forms) <= energy["best"] * (1 + 1e-12)


def test_what_is_kept_of_our_search(benchmark: ModuleType, array: ArrayAccelerator, technology: Technology) -> None:
    found = benchmark.ours(LAYER, array, technology)
    others = len(found.forms) - 1
    verdicts = [{"why": "surplus"}] * others + [{"why": "", "energy": 2.0, "cycles": 7.0}]
    row = benchmark.our_row(found, array, verdicts)
    last = found.forms[-1]
    assert row["cycles"]["best"] == found.forms[0].cycles
    assert row["cycles"]["legal_in_both"] == last.cycles
    assert row["edp"]["legal_in_both"] == pytest.approx(last.energy_joules * last.cycles / array.clock_hertz)
    assert row["edp"]["by_zigzag"] == 14.0
    assert row["not_zigzag"] == ({"surplus": others} if others else {})


def test_a_front_of_the_layer_with_its_padding_is_priced_for_the_layer(
    benchmark: ModuleType, array: ArrayAccelerator, technology: Technology
) -> None:
    layer = replace(LAYER, FY=3, FX=3, padding_y=1, padding_x=1)
    first, second = benchmark.ours(layer, array, technology), benchmark.ours_unpadded(layer, array, technology)
    assert min(form.cycles for form in second.forms) >= min(form.cycles for form in first.forms)
    both = benchmark.joined(first, second)
    assert both.forms == first.forms + second.forms
    assert both.evaluations == first.evaluations + second.evaluations


def test_sizes_of_the_shared_registers(benchmark: ModuleType) -> None:
    array = benchmark.ARRAYS["shared_registers"][0]
    assert array.registers.memories() == {"shared": 192 + 3584 + 384}
    assert not array.network.folds
    assert rates_of_array(array, load_technology("65nm")).num_elements == 168


def test_ours_is_never_worse(benchmark: ModuleType, tables: ModuleType) -> None:
    rows = benchmark.rows()
    assert len(rows) >= 48
    assert all(not row["zigzag"]["failed"] for row in rows)
    for row in rows:
        assert tables.worst(row) <= 1 + 1e-9, row["case"]
        assert not tables.falls_short(row["ours"], row["zigzag"]), row["case"]
        assert row["round_trip"]["more"] == 0, row["case"]
    for group in tables.groups(rows):
        seconds = {side: sum(row[side]["seconds"] for row in group) for side in ("zigzag", "ours")}
        assert seconds["ours"] <= seconds["zigzag"] / 10


def test_tables_of_the_page(benchmark: ModuleType, tables: ModuleType) -> None:
    page = (BENCHMARKS.parent / "docs" / "arrays_engine.md").read_text(encoding="utf-8")
    rows = benchmark.rows()
    for made in (tables.summary(rows), tables.table(rows), tables.by_their_model(rows, "all")):
        assert made in page


def test_a_side_that_falls_short(tables: ModuleType) -> None:
    zigzag = {name: {"best": 2.0} for name in ("energy_joules", "cycles", "edp")}
    ours = {name: {"legal_in_both": 2.0} for name in zigzag}
    assert not tables.falls_short(ours, zigzag)
    assert tables.falls_short({**ours, "edp": {"legal_in_both": 2.1}}, zigzag)
    assert tables.falls_short({**ours, "cycles": {"legal_in_both": None}}, zigzag)
    assert not tables.falls_short({**ours, "edp": {"legal_in_both": None}}, {})

"""The comparison reaches its targets, beats its baselines and is the committed one."""

import json
from pathlib import Path

import numpy as np
import pytest

from cosearch.validate.gemmini import (
    ABLATIONS,
    Variant,
    ablation_errors,
    compare_gemmini,
    explored_shapes,
    read_layers,
)

ROOT = Path(__file__).parents[3] / "validation"
LAYERS, PRODUCTS = ROOT / "data" / "gemmini_rtl.csv", ROOT / "data" / "gemmini_gemm_rtl.csv"


@pytest.fixture(scope="module")
def comparison():
    return compare_gemmini(LAYERS, PRODUCTS, repeats=10, ablate=False)


def test_targets_are_met_and_baselines_beaten(comparison):
    figures = comparison.figures
    assert comparison.met
    assert figures["mape"] < 0.11
    assert figures["tau"] > 0.95
    assert figures["mape"] < figures["linear_mape"] < figures["timeloop_mape"] < figures["loglinear_mape"]
    assert figures["tau"] > figures["linear_tau"] > figures["timeloop_tau"]


def test_timeloop_is_as_the_file_says(comparison):
    assert comparison.figures["timeloop_mape"] == pytest.approx(0.2765, abs=1e-4)
    assert comparison.figures["timeloop_tau"] == pytest.approx(0.888, abs=1e-3)


def test_points_carry_the_held_out_predictions(comparison):
    assert len(comparison.points) == 148
    errors = [abs(point.error) for point in comparison.points]
    assert np.mean(errors) <= comparison.figures["mape"]


def test_the_committed_result_is_that_of_this_model(comparison):
    committed = json.loads((ROOT / "results" / "gemmini.json").read_text())["figures"]
    for name, value in comparison.figures.items():
        assert value == pytest.approx(committed[name], rel=0.02, abs=0.002), name
    assert {f"mape_without_{name}" for name in ABLATIONS} <= set(committed)


def test_half_of_the_shapes_were_explored():
    groups = [layer.group for layer in read_layers(LAYERS)]
    explored = explored_shapes(groups)
    assert (len(explored), len(set(groups))) == (35, 71)
    assert explored == explored_shapes(groups[::-1])


def test_an_ablation_takes_its_part_away(monkeypatch):
    layers = read_layers(LAYERS)
    programs, measured = [layer.program for layer in layers], np.array([layer.cycles for layer in layers])
    monkeypatch.setattr(
        "cosearch.validate.gemmini.ablation.ABLATIONS", {"pairs": Variant(without="pair"), "nothing": Variant()}
    )
    everything = np.arange(len(layers))

    def judge(fit):
        return float(np.mean(np.abs(np.log(fit(everything, everything) / measured))))

    errors = ablation_errors(programs, measured, judge)
    assert errors["pairs"] > errors["nothing"] + 0.01

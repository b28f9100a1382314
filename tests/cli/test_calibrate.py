"""The command: the documentation's example, its intervals and its platform file; errors in one line."""

import json
from pathlib import Path

import pytest

from cosearch.hardware import load_platform

EXAMPLE = Path(__file__).parents[2] / "docs" / "calibration_example.csv"

# The constants of validation/calibration_example.py, in the platform's terms.
TRUE = {
    "clock_hertz": 1.85e8,
    "usable_fraction": 0.75 * 0.75 * 1.85e8 / 2e8,
    "layer_cycles": 140,
    "step_cycles": 19,
    "store_cycles": 31,
    "burst_latency_seconds": 14 / 1.85e8,
}


@pytest.fixture(scope="module")
def calibrated(command, tmp_path_factory):
    out = tmp_path_factory.mktemp("calibrated") / "mine.yaml"
    return out, command("calibrate", EXAMPLE, "--platform", "zc706", "--out", out, "--json")


def test_the_example_gives_its_constants_back(calibrated):
    out, result = calibrated
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["held"] == {}
    assert set(found["constants"]) == set(TRUE)
    inside = {name: one["low"] <= TRUE[name] <= one["high"] for name, one in found["constants"].items()}
    # Of 95 % intervals one in twenty misses; validation/calibration_coverage.py counts them.
    assert sum(inside.values()) >= 5, inside
    for name, one in found["constants"].items():
        width = one["high"] - one["low"]
        assert one["low"] - width / 2 <= TRUE[name] <= one["high"] + width / 2, name
    assert found["error_before"] > 0.2
    assert found["error_validated"] < 0.02
    assert found["written"] == str(out)


def test_the_platform_is_read_back_by_other_commands(calibrated, command):
    out, result = calibrated
    platform = load_platform(str(out))
    assert platform.name == json.loads(result.stdout)["platform"] == "zc706-calibrated"
    assert 100 < platform.overheads.layer_cycles < 190
    again = command("calibrate", EXAMPLE, "--platform", out, "--fit", "clock_hertz")
    assert again.returncode == 0, again.stderr
    assert "zc706-calibrated-calibrated" in again.stdout
    assert "after, cross-validated" in again.stdout
    assert "nothing written; give --out FILE" in again.stdout


def test_bad_input_is_one_line_and_status_2(command, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(EXAMPLE.read_text().replace("conv3x3-3-64-0,64,", "conv3x3-3-64-0,-64,"))
    result = command("calibrate", path, "--platform", "zc706")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "cosearch: error: runs.csv:4: K=-64 must be at least 0\n"

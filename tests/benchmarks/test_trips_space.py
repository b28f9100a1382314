"""The command as a user types it: the proved optima of the public code's space."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def layers(tmp_path_factory):
    """The example network of the public code, as a file of layers."""
    known = json.loads((ROOT / "validation" / "data" / "trips_space.json").read_text(encoding="utf-8"))
    path = tmp_path_factory.mktemp("trips") / "layers.json"
    path.write_text(json.dumps({"layers": known["cifar"]["example"]["layers"]}), encoding="utf-8")
    return path


def run(path, *arguments):
    command = [sys.executable, str(ROOT / "benchmarks" / "trips_space.py"), str(path), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, (json.loads(done.stdout) if done.stdout else None), done.stderr


@pytest.mark.parametrize(
    ("arguments", "cycles", "fps"),
    [
        (["--mode", "fixed"], 1_131_204, 176.80),
        (["--mode", "free"], 490_968, 407.36),
        (["--mode", "free", "--dsp", "100", "--bram", "250"], 750_288, 266.56),
    ],
)
def test_the_optimum_is_proved(layers, arguments, cycles, fps):
    status, found, _ = run(layers, "--data", "cifar", "--engine", "exact", *arguments)
    assert status == 0
    assert found["cycles"] == found["bound"] == cycles
    assert found["fps"] == pytest.approx(fps, abs=0.005)
    assert (found["certified"], found["gap"]) == (True, 0.0)
    assert set(found["chunks"]["a0q4"]) == {
        "mode", *(f"{what} {name}" for what in ("tile", "unroll") for name in ("OY", "OX", "K", "C"))
    }  # fmt: skip


def test_an_engine_that_samples_reaches_most_of_it(layers):
    status, found, _ = run(layers, "--mode", "fixed", "--engine", "differentiable", "--evaluations", "1075")
    assert status == 0
    assert found["evaluations"] <= 1075
    assert not found["certified"]
    assert 1_131_204 <= found["cycles"] <= 1.1 * 1_131_204


def test_what_does_not_fit_is_infeasible(layers):
    status, found, _ = run(layers, "--dsp", "2")
    assert status == 3
    assert found["status"] == "infeasible"
    assert found["reason"] == "no combination of designs keeps all bounds"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "layers.json: no `layers`; give a JSON object with a list of at least one layer"),
        ('{"layers": [{"C": 1}]}', "layers.json: layers.0"),
        ("[1, 2", "layers.json"),
    ],
)
def test_a_bad_file_has_one_line(tmp_path, text, message):
    path = tmp_path / "layers.json"
    path.write_text(text, encoding="utf-8")
    status, found, told = run(path)
    assert (status, found) == (2, None)
    assert message in told
    assert told.count("\n") == 1

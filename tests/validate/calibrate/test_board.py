"""A board's constants are recovered from its runs; a platform is written and read back; what is not said is kept."""

from pathlib import Path

import pytest

from cosearch.errors import DataError
from cosearch.hardware import DramPort, load_platform
from cosearch.simulate import simulate_layer
from cosearch.validate.calibrate import (
    Board,
    Fit,
    Fitted,
    MeasuredRun,
    calibrate,
    example_csv,
    read_runs,
    write_platform,
)

PLATFORM = load_platform("zc706")
TRUE = {
    "clock_hertz": 1.85e8,
    "usable_fraction": 0.75 * 0.75 * 1.85e8 / 2e8,
    "layer_cycles": 140,
    "step_cycles": 19,
    "store_cycles": 31,
    "burst_latency_seconds": 14 / 1.85e8,
}


EXAMPLE = Path(__file__).parents[3] / "docs" / "calibration_example.csv"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Half of the example's runs, as the board takes them without noise."""
    path = tmp_path_factory.mktemp("board") / "exact.csv"
    head, *rows = [line for line in EXAMPLE.read_text().splitlines() if not line.startswith("#")]
    measured = read_runs(EXAMPLE, PLATFORM.port(2e8))[0]
    half = [index for index in range(len(rows)) if index % 4 in (0, 3)]
    lines = [f"{rows[index].rpartition(',')[0]},{exact_seconds(measured[index])}" for index in half]
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def exact_seconds(run: MeasuredRun) -> float:
    slots = {name: int(getattr(run.chunk, name) * 0.75) for name in ("read_slots", "write_slots")}
    port = DramPort(
        beat_bits=128,
        burst_latency_cycles=14,
        total_slots=64,
        layer_overhead_cycles=140,
        step_overhead_cycles=19,
        store_overhead_cycles=31,
    )
    return simulate_layer(run.layer, run.mapping, run.chunk.model_copy(update=slots), port).cycles / 1.85e8


@pytest.fixture(scope="module")
def exact(runs):
    return calibrate(runs, PLATFORM, num_folds=2, num_resamples=50)


def some(path: Path, tmp_path: Path, keep) -> Path:
    """The runs whose name is kept."""
    head, *rows = path.read_text().splitlines()
    chosen = tmp_path / "some.csv"
    chosen.write_text("\n".join([head, *(row for row in rows if keep(row.split(",")[0]))]) + "\n")
    return chosen


def test_all_constants_are_recovered(exact):
    fit = exact.fit
    assert fit.held == {}
    assert set(fit.constants) == set(TRUE)
    for name, true in TRUE.items():
        assert fit.constants[name].value == pytest.approx(true, rel=0.02), name
    assert fit.error_before > 0.2
    assert fit.error_after < 0.001
    assert fit.error_validated < 0.002


def test_the_platform_has_them_and_reads_back(exact, tmp_path):
    platform = exact.platform
    assert platform.name == "zc706-calibrated"
    assert platform.overheads.layer_cycles == 140
    assert (platform.overheads.step_cycles, platform.overheads.store_cycles) == (19, 31)
    port = platform.port(platform.clock_hertz)
    assert port.burst_latency_cycles in (14, 15)  # whole cycles that cover the fitted time
    assert port.total_slots == pytest.approx(0.75 * PLATFORM.port(2e8).total_slots, abs=1)
    assert "20 runs of exact.csv" in platform.sources["calibration"]
    assert exact.error_written < 0.01
    path = tmp_path / "mine.yaml"
    write_platform(platform, path)
    assert load_platform(str(path)) == platform


def test_runs_in_cycles_say_nothing_of_the_clock(tmp_path, runs):
    path = tmp_path / "cycles.csv"
    head, *rows = runs.read_text().splitlines()
    rows = [row for row in rows if row.startswith(("conv1x1-256-64", "conv3x3-16", "conv1x1-16"))]
    cycles = [f"{row.rpartition(',')[0]},{float(row.rpartition(',')[2]) * 1.85e8:.0f}" for row in rows]
    path.write_text("\n".join([head.replace("seconds", "cycles"), *cycles]) + "\n")
    found = calibrate(path, PLATFORM, wanted=["layer_cycles", "usable_fraction"], num_folds=2, num_resamples=20)
    assert set(found.fit.constants) == {"layer_cycles", "usable_fraction"}
    assert found.platform.clock_hertz == PLATFORM.clock_hertz
    assert found.platform.overheads.step_cycles == PLATFORM.overheads.step_cycles
    with pytest.raises(DataError, match="clock_hertz is not determined by these runs: they are given in cycles"):
        calibrate(path, PLATFORM, wanted=["clock_hertz"])


def test_what_is_held_has_the_platforms_names_and_values(runs, monkeypatch):
    fitted = Fitted(before=16, value=99.6, low=90, high=110)
    fit = Fit(
        constants={"layer_cycles": fitted},
        held={"delivered": "its effect cannot be told from that of burst_latency_cycles"},
        num_runs=20,
        num_groups=20,
        error_before=0.2,
        error_after=0.01,
        error_validated=0.02,
        worst_validated=0.03,
    )
    monkeypatch.setattr("cosearch.validate.calibrate.board.fit_constants", lambda *_, **__: fit)
    found = calibrate(runs, PLATFORM)
    assert found.fit.held == {"usable_fraction": "its effect cannot be told from that of burst_latency_seconds"}
    assert found.platform.dram == PLATFORM.dram
    assert found.platform.overheads.layer_cycles == 100
    assert found.platform.overheads.step_cycles == PLATFORM.overheads.step_cycles


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["clock"], "no constant is called 'clock'; fit clock_hertz, usable_fraction, layer_cycles, step_cycles, "),
        (
            ["burst_latency_seconds", "clock_hertz"],
            r"some\.csv: 2 different runs cannot determine 2 of 2 constants; ",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(tmp_path, runs, wanted, message):
    path = some(runs, tmp_path, lambda name: name in ("conv3x3-64-64-4", "conv1x1-16-16-36"))
    with pytest.raises(DataError, match=message):
        calibrate(path, PLATFORM, wanted=wanted)


def test_the_example_is_what_its_board_would_measure(monkeypatch):
    """One layer of the example, made anew without noise."""
    board = Board(
        clock_hertz=1.85e8,
        delivered=0.75,
        layer_cycles=140,
        step_cycles=19,
        store_cycles=31,
        burst_latency_cycles=14,
    )
    monkeypatch.setattr("cosearch.validate.calibrate.example._SHAPES", ((16, 16, 8, 1, 1),))
    made = example_csv(board, PLATFORM, seed=0).splitlines()
    shipped = [line for line in EXAMPLE.read_text().splitlines() if line.startswith("conv1x1-16-16")]
    for ours, theirs in zip(made[1:], shipped, strict=True):
        assert ours.split(",")[1:-1] == theirs.split(",")[1:-1]
        assert float(ours.split(",")[-1]) == pytest.approx(float(theirs.split(",")[-1]), rel=0.05)

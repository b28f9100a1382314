"""A platform's constants from measured runs: bandwidth, overheads, latency and clock."""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch import Tensor

from cosearch.cost import TileSizes, rates_of, shape_of
from cosearch.errors import DataError
from cosearch.hardware import DramPort, Platform
from cosearch.records import Record, parse_record, write_atomically
from cosearch.validate.calibrate.batches import Batches, PortConstants, Run
from cosearch.validate.calibrate.constants import Constant, Fit, Fitted
from cosearch.validate.calibrate.fit import fit_constants
from cosearch.validate.calibrate.runs import MeasuredRun, read_runs

CONSTANTS = ("clock_hertz", "usable_fraction", "layer_cycles", "step_cycles", "store_cycles", "burst_latency_seconds")
"""What calibration fits, those first that are held last: of two that cannot be told apart the later one is held."""

_MOST_CYCLES = {"layer_cycles": 1e6, "step_cycles": 1e4, "store_cycles": 1e4, "burst_latency_cycles": 1e3}


class Calibration(Record):
    """The result of `calibrate`.

    Attributes:
        platform: With the fitted constants in place.
        fit: In the platform's own terms: hertz, seconds, a fraction of the peak bandwidth, cycles.
        error_written: Mean relative error of all runs under the written platform, whose cycles are whole.
        unit: Of the measurements, seconds or cycles.
    """

    platform: Platform
    fit: Fit
    error_written: float
    unit: str


@dataclass(frozen=True, slots=True)
class BoardModel:
    """Seconds, or cycles, of measured runs under a board's constants.

    Attributes:
        clock_hertz: If the measurements are in seconds, where the clock is not fitted.
    """

    batches: Batches
    in_seconds: bool
    port: DramPort
    clock_hertz: float

    @staticmethod
    def of(runs: Sequence[MeasuredRun], port: DramPort, clock_hertz: float, *, in_seconds: bool) -> "BoardModel":
        """The model of some runs."""
        batches = Batches([_as_run(run, port.beat_bits) for run in runs])
        return BoardModel(batches, in_seconds, port, clock_hertz)

    def __call__(self, constants: MappingOf[str, Tensor]) -> Tensor:
        """Predictions of all runs; a constant that is not given is the port's own."""
        port, num = self.port, self.batches.num_runs

        def take(name: str, default: float) -> Tensor:
            return constants.get(name, torch.full((num,), default, dtype=torch.float64))

        delivered = take("delivered", 1.0)
        cycles = self.batches.cycles(
            PortConstants(
                burst_latency_cycles=take("burst_latency_cycles", port.burst_latency_cycles),
                layer_overhead_cycles=take("layer_cycles", port.layer_overhead_cycles),
                step_overhead_cycles=take("step_cycles", port.step_overhead_cycles),
                store_overhead_cycles=take("store_cycles", port.store_overhead_cycles),
                read_part=delivered,
                write_part=delivered,
            )
        )
        return cycles / take("clock_hertz", self.clock_hertz) if self.in_seconds else cycles


def calibrate(
    path: Path,
    platform: Platform,
    *,
    wanted: Sequence[str] = (),
    seed: int = 0,
    num_folds: int = 5,
    num_resamples: int = 400,
) -> Calibration:
    """Fit a platform's constants to the measured runs of a CSV file.

    Args:
        path: The file; docs/calibration.md describes it.
        platform: Where the fit begins, and what is kept of constants that the runs do not determine.
        wanted: Constants that must be determined; if any are given, others keep their values.
        seed: Of the bootstrap and of the folds.
        num_folds: Of the cross-validation.
        num_resamples: Of the bootstrap.

    Raises:
        DataError: if the file is wrong, or the runs do not determine what is wanted, or nothing at all.
    """
    port = platform.port(platform.clock_hertz)
    runs, unit = read_runs(path, port)
    _check_wanted(wanted, unit)
    constants = [
        constant
        for constant in _candidates(platform, port, in_seconds=unit == "seconds")
        if not wanted or _public(constant.name) in wanted
    ]
    model = BoardModel.of(runs, port, platform.clock_hertz, in_seconds=unit == "seconds")
    measured = np.array([run.measured for run in runs])
    try:
        fit = fit_constants(
            model,
            measured,
            constants,
            groups=[run.same_run() for run in runs],
            seed=seed,
            num_folds=num_folds,
            num_resamples=num_resamples,
            wanted=[constant.name for constant in constants] if wanted else (),
        )
    except DataError as fault:
        raise DataError(_in_public_names(str(fault))).at(path.name) from None
    found = _platform_terms(fit, platform)
    if unit == "cycles" and not wanted:
        found.held["clock_hertz"] = "the runs are given in cycles"
    written = _written(platform, found, path.name)
    after = written.port(written.clock_hertz)
    checked = BoardModel.of(runs, after, written.clock_hertz, in_seconds=unit == "seconds")
    delivered = torch.full((len(runs),), fit.values().get("delivered", 1.0), dtype=torch.float64)
    errors = checked({"delivered": delivered}).numpy() / measured - 1
    return Calibration(platform=written, fit=found, error_written=float(np.abs(errors).mean()), unit=unit)


def write_platform(platform: Platform, path: Path) -> None:
    """Write a platform as YAML that `load_platform` reads back to the same record.

    Raises:
        RunError: if the file cannot be written.
    """
    text = yaml.safe_dump(platform.model_dump(mode="json"), sort_keys=False, width=118, allow_unicode=True)
    write_atomically(path, f"# Written by cosearch calibrate; see `calibration` under sources.\n{text}")


def _as_run(run: MeasuredRun, beat_bits: int) -> Run:
    tile = run.mapping.tile
    lanes = tile.G if run.layer.is_depthwise else tile.K
    return Run(
        shape=shape_of(run.layer, beat_bits),
        tile=TileSizes(M=lanes, C=tile.C, OY=tile.OY, OX=tile.OX),
        loop_order=run.mapping.loop_order,
        rates=rates_of(run.chunk),
        beat_bits=beat_bits,
    )


def _candidates(platform: Platform, port: DramPort, *, in_seconds: bool) -> list[Constant]:
    """All constants, in the model's own terms: beats delivered of those promised, and whole-cycle latencies.

    Between no less than none and far more than plausible; the beats delivered begin below all, off their kink.
    """
    clock = platform.clock_hertz
    starts = {
        "layer_cycles": port.layer_overhead_cycles,
        "step_cycles": port.step_overhead_cycles,
        "store_cycles": port.store_overhead_cycles,
        "burst_latency_cycles": port.burst_latency_cycles,
    }
    found = [Constant(name="clock_hertz", start=clock, low=clock / 4, high=clock * 4)] if in_seconds else []
    found.append(Constant(name="delivered", start=1.0, low=0.02, high=1.0, guess=0.9))
    return found + [
        Constant(name=name, start=start, low=0.0, high=max(_MOST_CYCLES[name], 2.0 * start), guess=start + 1.0)
        for name, start in starts.items()
    ]


_PUBLIC = {"delivered": "usable_fraction", "burst_latency_cycles": "burst_latency_seconds"}


def _public(name: str) -> str:
    return _PUBLIC.get(name, name)


def _in_public_names(text: str) -> str:
    for own, public in _PUBLIC.items():
        text = text.replace(own, public)
    return text


def _check_wanted(wanted: Sequence[str], unit: str) -> None:
    for name in wanted:
        if name not in CONSTANTS:
            raise DataError(f"no constant is called {name!r}; fit {', '.join(CONSTANTS)}")
        if name == "clock_hertz" and unit == "cycles":
            raise DataError("clock_hertz is not determined by these runs: they are given in cycles; give seconds")


def _platform_terms(fit: Fit, platform: Platform) -> Fit:
    """The fit with a fraction of the peak bandwidth in place of beats delivered, and seconds in place of cycles."""
    clock = fit.values().get("clock_hertz", platform.clock_hertz)
    # What slots promise together: what the memory is taken to carry, or a beat in every cycle if that is less.
    dram = platform.dram
    promised = min(dram.usable_fraction, dram.beat_bits * platform.clock_hertz / dram.bandwidth_bits_per_second)
    promised *= clock / platform.clock_hertz
    scales = {"delivered": promised, "burst_latency_cycles": 1 / clock}
    before = {"delivered": platform.dram.usable_fraction, "burst_latency_cycles": platform.dram.burst_latency_seconds}
    constants = {
        _public(name): Fitted(
            before=before.get(name, one.before),
            value=one.value * scales.get(name, 1.0),
            low=one.low * scales.get(name, 1.0),
            high=one.high * scales.get(name, 1.0),
        )
        for name, one in fit.constants.items()
    }
    held = {_public(name): _in_public_names(reason) for name, reason in fit.held.items()}
    return fit.model_copy(update={"constants": constants, "held": held})


def _written(platform: Platform, fit: Fit, file: str) -> Platform:
    """The platform with fitted constants; cycles are whole there."""
    values = fit.values()
    value: dict[str, Any] = platform.model_dump(mode="json")
    value["name"] = f"{platform.name}-calibrated"
    value["clock_hertz"] = values.get("clock_hertz", platform.clock_hertz)
    for name in ("usable_fraction", "burst_latency_seconds"):
        value["dram"][name] = values.get(name, value["dram"][name])
    value["dram"]["usable_fraction"] = min(1.0, value["dram"]["usable_fraction"])
    for name in ("layer_cycles", "step_cycles", "store_cycles"):
        before: int = value["overheads"][name]
        value["overheads"][name] = round(values.get(name, before))
    intervals = "; ".join(
        f"{name} {one.value:.6g} ({one.low:.6g} to {one.high:.6g})" for name, one in fit.constants.items()
    )
    value["sources"]["calibration"] = (
        f"measured: {fit.num_runs} runs of {file}, fitted with cosearch calibrate, 95 % intervals in brackets: "
        f"{intervals}; mean error {fit.error_before:.2%} before, {fit.error_validated:.2%} after, cross-validated"
    )
    return parse_record(Platform, value, source="the calibrated platform", error=DataError)

"""``cosearch calibrate CSV --platform P``."""

from pathlib import Path

import typer
from rich.console import Group
from rich.table import Table

from cosearch.cli.tables import show
from cosearch.hardware import load_platform
from cosearch.records import canonical_json
from cosearch.validate.calibrate import Calibration, calibrate, write_platform


def calibrate_command(
    runs: Path, platform: str, out: Path | None, constants: list[str], *, seed: int, quiet: bool, as_json: bool
) -> int:
    """Fit a platform's constants to measured runs, print them, and write the platform where asked to."""
    result = calibrate(runs, load_platform(platform), wanted=constants, seed=seed)
    if out is not None:
        write_platform(result.platform, out)
    if as_json:
        typer.echo(canonical_json(_plain(result, out)), nl=False)
    elif not quiet:
        show(_tables(result, out))
    return 0


def _plain(result: Calibration, out: Path | None) -> dict[str, object]:
    fit = result.fit.model_dump(mode="json")
    written = None if out is None else str(out)
    return {"platform": result.platform.name, "written": written, **fit, "error_written": result.error_written}


def _tables(result: Calibration, out: Path | None) -> Group:
    fit = result.fit
    constants = Table("constant", "before", "after", "95 % interval", title=result.platform.name)
    for name, one in fit.constants.items():
        constants.add_row(name, f"{one.before:.6g}", f"{one.value:.6g}", f"{one.low:.6g} to {one.high:.6g}")
    for name, reason in fit.held.items():
        constants.add_row(name, "", "not fitted", reason)
    errors = Table("mean error", "of all runs", title=f"{fit.num_runs} runs, {fit.num_groups} different ones")
    errors.add_row("before", f"{fit.error_before:.2%}")
    errors.add_row("after, on the runs of the fit", f"{fit.error_after:.2%}")
    errors.add_row("after, cross-validated", f"{fit.error_validated:.2%} (worst {fit.worst_validated:.2%})")
    errors.add_row("of the written platform, cycles whole", f"{result.error_written:.2%}")
    where = "nothing written; give --out FILE" if out is None else f"written: {out}; use it with --platform {out}"
    return Group(constants, errors, where)

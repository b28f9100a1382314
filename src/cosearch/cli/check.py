"""``cosearch check RUN``."""

from pathlib import Path

import typer

from cosearch.check import check_front, check_run
from cosearch.design import RunFolder
from cosearch.records import canonical_json


def check_command(run: Path, *, quiet: bool, as_json: bool) -> int:
    """Print what `check_run`, or `check_front`, found; exit 1 where anything differs."""
    folder = RunFolder(run)
    report = check_front(folder) if folder.front.is_file() else check_run(folder)
    if as_json:
        typer.echo(canonical_json(report.as_dict()), nl=False)
    else:
        for difference in report.differences:
            typer.echo(f"DIFFERENT  {difference}")
        if not quiet:
            for line in report.lines:
                typer.echo(line)
            typer.echo(f"check: {report.num_compared} values, {len(report.differences)} differences")
    return 1 if report.differences else 0

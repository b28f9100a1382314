"""``cosearch report RUN...``."""

from pathlib import Path

import typer

from cosearch.design import RunFolder
from cosearch.report import write_report


def report_command(runs: list[Path], *, quiet: bool) -> int:
    """Write the page of each run and print where it is."""
    for run in runs:
        page = write_report(RunFolder(run))
        if not quiet:
            typer.echo(f"report: {page}")
    return 0

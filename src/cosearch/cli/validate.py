"""``cosearch validate [NAME ...]``."""

import json
from contextlib import nullcontext
from pathlib import Path

import typer
from rich.table import Table

from cosearch.cli.progress import ProgressBars
from cosearch.cli.tables import show
from cosearch.errors import RunError
from cosearch.report import Judged
from cosearch.validate import COMPARISONS, Outcome, judged, plan, write_validation_page

DEFAULT_PAGE = Path("runs/validation.html")


def validate_command(names: list[str], folder: Path | None, out: Path | None, *, quiet: bool, as_json: bool) -> int:
    """Run what was asked for, write the page, and print the figures; 0 whether targets are met or not."""
    page = out or DEFAULT_PAGE
    jobs = plan(COMPARISONS, names, folder)
    _make_folder(page.parent)
    outcomes: list[Outcome] = []
    with nullcontext() if quiet else ProgressBars() as bars:
        if bars:
            bars.begin("validate", len(jobs), 0)
        for job in jobs:
            outcomes.append(job.outcome())
            if bars:
                bars.advance(1, job.entry.name)
    write_validation_page(outcomes, page)
    if as_json:
        for outcome in outcomes:
            typer.echo(json.dumps(outcome.summary(), ensure_ascii=False, allow_nan=False))
    elif not quiet:
        show(_table([judged(outcome) for outcome in outcomes]))
        typer.echo(f"page: {page}")
    return 0


def _make_folder(folder: Path) -> None:
    """Before anything runs: a page that cannot be written is known at once."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot make {folder}: {error.strerror}; give a file you may write with --out") from error


def _table(comparisons: list[Judged]) -> Table:
    table = Table("comparison", "figure", "value", "target", "met", title="How wrong is the model?")
    for item in comparisons:
        if not item.headline:
            table.add_row(item.name, item.source, "", "", item.status)
        for index, figure in enumerate(item.headline):
            met = "" if figure.met is None else "yes" if figure.met else "NO"
            table.add_row("" if index else item.name, figure.label, figure.shown, figure.target, met)
    return table

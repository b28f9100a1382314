"""``cosearch search RECIPE`` and ``cosearch train RUN``."""

from contextlib import nullcontext
from pathlib import Path

import typer

from cosearch.check import check_run
from cosearch.cli.progress import ProgressBars
from cosearch.cli.tables import design_tables, infeasible_table, show
from cosearch.design import Design, Infeasible, RunFolder
from cosearch.records import canonical_json
from cosearch.report import write_report
from cosearch.search import Silent, load_recipe, run_search, run_training

INFEASIBLE_STATUS = 3
DIFFERENT_STATUS = 1


def search_command(recipe: str, overrides: list[str], out: Path | None, *, quiet: bool, as_json: bool) -> int:
    """Run every stage, then check and report; exit 3 if the request is infeasible or nothing was found."""
    loaded = load_recipe(recipe, overrides)
    folder = RunFolder(out or Path("runs") / loaded.name)
    with nullcontext(Silent()) if quiet else ProgressBars() as observer:
        result = run_search(loaded, folder, observer)
    return _conclude(folder, result, quiet=quiet, as_json=as_json)


def train_command(run: Path, *, final: bool, quiet: bool, as_json: bool) -> int:
    """Train the found network; with `final`, read the test set."""
    folder = RunFolder(run)
    with nullcontext(Silent()) if quiet else ProgressBars() as observer:
        design = run_training(folder, final=final, observer=observer)
    return _conclude(folder, design, quiet=quiet, as_json=as_json)


def _conclude(folder: RunFolder, result: Design | Infeasible, *, quiet: bool, as_json: bool) -> int:
    """Check, report, print; a difference is said whatever the options."""
    differences = check_run(folder).differences if isinstance(result, Design) else ()
    page = write_report(folder)
    for difference in differences:
        typer.echo(f"DIFFERENT  {difference}", err=True)
    if as_json:
        typer.echo(canonical_json(result), nl=False)
    if not quiet:
        show(infeasible_table(result) if isinstance(result, Infeasible) else design_tables(result))
        typer.echo(f"report: {page}")
    if isinstance(result, Infeasible):
        return INFEASIBLE_STATUS
    return DIFFERENT_STATUS if differences else 0

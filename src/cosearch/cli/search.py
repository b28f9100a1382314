"""``cosearch search RECIPE`` and ``cosearch train RUN``."""

from contextlib import nullcontext
from pathlib import Path

from cosearch.cli.conclude import conclude
from cosearch.cli.progress import ProgressBars
from cosearch.design import RunFolder
from cosearch.search import Silent, load_recipe, run_search, run_training


def search_command(recipe: str, overrides: list[str], out: Path | None, *, quiet: bool, as_json: bool) -> int:
    """Run every stage, then check and report; exit 3 if the request is infeasible or nothing was found."""
    loaded = load_recipe(recipe, overrides)
    folder = RunFolder(out or Path("runs") / loaded.name)
    with nullcontext(Silent()) if quiet else ProgressBars() as observer:
        result = run_search(loaded, folder, observer)
    return conclude(folder, result, quiet=quiet, as_json=as_json)


def train_command(run: Path, *, final: bool, quiet: bool, as_json: bool) -> int:
    """Train the found network; with `final`, read the test set."""
    folder = RunFolder(run)
    with nullcontext(Silent()) if quiet else ProgressBars() as observer:
        design = run_training(folder, final=final, observer=observer)
    return conclude(folder, design, quiet=quiet, as_json=as_json)

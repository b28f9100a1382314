"""One run under way: its folder, its record of what happened, its clock."""

import platform
import time
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from importlib import metadata
from typing import Any

import torch
import yaml

from cosearch.design import EventLog, Manifest, RunFolder
from cosearch.errors import RecipeError, RunError
from cosearch.records import load_yaml, write_atomically
from cosearch.search.checkpoint import load_checkpoint, save_checkpoint
from cosearch.search.observer import Observer
from cosearch.search.recipe import Recipe

_PACKAGES = ("cosearch", "torch", "numpy", "scipy", "pydantic", "cooper-optim")


class Session:
    """A run that may have been started before.

    Args:
        recipe: What to run.
        folder: Where; it is made if it is not there.
        observer: Who is told.

    Raises:
        RunError: if the folder cannot be written, holds another recipe's run, or its checkpoint cannot be read.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder, observer: Observer) -> None:
        folder.create()
        self.recipe, self.folder, self.observer = recipe, folder, observer
        self.events = EventLog(folder.events)
        _claim(folder, recipe)
        self.state: dict[str, Any] = _open_state(folder, recipe)
        self.manifest = _open_manifest(folder, recipe, was_done=self.state.get("stage") == "done")

    def save(self, **parts: Any) -> None:
        """Remember parts of the state, and write everything remembered to the checkpoint."""
        self.state.update(parts, recipe_sha256=recipe_hash(self.recipe))
        save_checkpoint(self.folder, self.state)
        self.folder.save_manifest(self.manifest)

    def note_hashes(self, hashes: dict[str, str]) -> None:
        """Add what was read to the manifest.

        Raises:
            RunError: if the run began with other data.
        """
        changed = [name for name, value in hashes.items() if self.manifest.hashes.get(name, value) != value]
        if changed:
            raise RunError(f"{changed[0]} is not what this run began with; restore the data or give another --out")
        self._update(hashes={**self.manifest.hashes, **hashes})

    def count_test_read(self, seed: int) -> None:
        """Count a look at the test set, before it is taken."""
        reads = dict(self.manifest.test_reads)
        reads[str(seed)] = reads.get(str(seed), 0) + 1
        self._update(test_reads=reads)

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        """Add the time of a stage to the manifest, also when it is interrupted by an error."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self._update(
                cpu_seconds=_added(self.manifest.cpu_seconds, name, time.process_time() - cpu),
                wall_seconds=_added(self.manifest.wall_seconds, name, time.perf_counter() - wall),
            )

    def _update(self, **fields: Any) -> None:
        self.manifest = self.manifest.model_copy(update=fields)
        self.folder.save_manifest(self.manifest)


@contextmanager
def tensor_settings(threads: int) -> Generator[None]:
    """Threads and deterministic kernels for the time of a run; what was set before comes back."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])


def recipe_hash(recipe: Recipe) -> str:
    """SHA-256 of the resolved recipe."""
    return sha256(recipe_text(recipe).encode()).hexdigest()


def recipe_text(recipe: Recipe) -> str:
    """The resolved recipe as YAML, every default written out."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)


def _claim(folder: RunFolder, recipe: Recipe) -> None:
    """Write the recipe into a new folder; in a used one, see that it is the same."""
    if not folder.recipe.exists():
        write_atomically(folder.recipe, recipe_text(recipe))
        return
    before, _ = load_yaml(folder.recipe, RecipeError)
    wanted: dict[str, Any] = yaml.safe_load(recipe_text(recipe))
    changed = _first_difference(before, wanted)
    if changed is not None:
        raise RunError(
            f"{folder.path} holds a run whose recipe differs in {changed}; give another --out, or delete the folder"
        )


def _first_difference(before: Any, wanted: Any, where: str = "") -> str | None:
    if isinstance(before, dict) and isinstance(wanted, dict):
        for key in [*wanted, *(key for key in before if key not in wanted)]:
            found = _first_difference(before.get(key), wanted.get(key), f"{where}.{key}" if where else str(key))
            if found is not None:
                return found
        return None
    return None if before == wanted else f"{where} ({before!r} there, {wanted!r} here)"


def _open_state(folder: RunFolder, recipe: Recipe) -> dict[str, Any]:
    """What the run continues from; nothing for a new one."""
    way_out = "give another --out, or delete the folder"
    if not folder.checkpoint.exists() and folder.design.exists():
        raise RunError(f"{folder.path} holds a design but no checkpoint to go on from; {way_out}")
    state = load_checkpoint(folder) or {}
    if state and state.get("recipe_sha256") != recipe_hash(recipe):
        raise RunError(f"{folder.checkpoint} is of another run; {way_out}")
    return state


def _open_manifest(folder: RunFolder, recipe: Recipe, *, was_done: bool) -> Manifest:
    if folder.manifest.exists():
        manifest = folder.load_manifest()
        return manifest if was_done else manifest.model_copy(update={"restarts": manifest.restarts + 1})
    return Manifest(
        recipe=recipe.name,
        seeds={"search": recipe.seed, "train": recipe.seed},
        threads=recipe.threads,
        versions={"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
        hashes={"recipe": recipe_hash(recipe)},
        cpu_seconds={},
        wall_seconds={},
    )


def _added(seconds: dict[str, float], name: str, more: float) -> dict[str, float]:
    return {**seconds, name: round(seconds.get(name, 0.0) + more, 3)}

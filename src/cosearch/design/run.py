"""A run is a folder: recipe, events, checkpoint, design, manifest, report."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import Field

from cosearch.errors import RunError
from cosearch.records import Record, canonical_json, parse_record, read_json, read_text, write_atomically


class Manifest(Record):
    """What a run was made with, and how often it looked at the test set.

    Attributes:
        seeds: Every seed in use, by name.
        versions: Of Python and of the packages that shape the result.
        hashes: SHA-256 of the recipe and of the data, by name.
        cpu_seconds, wall_seconds: By stage, over all restarts. Added when a stage ends, by an error or by Ctrl-C
            too; what a stage had used when it was killed is lost.
        test_reads: By training seed; a seed reads the test set once.
    """

    recipe: str
    seeds: dict[str, int]
    threads: int
    versions: dict[str, str]
    hashes: dict[str, str]
    cpu_seconds: dict[str, float]
    wall_seconds: dict[str, float]
    restarts: int = 0
    test_reads: dict[str, int] = Field(default_factory=dict)


class RunFolder:
    """Paths of a run, and safe ways to write them.

    Raises:
        RunError: if the folder cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.path / "recipe.yaml"

    @property
    def request(self) -> Path:
        """What an accelerator was asked for, where the network was given."""
        return self.path / "request.yaml"

    @property
    def layers(self) -> Path:
        """The network as a layer file."""
        return self.path / "layers.yaml"

    @property
    def events(self) -> Path:
        """One JSON object a line, in order."""
        return self.path / "events.jsonl"

    @property
    def checkpoint(self) -> Path:
        """Where the run continues after a kill."""
        return self.path / "checkpoint.pt"

    @property
    def weights(self) -> Path:
        """Weights of the retrained network."""
        return self.path / "weights.safetensors"

    @property
    def design(self) -> Path:
        """The result."""
        return self.path / "design.json"

    @property
    def infeasible(self) -> Path:
        """The result where there is no design: an `Infeasible`."""
        return self.path / "infeasible.json"

    @property
    def front(self) -> Path:
        """The result where a whole front was asked for: a `Front`."""
        return self.path / "front.json"

    @property
    def front_table(self) -> Path:
        """The front as comma-separated values."""
        return self.path / "front.csv"

    @property
    def front_points(self) -> Path:
        """A folder of folders, a run for every point of a front."""
        return self.path / "front"

    @property
    def manifest(self) -> Path:
        """What the run was made with."""
        return self.path / "manifest.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.path / "report.html"

    def create(self) -> None:
        """Make the folder and see that it can be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            probe = self.path / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise RunError(
                f"cannot write to {self.path}: {error.strerror}; give a folder you may write to with --out"
            ) from error

    def require(self, path: Path, stage: str) -> Path:
        """A file of the run that an earlier stage wrote.

        Raises:
            RunError: naming the command that makes it, or the result that stands in a design's place.
        """
        if not path.is_file() and path == self.design and self.infeasible.is_file():
            raise RunError(
                f"{path} is missing: the run ended infeasible (see {self.infeasible.name}); "
                "loosen its limits and search again"
            )
        if not path.is_file() and path == self.design and self.front.is_file():
            raise RunError(f"{path} is missing: the run holds a front; give the folder of one of its points")
        if not path.is_file():
            raise RunError(f"{path} is missing; run `cosearch {stage}` first")
        return path

    def load_manifest(self) -> Manifest:
        """The manifest of the run."""
        value = read_json(self.require(self.manifest, "search"), RunError)
        return parse_record(Manifest, value, source=self.manifest.name, error=RunError)

    def save_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest in one step."""
        write_atomically(self.manifest, canonical_json(manifest))


class EventLog:
    """Append-only JSON lines that can be cut back to where a checkpoint was taken."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, kind: str, **values: Any) -> None:
        """Add one event; holds no clock, so that equal runs write equal lines.

        Raises:
            RunError: if the file cannot be written.
            ValueError: if a value is a NaN or an infinity.
        """
        line = json.dumps({"event": kind, **values}, ensure_ascii=False, allow_nan=False)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror}; free the disk or use --out") from error

    def size_bytes(self) -> int:
        """Where the log ends now; a checkpoint remembers it."""
        return self.path.stat().st_size if self.path.exists() else 0

    def sync(self) -> None:
        """See that every event is on the disk, before a checkpoint that counts on them.

        Raises:
            RunError: if the disk refuses.
        """
        if not self.path.exists():
            return
        try:
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror}; free the disk or use --out") from error

    def cut_back(self, size_bytes: int) -> None:
        """Forget what was written after a checkpoint.

        Raises:
            RunError: if the log is shorter than it was at the checkpoint, or cannot be written.
        """
        if self.size_bytes() < size_bytes:
            raise RunError(
                f"{self.path} has {self.size_bytes()} bytes, the checkpoint knows of {size_bytes}; "
                "restore the file or start anew in another folder"
            )
        try:
            if self.path.exists():
                os.truncate(self.path, size_bytes)
        except OSError as error:
            raise RunError(f"cannot write {self.path}: {error.strerror}; delete it or use --out") from error

    def read(self) -> list[dict[str, Any]]:
        """All events, in order; a last line that a kill has cut short is no event.

        Raises:
            RunError: if a line is not JSON, or no object with its kind under "event".
        """
        if not self.path.exists():
            return []
        events: list[dict[str, Any]] = []
        lines = read_text(self.path, RunError).split("\n")[:-1]  # str.splitlines would cut inside strings
        for number, line in enumerate(lines, start=1):
            place = f"{self.path.name}:{number}"
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                raise RunError("not JSON; delete the line or restore the file").at(place) from None
            if not isinstance(event, dict) or not isinstance(event.get("event"), str):
                raise RunError("not an event; delete the line or restore the file").at(place)
            events.append(event)
        return events

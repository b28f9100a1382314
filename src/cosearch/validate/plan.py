"""Which comparisons a command runs, on what, before the first of them starts."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cosearch.errors import DataError, InputError
from cosearch.validate.outcome import Outcome
from cosearch.validate.registry import Registered
from cosearch.validate.shipped import committed_result, shipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One comparison, settled: run it on `path`, or read its committed result, or say what it needs.

    Attributes:
        entry: Of the registry.
        path: File to run on; none if it is not run.
        because: Why the committed result is read instead; empty if it is not.
        is_own_data: Whether a user gave the data.
        needs: What is missing.
    """

    entry: Registered
    path: Path | None = None
    because: str = ""
    is_own_data: bool = False
    needs: str = ""

    def outcome(self) -> Outcome:
        """Do it.

        Raises:
            InputError: if the data are not of the form the comparison reads.
        """
        entry = self.entry
        blank = Outcome(
            name=entry.name, title=entry.title, cause="" if self.is_own_data else entry.cause, needs=self.needs
        )
        found = committed_result(entry.name) if self.because else None
        if found is not None:
            command, comparison = found
            return _filled(blank, comparison=comparison, command=command, because=self.because)
        if self.path is None:
            return blank
        return _filled(blank, comparison=entry.compare(self.path), data=self.path.name)


def plan(registry: Mapping[str, Registered], names: Sequence[str], folder: Path | None) -> list[Job]:
    """What is to be done for the names, or for every comparison if there are none.

    A slow comparison runs where it is asked for by name, or on a user's own data; else its committed result is read.
    So is that of data which may not be shipped, and of what needs a module that is not installed.

    Args:
        registry: All comparisons by name.
        names: Those that are wanted.
        folder: Of a user's own data, where every file is looked up by its name; none for the shipped data.

    Raises:
        InputError: if a name is not known, or the folder is none.
        DataError: if a comparison is asked for by name, and its data are missing.
    """
    for name in names:
        if name not in registry:
            raise _unknown(name, registry)
    if folder is not None and not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the one that holds the data files with --data")
    wanted = [entry for entry in registry.values() if not names or entry.name in names]
    return [_job(entry, folder, is_named=bool(names)) for entry in wanted]


def _job(entry: Registered, folder: Path | None, *, is_named: bool) -> Job:
    is_own_data = folder is not None and bool(entry.data)
    path = _data_of(entry, folder)
    if path is None and is_named:
        raise DataError(_missing(entry, folder)).at(entry.name)
    hindrance = "" if is_named else _hindrance(entry, path, is_own_data=is_own_data)
    if not hindrance:
        return Job(entry=entry, path=path, is_own_data=is_own_data)
    if not is_own_data and shipped("results", f"{entry.name}.json"):
        return Job(entry=entry, because=hindrance)
    return Job(entry=entry, needs=_needs(entry, path), is_own_data=is_own_data)


def _hindrance(entry: Registered, path: Path | None, *, is_own_data: bool) -> str:
    """Why a comparison that nobody named does not run, as half a sentence; empty if it does."""
    if path is None:
        return f"its data are not shipped{_why(entry)}"
    absent = _absent_modules(entry)
    if absent:
        return f"{', '.join(absent)} is not installed"
    return "it takes long" if entry.slow and not is_own_data else ""


def _needs(entry: Registered, path: Path | None) -> str:
    if path is None:
        return entry.data[0]
    absent = _absent_modules(entry)
    if absent:
        return f"{', '.join(absent)}, which is not installed"
    return f"to be asked for by name, as it takes long: cosearch validate {entry.name}"


def _absent_modules(entry: Registered) -> list[str]:
    return [name for name in entry.modules if find_spec(name) is None]


def _data_of(entry: Registered, folder: Path | None) -> Path | None:
    if not entry.data:
        return Path()
    if folder is None:
        candidates = (shipped("data", name) for name in entry.data)
    else:
        candidates = (path if (path := folder / name).is_file() else None for name in entry.data)
    return next((path for path in candidates if path is not None), None)


def _missing(entry: Registered, folder: Path | None) -> str:
    if folder is not None:
        return f"needs {entry.data[0]}, which is not in {folder}; put it there"
    return f"needs {entry.data[0]}, which is not shipped{_why(entry)}; give its folder with --data"


def _why(entry: Registered) -> str:
    return f" ({entry.unshipped})" if entry.unshipped else ""


def _unknown(name: str, registry: Mapping[str, Registered]) -> InputError:
    near = difflib.get_close_matches(name, registry, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return InputError(f"no comparison is called {name!r}; {hint}known: {', '.join(registry)}")


def _filled(blank: Outcome, **values: object) -> Outcome:
    """The same with a result, whose own title says more."""
    return blank.model_copy(update=values)

"""Files that come with the package: by name, or a user's own by path."""

import difflib
from importlib import resources
from pathlib import Path

from cosearch.errors import InputError


def shipped_files(package: str, folder: str) -> dict[str, Path]:
    """YAML files in a folder of a package, by name."""
    with resources.as_file(resources.files(package) / folder) as place:
        return {path.stem: path for path in sorted(place.glob("*.yaml"))}


def find_file(name_or_path: str, shipped: dict[str, Path], *, noun: str, error: type[InputError]) -> Path:
    """The file of a shipped name, or a path that ends in .yaml.

    Raises:
        InputError: of the given type, with the nearest name and all that are shipped.
    """
    path = shipped.get(name_or_path, Path(name_or_path))
    if name_or_path not in shipped and path.suffix not in (".yaml", ".yml"):
        near = difflib.get_close_matches(name_or_path, shipped, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        names = ", ".join(sorted(shipped))
        raise error(f"no {noun} is called {name_or_path!r}; {hint}shipped: {names}; or give a YAML file")
    return path

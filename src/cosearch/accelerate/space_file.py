"""Spaces that are shipped, and files of a user's own."""

from pathlib import Path

from cosearch.accelerate.space import AcceleratorSpace
from cosearch.errors import RecipeError
from cosearch.records import find_file, load_yaml, parse_record, shipped_files


def shipped_spaces() -> dict[str, Path]:
    """The YAML file of each shipped space, by name."""
    return shipped_files("cosearch.accelerate", "spaces")


def load_space(name_or_path: str) -> AcceleratorSpace:
    """A shipped space by name, or a user's from a YAML file.

    Raises:
        RecipeError: if there is none of that name, or the file is wrong.
    """
    path = find_file(name_or_path, shipped_spaces(), noun="accelerator space", error=RecipeError)
    value, lines = load_yaml(path, RecipeError)
    return parse_record(AcceleratorSpace, value, source=path.name, error=RecipeError, lines=lines)

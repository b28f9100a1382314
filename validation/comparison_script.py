"""What every comparison's script does: read its arguments, compare, print, and keep the result where asked to."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from cosearch.errors import InputError
from cosearch.records import canonical_json, write_atomically
from cosearch.validate import Comparison


def run(
    compare: Callable[..., Comparison], usage: str | None, *, also: tuple[str, ...] = (), keep_points: bool = True
) -> None:
    """Compare a file with the model and print the result; `--out` writes all of it with the command that made it.

    Ends with status 0 whether targets are met or missed, and with 2 and one line if the file cannot be used.

    Args:
        compare: The comparison; it takes the file, and those of `also` by name.
        usage: The script's docstring.
        also: Names of options for other files that the comparison can do without.
        keep_points: Whether single cases are written; not those of data that may not be copied.
    """
    parser = argparse.ArgumentParser(description=usage, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="data in the form of the reference file")
    parser.add_argument("--json", action="store_true", help="print name, figures, targets and whether they are met")
    parser.add_argument("--out", type=Path, help="also write the whole result to a JSON file")
    for name in also:
        parser.add_argument(f"--{name}", type=Path)
    arguments = parser.parse_args()
    others = {name: path for name in also if (path := getattr(arguments, name))}
    try:
        result = compare(arguments.file, **others)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    if arguments.out:
        options = [word for name, path in others.items() for word in (f"--{name}", path.name)]
        command = shlex.join(["python", f"validation/{Path(sys.argv[0]).name}", arguments.file.name, *options])
        value = result.model_dump(mode="json", exclude=None if keep_points else {"points"})
        write_atomically(arguments.out, canonical_json({"command": command, **value}))
    if arguments.json:
        print(json.dumps(result.summary(), ensure_ascii=False, allow_nan=False))
    else:
        _show(result)


def _show(result: Comparison) -> None:
    print(result.title)
    for name, value in result.figures.items():
        target = result.targets.get(name)
        judged = (
            f"  target {target.op} {target.bound:g}: {'met' if target.met_by(value) else 'MISSED'}" if target else ""
        )
        print(f"  {name:40s} {value:12.6g}{judged}")
    for point in result.points:
        print(
            f"  {point.group:>16s} {point.name:28s} {point.reference:14.6g} {point.model:14.6g} {point.error:+8.2%}"
        )
    for note in result.notes:
        print(f"  note: {note}")

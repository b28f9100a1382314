"""Hold the closed form against the executable specification.

python validation/closed_form.py [NUM] [SEEDS ...] [--json] [--out validation/results/closed_form.json]

NUM layers and a tenth as many accelerators of each seed.
"""

import argparse
import sys
from pathlib import Path

from cosearch.records import canonical_json, write_atomically
from cosearch.validate import compare_closed_form


def main() -> int:
    """Run the comparison; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num", nargs="?", type=int, default=1000)
    parser.add_argument("seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--json", action="store_true", help="print name, figures, targets and whether they are met")
    parser.add_argument("--out", type=Path, help="also write the whole result to a JSON file")
    arguments = parser.parse_args()
    num, seeds = arguments.num, arguments.seeds
    comparison = compare_closed_form(num, max(1, num // 10), seeds)
    if arguments.out:
        command = " ".join(map(str, ["python validation/closed_form.py", num, *seeds]))
        write_atomically(arguments.out, canonical_json({"command": command, **comparison.model_dump(mode="json")}))
    if arguments.json:
        print(canonical_json(comparison.summary()), end="")
    else:
        for name, value in comparison.figures.items():
            print(f"{name:55s} {value:12.6g}")
    return 0 if comparison.met else 1


if __name__ == "__main__":
    sys.exit(main())

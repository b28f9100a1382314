"""Hold the closed form against the executable specification.

python validation/closed_form.py [NUM_LAYERS] [NUM_ACCELERATORS] [SEED] [--json] [--out results/closed_form.json]
"""

import argparse
import sys
from pathlib import Path

from cosearch.records import canonical_json, write_atomically
from cosearch.validate import compare_closed_form


def main() -> int:
    """Run the comparison; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_layers", nargs="?", type=int, default=1000)
    parser.add_argument("num_accelerators", nargs="?", type=int, default=100)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    numbers = (arguments.num_layers, arguments.num_accelerators, arguments.seed)
    comparison = compare_closed_form(*numbers)
    if arguments.out:
        command = " ".join(map(str, ["python validation/closed_form.py", *numbers]))
        write_atomically(arguments.out, canonical_json({"command": command, **comparison.model_dump(mode="json")}))
    print(canonical_json(comparison.summary()), end="")
    return 0 if comparison.met else 1


if __name__ == "__main__":
    sys.exit(main())

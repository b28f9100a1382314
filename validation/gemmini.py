"""Hold the model of Gemmini against RTL cycles; writes results/gemmini.json.

python validation/gemmini.py validation/data/gemmini_rtl.csv --products validation/data/gemmini_gemm_rtl.csv
python validation/gemmini.py FILE --json    # print the summary only, write nothing
python validation/gemmini.py FILE --layers  # print every layer too, the worst first
"""

import argparse
import json
import sys
from pathlib import Path

from cosearch.errors import InputError
from cosearch.records import canonical_json, write_atomically
from cosearch.validate.gemmini import compare_gemmini

ROOT = Path(__file__).parent
RESULT = ROOT / "results" / "gemmini.json"


def main() -> int:
    """Run the comparison; 1 if a target is missed, 2 if a file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--products", type=Path)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--layers", action="store_true")
    arguments = parser.parse_args()
    try:
        comparison = compare_gemmini(arguments.file, arguments.products, repeats=arguments.repeats)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if arguments.layers:
        for point in sorted(comparison.points, key=lambda point: -abs(point.error)):
            print(f"{point.error:+7.1%} {point.reference:12.0f} {point.model:12.0f} {point.name}")
    print(json.dumps(comparison.summary(), indent=None if arguments.json else 2))
    if not arguments.json:
        command = "python validation/gemmini.py " + " ".join(sys.argv[1:])
        write_atomically(RESULT, canonical_json({"command": command, **comparison.model_dump(mode="json")}))
    return 0 if comparison.met else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measure the closed form against the executable specification; writes results/closed_form.json.

Usage: python validation/closed_form.py [NUM_CASES] [SEED] [MORE_SEEDS ...]

Of more seeds, only the statistics over all their cases are kept.
"""

import argparse
from pathlib import Path

from cosearch.records import canonical_json, write_atomically
from cosearch.validate import closed_form_error

RESULT = Path(__file__).parent / "results" / "closed_form.json"


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("num_cases", nargs="?", type=int, default=1000)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    parser.add_argument("more_seeds", nargs="*", type=int, default=[])
    arguments = parser.parse_args()
    num_cases, seed = arguments.num_cases, arguments.seed
    result = closed_form_error(num_cases, seed).model_dump(mode="json")
    others = {other: closed_form_error(num_cases, other).all for other in arguments.more_seeds}
    command = " ".join(map(str, ["python validation/closed_form.py", num_cases, seed, *others]))
    more = {str(other): statistics.model_dump(mode="json") for other, statistics in others.items()}
    text = canonical_json({"command": command, **result, "more_seeds": more})
    print(text, end="")
    RESULT.parent.mkdir(exist_ok=True)
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()

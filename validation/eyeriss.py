"""The array model against silicon: AlexNet on Eyeriss.

Usage: python validation/eyeriss.py FILE [--chip FILE] [--json] [--out FILE]

FILE in the form of data/eyeriss_alexnet.csv. The chip's sizes are those of eyeriss_chip.json beside it, unless --chip
names another file; without either they are those of the shipped array.
"""

import argparse
import sys
from pathlib import Path

from comparison_script import run

from cosearch.validate import Comparison
from cosearch.validate.eyeriss import compare_eyeriss

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--chip", type=Path)
    known, sys.argv[1:] = parser.parse_known_args()

    def compare(path: Path) -> Comparison:
        """With the chip's sizes, where there are any."""
        beside = path.with_name("eyeriss_chip.json")
        return compare_eyeriss(path, known.chip or (beside if beside.is_file() else None))

    run(compare, __doc__)

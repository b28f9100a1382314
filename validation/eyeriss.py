"""The array model against silicon: AlexNet on Eyeriss.

Usage: python validation/eyeriss.py FILE [--chip FILE] [--json] [--out FILE]

FILE in the form of data/eyeriss_alexnet.csv, the chip in that of data/eyeriss_chip.json
"""

import argparse
import sys
from functools import partial
from pathlib import Path

from comparison_script import run

from cosearch.validate.eyeriss import compare_eyeriss

if __name__ == "__main__":
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--chip", type=Path)
    known, sys.argv[1:] = parser.parse_known_args()
    run(partial(compare_eyeriss, chip=known.chip), __doc__)

"""The array model against silicon: AlexNet on Eyeriss.

Usage: python validation/eyeriss.py FILE [--chip FILE] [--json] [--out FILE]

FILE in the form of data/eyeriss_alexnet.csv. The chip's sizes are those of eyeriss_chip.json beside it, unless --chip
names another file; without either they are those of the shipped array.
"""

from pathlib import Path

from comparison_script import run

from cosearch.validate import Comparison
from cosearch.validate.eyeriss import compare_eyeriss


def compare(path: Path, chip: Path | None = None) -> Comparison:
    """With the chip's sizes, where there are any."""
    beside = path.with_name("eyeriss_chip.json")
    return compare_eyeriss(path, chip or (beside if beside.is_file() else None))


if __name__ == "__main__":
    run(compare, __doc__, also=("chip",))

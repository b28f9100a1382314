"""The array model against silicon: AlexNet on Eyeriss.

Usage: python validation/eyeriss.py FILE [--chip FILE] [--json] [--out FILE]

FILE in the form of data/eyeriss_alexnet.csv, the chip in that of data/eyeriss_chip.json
"""

from comparison_script import run

from cosearch.validate.eyeriss import compare_eyeriss

if __name__ == "__main__":
    run(compare_eyeriss, __doc__, also=("chip",))

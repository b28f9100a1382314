"""Counts of known networks against PyTorch's FLOP counter and QONNX's inference cost.

Usage: python validation/counts.py FILE [--json] [--out FILE], FILE in the form of data/known_networks.csv
"""

from comparison_script import run

from cosearch.validate.counts import compare_counts

if __name__ == "__main__":
    run(compare_counts, __doc__)

"""The closed form against the board of Zhang et al.: AlexNet on a VC707.

Usage: python validation/zhang.py FILE [--json] [--out FILE], FILE in the form of data/zhang15_alexnet_vc707.csv
"""

from comparison_script import run

from cosearch.validate import compare_zhang

if __name__ == "__main__":
    run(compare_zhang, __doc__)

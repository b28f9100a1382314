"""How much faster 6 bits are than 8 on CHaiDNN's boards, against the closed form and against a constant.

Usage: python validation/chaidnn.py FILE [--json] [--out FILE], FILE in the form of data/chaidnn_zu9_zu7.csv
"""

from comparison_script import run

from cosearch.validate import compare_chaidnn

if __name__ == "__main__":
    run(compare_chaidnn, __doc__)

"""The closed form's compute term against Shen et al.'s single- and multi-CLP AlexNets.

Usage: python validation/multi_clp.py FILE [--json] [--out FILE], FILE in the form of data/shen17_multiclp_alexnet.csv
"""

from comparison_script import run

from cosearch.validate import compare_multi_clp

if __name__ == "__main__":
    run(compare_multi_clp, __doc__)

"""The closed form, calibrated on half of the shapes, against convolutions measured on GHP's VCU118 boards.

Usage: python validation/ghp.py FILE [--json] [--out FILE], FILE as ghp_vcu118_conv_cycles.csv, which is not here:
its source's licence is the AGPL. Single cases are not written either.
"""

from comparison_script import run

from cosearch.validate import compare_ghp

if __name__ == "__main__":
    run(compare_ghp, __doc__, keep_points=False)

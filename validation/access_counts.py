"""Access counts and energy of arrays against three other tools on the same mappings.

Usage: python validation/access_counts.py FILE [--json] [--out FILE], FILE in the form of data/access_counts.json
"""

from comparison_script import run

from cosearch.validate.access_counts import compare_access_counts

if __name__ == "__main__":
    run(compare_access_counts, __doc__)

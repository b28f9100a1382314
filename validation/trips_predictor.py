"""The reproduced TRIPS predictor against the public code's own predictions.

Usage: python validation/trips_predictor.py FILE [--json] [--out FILE], FILE in the form of data/trips_space_part.json
"""

from comparison_script import run

from cosearch.validate import compare_trips_predictor

if __name__ == "__main__":
    run(compare_trips_predictor, __doc__)

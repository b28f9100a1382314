"""Write the example of docs/calibration.md: runs of a board that does not exist, under known constants.

Usage: python validation/calibration_example.py [FILE]; FILE is docs/calibration_example.csv if it is not given.
"""

import sys
from pathlib import Path

from cosearch.hardware import load_platform
from cosearch.records import write_atomically
from cosearch.validate.calibrate import Board, example_csv

RESULT = Path(__file__).parents[1] / "docs" / "calibration_example.csv"

BOARD = Board(
    clock_hertz=1.85e8,
    delivered=0.75,
    layer_cycles=140,
    step_cycles=19,
    store_cycles=31,
    burst_latency_cycles=14,
    noise=0.01,
)
"""The constants that `cosearch calibrate docs/calibration_example.csv --platform zc706` has to find."""


def main() -> None:
    """Write the file."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULT
    about = "# Runs of the timing contract's specification on a board that does not exist; made by\n"
    command = "# python validation/calibration_example.py, which has its constants; noise of 1 %.\n"
    write_atomically(path, about + command + example_csv(BOARD, load_platform("zc706"), seed=0))


if __name__ == "__main__":
    main()

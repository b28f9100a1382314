"""How often the intervals of `cosearch calibrate` contain the truth: simulated boards under known constants.

Usage: python validation/calibration_coverage.py [NUM_BOARDS]; writes results/calibration_coverage.json.
"""

import sys
import tempfile
from pathlib import Path

from calibration_example import BOARD

from cosearch.hardware import load_platform
from cosearch.records import canonical_json, write_atomically
from cosearch.validate.calibrate import calibrate, example_csv

RESULT = Path(__file__).parent / "results" / "calibration_coverage.json"


def main() -> None:
    """Calibrate boards that differ in the noise of their measurements only."""
    num_boards = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    platform = load_platform("zc706")
    true = {
        "clock_hertz": BOARD.clock_hertz,
        "usable_fraction": platform.dram.usable_fraction * BOARD.delivered * BOARD.clock_hertz / platform.clock_hertz,
        "layer_cycles": BOARD.layer_cycles,
        "step_cycles": BOARD.step_cycles,
        "store_cycles": BOARD.store_cycles,
        "burst_latency_seconds": BOARD.burst_latency_cycles / BOARD.clock_hertz,
    }
    inside = dict.fromkeys(true, 0)
    before: list[float] = []
    validated: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.csv"
        for seed in range(num_boards):
            path.write_text(example_csv(BOARD, platform, seed=seed))
            fit = calibrate(path, platform, seed=seed).fit
            for name, one in fit.constants.items():
                inside[name] += one.low <= true[name] <= one.high
            before.append(fit.error_before)
            validated.append(fit.error_validated)
    result = {
        "command": f"python validation/calibration_coverage.py {num_boards}",
        "num_boards": num_boards,
        "noise": BOARD.noise,
        "share_of_intervals_with_the_truth": {name: round(num / num_boards, 4) for name, num in inside.items()},
        "share_of_all": round(sum(inside.values()) / num_boards / len(inside), 4),
        "mean_error_before": round(sum(before) / num_boards, 6),
        "mean_error_validated": round(sum(validated) / num_boards, 6),
    }
    text = canonical_json(result)
    print(text, end="")
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()

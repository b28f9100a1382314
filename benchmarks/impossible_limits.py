"""How soon a request that nothing can meet is answered, by the command as a user types it.

``python benchmarks/impossible_limits.py`` prints JSON: seconds of wall clock from start to exit, and the exit status,
which is 3 for a request proved infeasible. Times depend on the machine; run it on an idle one.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cosearch.errors import DataError
from cosearch.train import find_fashion_mnist

REQUESTS = ("[fps>=1e9]", "[dsp<=1, fps>=1e5]")


def answer(recipe: str, limits: str, folder: Path) -> dict[str, Any]:
    """Time and outcome of one request."""
    command = [sys.executable, "-m", "cosearch", "search", recipe, "--quiet"]
    start = time.perf_counter()
    done = subprocess.run(
        [*command, "--set", f"limits={limits}", "--out", str(folder)], capture_output=True, text=True, check=False
    )
    seconds = round(time.perf_counter() - start, 2)
    row: dict[str, Any] = {"recipe": recipe, "limits": limits, "seconds": seconds, "exit_status": done.returncode}
    return row | ({"error": done.stderr.strip()} if done.returncode != 3 else {})


def main() -> None:
    """Ask every recipe for the impossible and print what came back."""
    rows: list[dict[str, Any]] = []
    for recipe in ("digits", "demo"):
        if recipe == "demo":
            try:
                find_fashion_mnist()
            except DataError as error:
                rows.append({"recipe": recipe, "skipped": str(error)})
                continue
        for limits in REQUESTS:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(answer(recipe, limits, Path(folder) / "run"))
    print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()

"""The exact accelerator of every point on both platforms.

``python -m benchmarks.joint_table.accelerators`` writes ``accelerators.json``: of every point and platform the most
frames per second under the platform's limits on resources, certified, and what the accelerator takes.
"""

from pathlib import Path

from benchmarks.joint_table.points import SPACE, all_points, point_name
from scipy.stats import spearmanr

from cosearch.accelerate import Budget, DesignTable, Exact, Problem
from cosearch.network import workload_of
from cosearch.records import canonical_json, write_atomically
from cosearch.search import Recipe, load_recipe
from cosearch.search.columns import SpaceColumns

HERE = Path(__file__).parent
RESULT = HERE / "accelerators.json"
PLATFORMS = ("a", "b")


def platform_recipe(name: str) -> Recipe:
    """Space, data and board of a platform, with its limits on resources."""
    board = [f"platform={HERE / 'slow_memory.yaml'}"] if name == "b" else []
    return load_recipe(str(HERE / f"platform_{name}.yaml"), board)


def solve_all(name: str) -> list[dict[str, float]]:
    """Fps and resources of every point's best accelerator on a platform.

    Raises:
        SystemExit: if a point has none; the limits on resources must leave every point one.
    """
    recipe = platform_recipe(name)
    platform, clock_hertz = recipe.board()
    table = DesignTable.build(SpaceColumns(SPACE).layers(), recipe.accelerator, platform, clock_hertz)
    rows: list[dict[str, float]] = []
    for blocks in all_points():
        problem = Problem.of(table, workload_of(SPACE, blocks), "fps", recipe.parsed_limits())
        found = Exact().run(problem, seed=0, budget=Budget())
        if found.value is None or found.designs is None or not found.certified:
            raise SystemExit(f"{point_name(blocks)} has no certified accelerator on platform {name}")
        taken = sum(table.classes[index].resources[row] for index, row in found.designs.items())
        rows.append({"fps": found.value, "dsp": int(taken[0]), "bram18": int(taken[1]), "lut": int(taken[3])})
    return rows


def main() -> None:
    """Solve both and write the file."""
    found = {name: solve_all(name) for name in PLATFORMS}
    fps = [[row["fps"] for row in found[name]] for name in PLATFORMS]
    correlation = float(spearmanr(*fps).statistic)
    points = [
        {"point": index, "name": point_name(blocks), **{name: found[name][index] for name in PLATFORMS}}
        for index, blocks in enumerate(all_points())
    ]
    command = "python -m benchmarks.joint_table.accelerators"
    write_atomically(RESULT, canonical_json({"command": command, "rank_correlation": correlation, "points": points}))
    print(f"{len(points)} points; rank correlation of fps on both platforms {correlation:.3f}")


if __name__ == "__main__":
    main()

import json
import shutil

import numpy as np
import pytest
from benchmarks.joint_table import SPACE, JointTable, all_points, point_name
from benchmarks.joint_table import train as training
from benchmarks.joint_table.accelerators import platform_recipe
from benchmarks.joint_table.joint_table import HERE
from scipy.stats import spearmanr

from cosearch.accelerate import DesignTable, Problem, solve
from cosearch.errors import DataError
from cosearch.network import workload_of
from cosearch.search.columns import SpaceColumns


@pytest.fixture(scope="module")
def table():
    return JointTable.load()


def test_every_point_of_the_space_is_there_once():
    points = all_points()
    assert len(points) == len(set(points)) == 7 * 6 * 7
    assert point_name(points[-1]) == "skip k5_e3:8 skip"


def test_accuracies_differ_by_more_than_seeds_make_them(table):
    assert table.val.shape == (294, 3)
    noise = np.sqrt(table.val.var(axis=1, ddof=1).mean())
    assert table.val.mean(axis=1).std() > 3 * noise
    assert 0.6 < table.val.min() < table.val.max() < 0.87


def test_the_platforms_rank_points_differently(table):
    assert spearmanr(table.fps["a"], table.fps["b"]).statistic == pytest.approx(0.807, abs=0.001)


@pytest.mark.parametrize("platform", ["a", "b"])
def test_the_speeds_are_those_of_the_engine(table, platform):
    recipe = platform_recipe(platform)
    board, clock_hertz = recipe.board()
    designs = DesignTable.build(SpaceColumns(SPACE).layers(), recipe.accelerator, board, clock_hertz)
    for point in range(0, 294, 42):
        workload = workload_of(SPACE, table.points[point])
        best = solve(Problem.of(designs, workload, "fps", recipe.parsed_limits())).value
        assert clock_hertz / best == pytest.approx(table.fps[platform][point], rel=1e-12)


def test_looks_at_the_test_set_are_counted():
    table = JointTable.load()
    assert table.read_test("a reason").shape == (294, 3)
    assert table.test_reads == ["a reason"]


def test_a_missing_training_is_named(tmp_path):
    for name in ("accelerators.json", "val.jsonl"):
        shutil.copy(HERE / name, tmp_path / name)
    lines = (tmp_path / "val.jsonl").read_text().splitlines()
    (tmp_path / "val.jsonl").write_text("\n".join(lines[1:]) + "\n")
    with pytest.raises(
        DataError, match=r"val\.jsonl: 1 of 882 trainings are missing; run train\.py until it is complete"
    ):
        _ = JointTable.load(tmp_path).val
    (tmp_path / "accelerators.json").write_text(json.dumps({"points": []}))
    with pytest.raises(DataError, match=r"accelerators\.json: 0 points, the space has 294"):
        JointTable.load(tmp_path)


def test_lines_are_whole_and_what_is_done_is_known(tmp_path):
    path = tmp_path / "val.jsonl"
    training.append(path, 7, 1, 0.5)
    training.append(path, 8, 2, 0.25)
    assert training.done(path) == {(7, 1), (8, 2)}
    assert json.loads(path.read_text().splitlines()[0])["name"] == point_name(all_points()[7])

"""``cosearch accelerate --front`` as a user types it."""

import csv
import json

import pytest

from cosearch.design import METRICS, load_design, load_front
from cosearch.records import canonical_json


@pytest.fixture(scope="module")
def front(accelerate, files):
    """A folder with a whole front, and what was printed."""
    folder = files / "front"
    return folder, accelerate(
        "net.onnx", "--bits", "8", "--front", "fps,dsp", "--limit", "lut<=60000", "--out", folder
    )


def test_writes_every_point_as_a_run(front, command) -> None:
    folder, result = front
    assert (result.returncode, result.stderr) == (0, "")
    found = load_front(folder / "front.json")
    assert found.certified
    assert found.gaps == ()
    assert found.objectives == ("fps", "dsp")
    assert {path.name for path in folder.iterdir()} == {
        "events.jsonl", "front", "front.csv", "front.json", "layers.yaml", "report.html", "request.yaml"
    } - {"events.jsonl"}  # fmt: skip
    assert [member.folder for member in found.front] == [f"front/{n:02}" for n in range(1, len(found.front) + 1)]
    assert len(found.front) >= 3
    for member in found.front:
        design = load_design(folder / member.folder / "design.json")
        assert member.values == {"fps": design.predicted.fps, "dsp": design.predicted.dsp}
        assert all(limit.met for limit in design.limits)
        assert [limit.metric for limit in design.limits] == ["lut", "dsp"]
        assert design.engine.certified
    checked = command("check", folder)
    assert checked.returncode == 0
    assert f"front: {len(found.front)} points" in checked.stdout
    last = folder / found.front[-1].folder
    assert command("check", last).returncode == 0
    assert command("report", last).returncode == 0
    (last / "report.html").unlink()


def test_says_what_the_front_is(front) -> None:
    folder, result = front
    found = load_front(folder / "front.json")
    assert f"{len(found.front)} points of the front of fps and dsp" in result.stdout
    assert "each is on the front, and nothing else is" in result.stdout
    assert f"{found.front[0].values['fps']:,.6g}" in result.stdout
    rows = list(csv.DictReader((folder / "front.csv").open()))
    assert [float(row["fps"]) for row in rows] == [member.values["fps"] for member in found.front]
    assert set(rows[0]) == {"folder", "chunks", *METRICS} - {"area_m2", "accuracy"}
    page = (folder / "report.html").read_text()
    assert f"{len(found.front)} accelerators on a front" in page
    assert "✓ Certified: the whole front" in page
    assert found.front[-1].folder in page


def test_a_point_is_the_answer_to_its_own_request(front, accelerate, tmp_path) -> None:
    folder, _ = front
    found = load_front(folder / "front.json")
    member = found.front[1]
    limits = ("--limit", "lut<=60000", "--limit", f"dsp<={member.values['dsp']:g}")
    alone = accelerate("net.onnx", "--bits", "8", *limits, "--json", "--out", tmp_path / "alone")
    assert json.loads(alone.stdout)["predicted"]["fps"] == member.values["fps"]


def test_json_is_the_front_and_some_points_leave_gaps(front, accelerate, command, tmp_path) -> None:
    arguments = ("--bits", "8", "--front", "dsp,fps", "--limit", "lut<=60000", "--points", "2", "--json")
    result = accelerate("net.onnx", *arguments, "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == (tmp_path / "front.json").read_text()
    found = json.loads(result.stdout)
    whole = load_front(front[0] / "front.json").front
    assert (len(found["front"]), found["certified"]) == (2, False)
    assert [member["values"] for member in found["front"]] == [
        {"dsp": member.values["dsp"], "fps": member.values["fps"]} for member in (whole[-1], whole[0])
    ]
    assert found["gaps"] == [
        {"better_in_first": found["front"][0]["values"], "better_in_second": found["front"][1]["values"]}
    ]
    page = (tmp_path / "report.html").read_text()
    assert "Every point certified, 1 stretch open" in page
    changed = load_front(tmp_path / "front.json")
    worse = changed.front[0].model_copy(update={"values": {"dsp": 1e6, "fps": 1.0}})
    (tmp_path / "front.json").write_text(
        canonical_json(changed.model_copy(update={"front": (worse, changed.front[1])}))
    )
    checked = command("check", tmp_path)
    assert checked.returncode == 1
    assert "front[0].values.dsp: design.json says 1000000.0" in checked.stdout
    assert "front[1]: design.json says 'a point of the front'" in checked.stdout


def test_an_impossible_front_is_a_result_and_takes_old_answers_away(front, accelerate, files, tmp_path) -> None:
    accelerate("net.onnx", "--bits", "8", "--front", "fps,dsp", "--points", "2", "--out", tmp_path)
    assert (tmp_path / "front" / "01" / "design.json").is_file()
    (tmp_path / "front" / "01" / "mine.txt").touch()
    result = accelerate("net.onnx", "--bits", "8", "--front", "fps,dsp", "--limit", "fps>=1e9", "--out", tmp_path)
    assert result.returncode == 3
    assert "infeasible: no accelerator of the declared space keeps fps>=" in result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {
        "front", "infeasible.json", "layers.yaml", "report.html", "request.yaml"
    }  # fmt: skip
    assert [path.name for path in (tmp_path / "front").rglob("*")] == ["01", "mine.txt"]


def test_no_time_is_no_proof(accelerate, tmp_path) -> None:
    result = accelerate("net.onnx", "--bits", "8", "--front", "fps,dsp", "--seconds", "1e-6", "--out", tmp_path)
    assert result.returncode == 3
    assert "not found: engine exact proved no point of the front in its time; give it more" in result.stdout

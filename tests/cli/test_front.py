"""``cosearch accelerate --front`` as a user types it."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from cosearch.cli.check import check_command
from cosearch.cli.handoff import handoff_command
from cosearch.cli.report import report_command
from cosearch.cli.results import remove_results
from cosearch.design import METRICS, RunFolder, load_design, load_front
from cosearch.errors import RunError
from cosearch.records import canonical_json


@pytest.fixture(scope="module")
def front(accelerate, files):
    """A folder with a whole front, and what was printed."""
    folder = files / "front"
    return folder, accelerate(
        "net.onnx", "--bits", "8", "--front", "fps,dsp", "--limit", "lut<=60000", "--out", folder
    )


def test_writes_every_point_as_a_run(front, capsys) -> None:
    folder, result = front
    assert (result.returncode, result.stderr) == (0, "")
    found = load_front(folder / "front.json")
    assert found.certified
    assert found.gaps == ()
    assert found.objectives == ("fps", "dsp")
    assert {path.name for path in folder.iterdir()} == {
        "front", "front.csv", "front.json", "layers.yaml", "report.html", "request.yaml"
    }  # fmt: skip
    assert [member.folder for member in found.front] == [f"front/{n:02}" for n in range(1, len(found.front) + 1)]
    assert len(found.front) >= 3
    for member in found.front:
        design = load_design(folder / member.folder / "design.json")
        assert member.values == {"fps": design.predicted.fps, "dsp": design.predicted.dsp}
        assert all(limit.met for limit in design.limits)
        assert [limit.metric for limit in design.limits] == ["lut", "dsp"]
        assert design.engine.certified
    assert check_command(folder, quiet=False, as_json=False) == 0
    assert f"front: {len(found.front)} points" in capsys.readouterr().out


def test_a_point_is_reported_and_the_front_is_no_design(front, tmp_path) -> None:
    folder, _ = front
    point = Path(shutil.copytree(folder / "front" / "01", tmp_path / "point"))
    assert report_command([point], quiet=True) == 0
    assert "4 layers on" in (point / "report.html").read_text()
    with pytest.raises(RunError, match="the run holds a front; give the folder of one of its points"):
        handoff_command(folder, "layers", quiet=True)


def test_says_what_the_front_is(front) -> None:
    folder, result = front
    found = load_front(folder / "front.json")
    assert f"{len(found.front)} points: the whole front of fps and dsp, proved (closed form" in result.stdout
    assert f"{found.front[0].values['fps']:,.6g}" in result.stdout
    rows = list(csv.DictReader((folder / "front.csv").read_text().splitlines()))
    assert [float(row["fps"]) for row in rows] == [member.values["fps"] for member in found.front]
    assert set(rows[0]) == {"folder", "chunks", *METRICS} - {"area_m2", "accuracy"}
    page = (folder / "report.html").read_text()
    assert f"{len(found.front)} accelerators on a front" in page
    assert "✓ Certified: the whole front" in page
    assert found.front[-1].folder in page


def test_a_point_is_the_answer_to_its_own_request(front, in_process, tmp_path) -> None:
    folder, _ = front
    member = load_front(folder / "front.json").front[1]
    limits = ["lut<=60000", f"dsp<={member.values['dsp']:g}"]
    assert in_process("net.onnx", quiet=True, limits=limits, out=tmp_path) == 0
    assert load_design(tmp_path / "design.json").predicted.fps == member.values["fps"]


def test_json_is_the_front_and_some_points_leave_gaps(front, in_process, tmp_path, capsys) -> None:
    asked = {"front": "dsp, fps", "limits": ["lut<=60000"], "points": 2}
    assert in_process("net.onnx", as_json=True, out=tmp_path, **asked) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "front.json").read_text()
    found = json.loads(printed)
    whole = load_front(front[0] / "front.json").front
    assert (len(found["front"]), found["certified"]) == (2, False)
    assert [member["values"] for member in found["front"]] == [
        {"dsp": member.values["dsp"], "fps": member.values["fps"]} for member in (whole[-1], whole[0])
    ]
    assert found["gaps"] == [
        {"better_in_first": found["front"][0]["values"], "better_in_second": found["front"][1]["values"]}
    ]
    assert "Every point certified, 1 stretch open" in (tmp_path / "report.html").read_text()


def test_a_changed_front_is_named(front, tmp_path, capsys) -> None:
    folder = Path(shutil.copytree(front[0], tmp_path / "changed"))
    found = load_front(folder / "front.json")
    better = found.front[0].model_copy(update={"values": {"fps": 1.0, "dsp": 1e6}})
    changed = found.model_copy(update={"front": (better, *found.front[1:])})
    (folder / "front.json").write_text(canonical_json(changed))
    design = folder / found.front[2].folder / "design.json"
    design.write_text(design.read_text().replace('"read_slots": ', '"read_slots": 1', 1))
    assert check_command(folder, quiet=True, as_json=False) == 1
    said = capsys.readouterr().out
    assert "front[0].values.dsp: design.json says 1000000.0, the point's design says" in said
    assert "front[1]: design.json says 'a point of the front'" in said
    assert "front/03: accelerator.chunks[0].read_slots: design.json says" in said


def test_an_impossible_front_is_a_result_and_takes_old_answers_away(in_process, tmp_path, capsys) -> None:
    assert in_process("net.onnx", quiet=True, front="fps,dsp", points=2, out=tmp_path) == 0
    assert (tmp_path / "front" / "01" / "design.json").is_file()
    (tmp_path / "front" / "01" / "mine.txt").touch()
    assert in_process("net.onnx", front="fps,dsp", limits=["fps>=1e9"], out=tmp_path) == 3
    assert "infeasible: no accelerator of the declared space keeps fps>=" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {
        "front", "infeasible.json", "layers.yaml", "report.html", "request.yaml"
    }  # fmt: skip
    assert {path.name for path in (tmp_path / "front").rglob("*")} == {"01", "mine.txt"}


def test_no_time_is_no_proof(in_process, tmp_path, capsys) -> None:
    assert in_process("net.onnx", front="fps,dsp", seconds=1e-6, out=tmp_path) == 3
    said = "not found: the two ends of the front were not proved in time; give it more seconds"
    printed = capsys.readouterr().out
    assert said in printed
    assert "alone, enough" not in printed
    assert "binding" not in printed


def test_a_page_from_before_is_taken_away(tmp_path) -> None:
    (tmp_path / "report.html").write_text("old")
    remove_results(RunFolder(tmp_path))
    assert list(tmp_path.iterdir()) == []

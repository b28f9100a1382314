"""What a command runs and on what, what it reads instead, and that committed figures are those of today's code."""

import json
import tomllib
from pathlib import Path

import pytest

from cosearch.errors import DataError, InputError
from cosearch.validate import (
    COMPARISONS,
    Comparison,
    Outcome,
    Point,
    Registered,
    Target,
    committed_report,
    judged,
    plan,
)
from cosearch.validate.shipped import committed_result, shipped

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "validation" / "results"
QUICK = [entry.name for entry in COMPARISONS.values() if not entry.slow and entry.name not in ("gemmini", "chaidnn")]
"""Those two take longer than all others: Gemmini's result is held to in its own tests, a part of CHaiDNN's below."""


def result_of(path: Path) -> Comparison:
    """A comparison that tells which file it read."""
    size = float(len(path.read_text())) if path.name else 0.0
    return Comparison(
        name="fake",
        title="Fake against nothing",
        figures={"num_letters": size, "mean_error": 0.03},
        targets={"mean_error": Target(op="<=", bound=0.05)},
        points=(Point(name="a", reference=100, model=103),),
    )


def entry(name: str, **fields: object) -> Registered:
    return Registered(**{"name": name, "title": f"{name} against nothing", "compare": result_of} | fields)


@pytest.fixture
def registry(tmp_path, monkeypatch) -> dict[str, Registered]:
    """Shipped data, data that are not shipped, no data, and a slow one; results of the last two kinds."""
    for kind in ("data", "results"):
        (tmp_path / "package" / kind).mkdir(parents=True)
    (tmp_path / "package" / "data" / "open.csv").write_text("four")
    for name in ("closed", "slow"):
        value = {"command": f"python validation/{name}.py"} | result_of(Path()).model_dump(mode="json")
        (tmp_path / "package" / "results" / f"{name}.json").write_text(json.dumps(value))
    monkeypatch.setattr("cosearch.validate.shipped._PACKAGE", tmp_path / "package")
    monkeypatch.setattr("cosearch.validate.shipped._CHECKOUT", tmp_path / "nowhere")
    entries = [
        entry("open", data=("open.csv",), cause="Rounding."),
        entry("closed", data=("closed.csv",), unshipped="its licence forbids it"),
        entry("absent", data=("absent.csv",)),
        entry("free"),
        entry("slow", slow=True),
        entry("slow_and_new", slow=True),
    ]
    return {one.name: one for one in entries}


def outcomes(registry, names=(), folder=None) -> dict[str, Outcome]:
    return {job.entry.name: job.outcome() for job in plan(registry, list(names), folder)}


def test_all_are_listed_each_with_where_its_figures_come_from(registry):
    found = outcomes(registry)
    assert {name: outcome.source for name, outcome in found.items()} == {
        "open": "Run now on open.csv.",
        "closed": "Committed result, since its data are not shipped (its licence forbids it). Made by: "
        "python validation/closed.py",
        "absent": "Not run: needs absent.csv.",
        "free": "Run now; needs no data.",
        "slow": "Committed result, since it takes long. Made by: python validation/slow.py",
        "slow_and_new": "Not run: needs to be asked for by name, as it takes long: cosearch validate slow_and_new.",
    }
    assert found["open"].comparison.figures["num_letters"] == 4
    assert found["open"].cause == "Rounding."


def test_a_slow_one_runs_where_it_is_named(registry):
    assert outcomes(registry, ["slow", "open"])["slow"].source == "Run now; needs no data."
    assert list(outcomes(registry, ["slow", "open"])) == ["open", "slow"]


def test_without_an_optional_module_the_committed_result_is_read(registry):
    entries = {name: entry(name, modules=("json", "no_such_module")) for name in ("closed", "lone")}
    assert {name: one.source for name, one in outcomes(entries).items()} == {
        "closed": "Committed result, since no_such_module is not installed. Made by: python validation/closed.py",
        "lone": "Not run: needs no_such_module, which is not installed.",
    }
    assert outcomes(entries, ["lone"])["lone"].comparison is not None


def test_own_data_are_judged_and_no_committed_result_stands_for_them(registry, tmp_path):
    (tmp_path / "closed.csv").write_text("sixsix")
    found = outcomes(registry, folder=tmp_path)
    assert found["closed"].comparison.figures["num_letters"] == 6
    assert found["closed"].source == "Run now on closed.csv."
    assert (found["open"].source, found["open"].cause) == ("Not run: needs open.csv.", "")
    assert found["slow"].command == "python validation/slow.py"
    (tmp_path / "closed.csv").unlink()
    assert outcomes(registry, folder=tmp_path)["closed"].source == "Not run: needs closed.csv."


def test_own_data_may_have_another_of_the_names(tmp_path):
    (tmp_path / "reference.csv").write_text("five!")
    two = entry("two", data=("mine.csv", "reference.csv"))
    assert outcomes({"two": two}, folder=tmp_path)["two"].source == "Run now on reference.csv."
    (tmp_path / "mine.csv").write_text("x")
    assert outcomes({"two": two}, folder=tmp_path)["two"].source == "Run now on mine.csv."


def test_a_slow_one_runs_on_own_data(tmp_path):
    (tmp_path / "own.csv").write_text("x")
    slow = entry("own", slow=True, data=("own.csv",), cause="Of the shipped data only.")
    assert outcomes({"own": slow}, folder=tmp_path)["own"].source == "Run now on own.csv."
    assert outcomes({"own": slow}, folder=tmp_path)["own"].cause == ""


@pytest.mark.parametrize(
    ("names", "folder", "message"),
    [
        (["opne"], None, r"no comparison is called 'opne'; did you mean 'open'\? known: open, closed, absent, "),
        (["zzz"], None, r"no comparison is called 'zzz'; known: open"),
        (["absent"], None, r"absent: needs absent.csv, which is not shipped; give its folder with --data"),
        (["closed"], None, r"closed: needs closed.csv, which is not shipped \(its licence forbids it\); give its f"),
        (["open"], "", r"open: needs open.csv, which is not in .*; put it there"),
        ([], "none", r"none is not a folder; give the one that holds the data files with --data"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_runs(registry, tmp_path, names, folder, message):
    place = None if folder is None else tmp_path / folder
    with pytest.raises(InputError, match=message):
        plan(registry, names, place)


def test_a_result_of_another_form_is_refused(registry, tmp_path):
    (tmp_path / "package" / "results" / "slow.json").write_text('{"command": "x", "name": "slow"}')
    with pytest.raises(DataError, match=r"slow\.json: title: "):
        outcomes(registry)


def test_summaries_say_what_ran_and_what_did_not(registry):
    found = outcomes(registry)
    shared = {"target": {"mean_error": "<= 0.05"}, "met": True}
    assert found["open"].summary() == {"name": "fake", "figures": {"num_letters": 4, "mean_error": 0.03}} | shared
    assert found["slow"].summary()["committed"] == "python validation/slow.py"
    assert found["absent"].summary() == {
        "name": "absent",
        "figures": {},
        "target": {},
        "met": None,
        "needs": "absent.csv",
    }


def test_the_page_gets_targets_first_and_every_case(registry):
    found = outcomes(registry)
    shown = judged(found["open"])
    assert [figure.name for figure in shown.figures] == ["mean_error", "num_letters"]
    assert (shown.figures[0].target, shown.figures[0].met, shown.figures[1].met) == ("at most 5 %", True, None)
    assert (shown.title, shown.cause, shown.status) == ("Fake against nothing", "Rounding.", "met")
    assert shown.cases[0].error == pytest.approx(0.03)
    absent = judged(found["absent"])
    assert (absent.title, absent.status, absent.source) == (
        "absent against nothing",
        "not run",
        found["absent"].source,
    )


@pytest.mark.parametrize("name", QUICK)
def test_committed_figures_are_those_of_the_code(name):
    """A change of the model, of a comparison or of its data that moves a figure has to commit the new result."""
    (job,) = [job for job in plan(COMPARISONS, [], None) if job.entry.name == name]
    outcome = job.outcome()
    assert outcome.comparison is not None
    assert outcome.comparison.name == name
    if not outcome.command:
        found = committed_result(name)
        assert found is not None, f"commit validation/results/{name}.json"
        assert outcome.comparison.figures == pytest.approx(found[1].figures, rel=1e-6, abs=1e-9)
        assert outcome.comparison.targets == found[1].targets


def test_committed_ratios_of_one_array_are_those_of_the_code(tmp_path):
    """One network on one array; a third board, which the comparison asks for, is the first one again."""
    data = shipped("data", COMPARISONS["chaidnn"].data[0])
    head, *rows = [row for row in data.read_text().splitlines() if not row.startswith("#")]
    kept = [row for row in rows if ",128," in row and ",AlexNet," in row]
    kept += [row.replace("ZU9,", "again,") for row in kept if row.startswith("ZU9,")]
    (tmp_path / data.name).write_text("\n".join([head, *kept]) + "\n")
    ours = {point.group: point for point in COMPARISONS["chaidnn"].compare(tmp_path / data.name).points}
    assert list(ours) == ["ZU9", "ZU7", "again"]
    for committed in committed_result("chaidnn")[1].points:
        if committed.name == "AlexNet 128 DSP":
            assert ours[committed.group].model == pytest.approx(committed.model)
            assert ours[committed.group].reference == committed.reference


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_comparison_has_its_script_and_its_words(name):
    one = COMPARISONS[name]
    assert (ROOT / "validation" / f"{name}.py").is_file()
    assert one.cause.endswith(".")
    assert not one.title.endswith(".")
    assert "\n" not in one.cause + one.title
    if one.data:
        assert any(shipped("data", other) for other in one.data) != bool(one.unshipped)
    if one.slow or one.unshipped:
        assert shipped("results", f"{name}.json")


def test_the_documentation_quotes_the_committed_results():
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert committed_report(COMPARISONS) in page, "run python validation/accuracy_page.py"


def test_the_report_has_a_row_and_a_section_each_with_or_without_a_result(registry):
    text = committed_report(registry)
    rows = text.splitlines()[2 : 2 + len(registry)]
    assert rows[0] == "| [`open`](#open) | open against nothing | no result yet |"
    assert rows[1] == "| [`closed`](#closed) | Fake against nothing | met |"
    assert "\n### open\n\nopen against nothing.\n\nNo result yet.\n" in text
    assert "\n### closed\n\nFake against nothing.\n\n| figure |" in text
    assert text.count("| mean error | 3 % | at most 5 % | met |\n") == 2
    assert text.count("\n### ") == len(registry)


def test_a_wheel_puts_the_files_where_they_are_looked_for():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["only-include"] == ["src/cosearch", "validation/data", "validation/results"]
    assert wheel["sources"] == {"src": "", "validation": "cosearch/validate"}
    assert shipped("results", "zhang.json") == RESULTS / "zhang.json"

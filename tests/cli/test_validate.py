"""`cosearch validate` as a user types it; most of it in this process, since starting one takes seconds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cosearch.cli.validate import validate_command
from cosearch.errors import InputError
from cosearch.validate import COMPARISONS

BOARD = """\
network,layer,N_in,M_out,R_out,K,S,sets,Tm,Tn,measured_ms
tiny,one,16,16,13,3,1,1,8,8,0.1
"""


@pytest.fixture
def validate(monkeypatch, tmp_path) -> Callable[..., int]:
    """The command's function, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*names: str, data: str | None = None, out: str | None = None, quiet: bool = True, as_json: bool = False):
        place, page = (None if one is None else Path(one) for one in (data, out))
        return validate_command(list(names), place, page, quiet=quiet, as_json=as_json)

    return run


def test_one_line_of_json_a_comparison_and_one_page(command, tmp_path):
    page = tmp_path / "deep" / "page.html"
    result = command("validate", "multi_clp", "zhang", "--json", "--out", page)
    assert (result.returncode, result.stderr) == (0, "")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["name"] for line in lines] == ["multi_clp", "zhang"]
    assert lines[0]["figures"]["wrong_cycles"] == 0
    assert lines[1]["target"] == {"mean_error": "<= 0.06", "worst_error": "<= 0.1"}
    assert all(line["met"] is True for line in lines)
    text = page.read_text(encoding="utf-8")
    assert "How wrong is the model?" in text
    assert 'id="zhang"' in text
    assert 'id="gemmini"' not in text


def test_a_missed_target_on_own_data_is_a_result(validate, capsys, tmp_path):
    (tmp_path / "zhang15_alexnet_vc707.csv").write_text(BOARD)
    assert validate("zhang", data=".", quiet=False) == 0
    said = capsys.readouterr()
    assert "NO" in said.out
    assert said.out.endswith("page: runs/validation.html\n")
    assert "1/1" in said.err
    assert "✗ missed" in (tmp_path / "runs" / "validation.html").read_text(encoding="utf-8")


def test_quiet_says_nothing(validate, capsys, tmp_path):
    assert validate("multi_clp") == 0
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "runs" / "validation.html").is_file()


def test_an_unknown_name_is_one_clear_line(command, tmp_path):
    result = command("validate", "zang", "--out", tmp_path / "page.html")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("cosearch: error: no comparison is called 'zang'; did you mean 'zhang'? known: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("data", "out", "message"),
    [
        ("empty", None, r"^zhang: needs zhang15_alexnet_vc707.csv, which is not in empty; put it there$"),
        ("none", None, r"^none is not a folder; give the one that holds the data files with --data$"),
        (None, "broken/zhang15_alexnet_vc707.csv/page.html", r"^cannot make broken/zhang15_alexnet_vc707.csv: "),
        (None, "empty", r"^cannot write empty: "),
        ("broken", None, r"^zhang15_alexnet_vc707.csv:2: measured_ms='fast' is not a number"),
    ],
)
def test_bad_input_is_an_error_with_the_way_out(validate, tmp_path, data, out, message):
    for folder in ("empty", "broken"):
        (tmp_path / folder).mkdir()
    (tmp_path / "broken" / "zhang15_alexnet_vc707.csv").write_text(BOARD.replace("0.1", "fast"))
    with pytest.raises(InputError, match=message):
        validate("zhang", data=data, out=out)
    assert not list(tmp_path.rglob("*.html"))


def test_without_a_name_nothing_is_dropped(validate, capsys):
    assert validate(data=".", as_json=True, out="page.html") == 0
    lines = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert list(lines) == list(COMPARISONS)
    assert lines["zhang"] | {"needs": ""} == {"name": "zhang", "figures": {}, "target": {}, "met": None, "needs": ""}
    assert lines["zhang"]["needs"] == "zhang15_alexnet_vc707.csv"

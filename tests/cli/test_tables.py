import io
from pathlib import Path

from cosearch.cli.tables import design_tables, infeasible_table, show
from cosearch.design import Infeasible, Limit, Relaxation, load_design

GOLDEN = Path(__file__).parents[1] / "design" / "golden" / "design.json"


def test_names_are_no_markup_and_limits_keep_their_digits(capsys):
    limit = Limit(metric="fps", op=">=", limit=1234567.5)
    design = load_design(GOLDEN).model_copy(update={"recipe": "a[red]b :smile:", "limits": (limit.judge(2e6),)})
    show(design_tables(design))
    printed = capsys.readouterr().out
    assert "network (a[red]b :smile:)" in printed
    assert "fps>=1234567.5 images/s" in printed


def _infeasible(reason):
    limit = Limit(metric="dsp", op="<=", limit=1)
    return Infeasible(
        status="not_found",
        binding="dsp<=1",
        relaxations=(Relaxation(limit=limit, sufficient=None),),
        joint_factor=2.0,
        reason=reason,
    )


def test_a_pipe_gets_unbroken_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    reason = "so long a sentence [of many words] " * 10
    show(infeasible_table(_infeasible(reason)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].rstrip() == f"not found: {reason}".rstrip()
    assert any("every limit loosened by a factor of 2" in line for line in lines)


def test_a_terminal_gets_lines_of_its_width(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")  # 80 columns, no escape codes
    show(infeasible_table(_infeasible("so long a sentence " * 10)))
    assert max(map(len, terminal.getvalue().splitlines())) <= 80

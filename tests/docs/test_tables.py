"""Tables in the documentation are those of the committed results."""

import sys
from pathlib import Path

import pytest
from benchmarks.joint_study.tables import all_tables

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])


@pytest.mark.usefixtures("scripts")
def test_engines_compared() -> None:
    from benchmarks import engines

    assert engines.table() in page("engines_compared.md")


@pytest.mark.usefixtures("scripts")
def test_boards() -> None:
    from benchmarks import boards

    assert boards.table() in page("boards.md")
    assert boards.searched_table() in page("boards.md")
    assert boards.published_table() in page("boards.md")


def test_estimators() -> None:
    from benchmarks import code_gradients

    assert code_gradients.table() in page("estimators.md")


def test_choosing() -> None:
    for name, table in all_tables().items():
        assert table in page("choosing.md"), name


def test_arrays_within_eyeriss_budget() -> None:
    from benchmarks import eyeriss_budget

    assert eyeriss_budget.table() in page("arrays_engine.md")

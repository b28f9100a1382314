"""A few of the random spaces and requests on which the exact engine is held against brute force."""

import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "benchmarks"), *sys.path])
    import exact_engine

    return exact_engine


def test_the_engine_agrees_with_brute_force(benchmark: ModuleType) -> None:
    found = benchmark.compare_spaces(5, seed=11)
    assert found["wrong"] == []
    assert found["agree"] == 5
    assert len(found["by_rule"]) >= 3
    assert len(found["by_metric"]) >= 5


def test_relaxations_of_impossible_requests_are_enough_and_tight(benchmark: ModuleType) -> None:
    found = benchmark.compare_requests(2, seed=11)
    assert found == {"requests": 2, "proved": 2, "joint_factor_tight": 2, "alone_tight": 2}

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
    found = benchmark.compare_spaces(3, seed=11)
    assert found["wrong"] == []
    assert found["agree"] == 3
    assert len(found["by_rule"]) >= 2
    assert len(found["by_metric"]) >= 3


def test_relaxations_of_impossible_requests_are_enough_and_tight(benchmark: ModuleType) -> None:
    found = benchmark.compare_requests(1, seed=11)
    assert found == {"requests": 1, "proved": 1, "joint_factor_tight": 1, "alone_tight": 1}

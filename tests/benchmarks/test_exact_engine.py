"""A few of the random spaces and requests on which the exact engine is held against brute force."""

from benchmarks.exact_engine import compare_requests, compare_spaces


def test_the_engine_agrees_with_brute_force() -> None:
    found = compare_spaces(5, seed=11)
    assert found["wrong"] == []
    assert found["agree"] == 5
    assert len(found["by_rule"]) >= 3


def test_relaxations_of_impossible_requests_are_enough_and_tight() -> None:
    found = compare_requests(2, seed=11)
    assert found == {"requests": 2, "proved": 2, "joint_factor_tight": 2, "alone_tight": 2}

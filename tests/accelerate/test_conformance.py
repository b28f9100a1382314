"""What every engine must do. A new engine adds a subclass of `EngineConformance` and inherits the tests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cosearch.accelerate import (
    AbstractEngine,
    Bayesian,
    Budget,
    DesignTable,
    Differentiable,
    EngineResult,
    Evolutionary,
    Exact,
    Problem,
    Random,
)
from cosearch.cost import evaluate
from cosearch.design import Limit, parse_limits
from cosearch.errors import RecipeError
from cosearch.hardware import load_platform
from cosearch.workload import Workload

EVALUATIONS = 400


def _metrics(problem: Problem, designs: dict[int, int]) -> dict[str, float]:
    """Metrics of chosen designs, from the table's own entries."""
    table = problem.table
    cycles = [float(problem.cycles[place][designs[index]]) for place, index in enumerate(problem.used)]
    sums = sum(table.classes[index].resources[row] for index, row in designs.items())
    assert (sums <= table.budget).all()
    return {
        "fps": table.clock_hertz / max(cycles),
        "latency_seconds": sum(cycles) / table.clock_hertz,
        **dict(zip(("dsp", "bram18", "uram", "lut"), (float(s) for s in sums), strict=False)),
    }


class EngineConformance:
    def engine(self) -> AbstractEngine:
        raise NotImplementedError

    def run(self, problem: Problem, seed: int = 0, evaluations: int = EVALUATIONS) -> EngineResult:
        return self.engine().run(problem, seed=seed, budget=Budget(evaluations=evaluations))

    @pytest.mark.parametrize("objective", ["fps", "latency_seconds", "lut"])
    def test_replays_from_its_seed(self, objective: str, make_problem: Callable[..., Problem]) -> None:
        for seed in range(4):
            first = self.run(make_problem(seed, 3, 20, objective=objective), seed=seed)
            assert first == self.run(make_problem(seed, 3, 20, objective=objective), seed=seed)
            assert first.status == "feasible"

    @pytest.mark.parametrize("evaluations", [1, 2, 3, 7, 50, 59, 60, 61, 1000])
    def test_keeps_its_budget_of_evaluations(self, evaluations: int, make_problem: Callable[..., Problem]) -> None:
        result = self.run(make_problem(1, 3, 20), evaluations=evaluations)
        assert result.evaluations <= evaluations
        assert [entry.evaluations for entry in result.history] == sorted({e.evaluations for e in result.history})

    def test_keeps_its_budget_of_seconds(self, make_problem: Callable[..., Problem]) -> None:
        result = self.engine().run(make_problem(1, 3, 20), seed=0, budget=Budget(seconds=0.05))
        assert result.status in ("feasible", "not_found")

    @pytest.mark.parametrize(
        "limits",
        [(), ("fps>=8000",), ("dsp<=120", "latency_seconds<=4e-4"), ("fps>=5000", "lut<=9000", "bram18<=150")],
    )
    @pytest.mark.parametrize("objective", ["fps", "latency_seconds", "dsp"])
    def test_returns_nothing_infeasible_as_feasible(
        self, limits: tuple[str, ...], objective: str, make_problem: Callable[..., Problem]
    ) -> None:
        found = 0
        for seed in range(6):
            problem = make_problem(seed, 3, 20, limits, objective=objective)
            result = self.run(problem)
            if result.status != "feasible":
                assert (result.value, result.designs, result.accelerator) == (None, None, None)
                continue
            found += 1
            assert result.designs is not None
            metrics = _metrics(problem, result.designs)
            assert all(limit.met_by(metrics[limit.metric]) for limit in problem.limits)
            assert result.value == metrics[objective]
            assert result.history[-1].value == result.value
        assert found > 0

    def test_never_beats_a_certified_optimum(self, make_problem: Callable[..., Problem]) -> None:
        for seed in range(10):
            problem = make_problem(seed, 2, 30)
            best = Exact().run(problem, seed=0, budget=Budget())
            result = self.run(problem)
            if result.value is not None:
                assert best.value is not None
                assert result.value <= best.value
            if result.certified:
                assert result.value == best.value == result.bound

    @pytest.mark.parametrize("limits", [("dsp<=0",), ("fps>=1e9",), ("latency_seconds<=1e-8",)])
    def test_finds_nothing_where_there_is_nothing(
        self, limits: tuple[str, ...], make_problem: Callable[..., Problem]
    ) -> None:
        result = self.run(make_problem(0, 2, 20, limits))
        assert result.status in ("infeasible", "not_found")
        assert bool(result.reason) == (result.status == "infeasible")

    def test_its_accelerator_runs_the_network(self, lenet: Workload, lenet_table: DesignTable) -> None:
        problem = Problem.of(lenet_table, lenet, limits=parse_limits(["dsp<=40"]))
        result = self.run(problem)
        assert result.accelerator is not None
        predicted = evaluate(lenet, result.accelerator, load_platform("zc706"))
        assert predicted.fps == result.value
        assert predicted.dsp <= 40

    def test_without_a_network_there_is_no_accelerator(self, lenet: Workload, lenet_table: DesignTable) -> None:
        problem = replace(Problem.of(lenet_table, lenet), workload=None)
        assert self.run(problem).accelerator is None
        assert self.run(problem).status == "feasible"

    def test_a_network_on_part_of_the_classes(self, make_problem: Callable[..., Problem]) -> None:
        problem = make_problem(2, 3, 20)
        counts = problem.demand.counts.copy()
        counts[3:6] = 0
        part = replace(problem, demand=replace(problem.demand, counts=counts))
        result = self.run(part)
        assert result.designs is not None
        assert sorted(result.designs) == [0, 2]


class TestExact(EngineConformance):
    def engine(self) -> AbstractEngine:
        return Exact()


class TestRandom(EngineConformance):
    def engine(self) -> AbstractEngine:
        return Random(assembles=True)


class TestEvolutionary(EngineConformance):
    def engine(self) -> AbstractEngine:
        return Evolutionary()


class TestDifferentiable(EngineConformance):
    def engine(self) -> AbstractEngine:
        return Differentiable()


class TestBayesian(EngineConformance):
    def engine(self) -> AbstractEngine:
        return Bayesian(startup=6)

    def run(self, problem: Problem, seed: int = 0, evaluations: int = 36) -> EngineResult:
        """A model of whole designs takes its time: smaller budgets than the others have."""
        return super().run(problem, seed, min(evaluations, 36))


@pytest.mark.parametrize("budget", [{"evaluations": 0}, {"seconds": -1.0}])
def test_a_budget_must_be_positive(budget: dict[str, float]) -> None:
    with pytest.raises(RecipeError, match=r"budget of (0 evaluations|-1.0 seconds); it must be positive, or none"):
        Budget(**budget)  # pyright: ignore[reportArgumentType]


def test_limits_are_exact_at_the_boundary(make_problem: Callable[..., Problem]) -> None:
    problem = make_problem(1, 2, 30)
    best = Exact().run(problem, seed=0, budget=Budget())
    assert best.value is not None
    kept = Exact().run(problem.with_limits([Limit(metric="fps", op=">=", limit=best.value)]), seed=0, budget=Budget())
    assert kept.value == best.value
    above = Limit(metric="fps", op=">=", limit=best.value * (1 + 1e-15))
    assert Exact().run(problem.with_limits([above]), seed=0, budget=Budget()).status == "infeasible"

"""The best accelerator of a given network, as a finished design, or why there is none."""

from cosearch.accelerate.engine import AbstractEngine, Budget, EngineResult
from cosearch.accelerate.explain import explain
from cosearch.accelerate.explain_runs import explain_contiguous
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.request import Request
from cosearch.accelerate.rules import solve_allocation
from cosearch.accelerate.sampling import Bayesian, Differentiable, Evolutionary, Random
from cosearch.accelerate.space import SHAPE_RULES
from cosearch.accelerate.table import DesignTable
from cosearch.accelerate.table_question import TableQuestion
from cosearch.cost import evaluate, metric_values
from cosearch.design import Accuracy, Design, EngineRecord, GivenNetwork, Infeasible, Predicted, Relaxation
from cosearch.errors import RecipeError
from cosearch.hardware import Accelerator
from cosearch.simulate import simulate_accelerator
from cosearch.workload import Workload

ENGINES: dict[str, type[AbstractEngine]] = {
    "differentiable": Differentiable,
    "random": Random,
    "evolutionary": Evolutionary,
    "bayesian": Bayesian,
}
"""Engines that sample, by the names users know."""

SAMPLED_SHARE = 0.05
"""Of the designs of a space, what an engine that samples may price unless a user says otherwise."""


def accelerate(workload: Workload, request: Request, layers_sha256: str) -> Design | Infeasible:
    """Answer a request.

    Args:
        workload: The network.
        request: What is asked.
        layers_sha256: Of the file that keeps the network beside the design.

    Raises:
        RecipeError: for an objective or a limit that the allocation rule cannot handle.
        HardwareError: if the space cannot run the network on the platform.
    """
    result = _solve(workload, request)
    if result.accelerator is None:
        return why(workload, request, result)
    predicted = predict(workload, request, result.accelerator)
    return finished_design(workload, request, result, predicted, layers_sha256)


def predict(workload: Workload, request: Request, accelerator: Accelerator) -> Predicted:
    """What the cost model says of an accelerator, held against the executable specification."""
    predicted = evaluate(workload, accelerator, request.platform)
    trace = simulate_accelerator(workload, accelerator)
    # One contract, written down twice: a difference is a mistake of ours, never of the design.
    assert trace.period_cycles == predicted.period_cycles, (trace.period_cycles, predicted.period_cycles)
    return predicted


def finished_design(
    workload: Workload, request: Request, result: EngineResult, predicted: Predicted, layers_sha256: str
) -> Design:
    """What an engine found, as it is written to disk.

    Args:
        workload: The network.
        request: What was asked.
        result: With an accelerator.
        predicted: Of that accelerator.
        layers_sha256: Of the file that keeps the network beside the design.
    """
    assert result.accelerator is not None
    values = metric_values(predicted)
    return Design(
        recipe=request.model,
        seed=request.seed,
        status="feasible",
        network=GivenNetwork(source=request.model, num_layers=len(workload.layers), layers_sha256=layers_sha256),
        accelerator=result.accelerator,
        predicted=predicted,
        limits=tuple(limit.judge(values[limit.metric]) for limit in request.parsed_limits()),
        engine=EngineRecord(
            name=request.engine,
            objective=request.objective,
            certified=result.certified,
            gap=result.gap,
            scope=scope_of(request),
        ),
        accuracy=Accuracy(),
    )


def scope_of(request: Request) -> str:
    """What a proof is about."""
    return f"closed form, declared space, allocation by {request.space.allocation}"


def _solve(workload: Workload, request: Request) -> EngineResult:
    if request.engine == "exact":
        return solve_allocation(
            workload,
            request.platform,
            request.space,
            clock_hertz=request.clock_hertz,
            objective=request.objective,
            limits=request.parsed_limits(),
            seconds=request.seconds,
            seed=request.seed,
        )
    if request.space.allocation not in SHAPE_RULES:
        raise RecipeError(
            f"engine {request.engine} needs an allocation that a layer's shape decides, {request.space.allocation} "
            f"does not; take one of {', '.join(SHAPE_RULES)}, or engine exact"
        )
    problem = problem_of(workload, request)
    number = sum(len(problem.table.classes[index].designs) for index in problem.used)
    budget = Budget(evaluations=request.evaluations or max(2, round(SAMPLED_SHARE * number)), seconds=request.seconds)
    return ENGINES[request.engine]().run(TableQuestion(problem), seed=request.seed, budget=budget)


def problem_of(workload: Workload, request: Request) -> Problem:
    """The request on a table of all designs that fit the platform."""
    table = DesignTable.build(workload.layers, request.space, request.platform, request.clock_hertz, prune=False)
    return Problem.of(table, workload, request.objective, request.parsed_limits())


def why(workload: Workload, request: Request, result: EngineResult) -> Infeasible:
    """What would be enough, where it can be proved; where the allocation is searched, the proof alone."""
    limits = request.parsed_limits()
    if result.status == "infeasible" and request.space.allocation in SHAPE_RULES:
        return explain([problem_of(workload, request)])
    if result.status == "infeasible" and request.space.allocation == "contiguous":
        pool = DesignPool.build(workload, request.space, request.platform, request.clock_hertz)
        return explain_contiguous(pool, limits, request.space.max_chunks)
    reason = (
        result.reason or f"engine {request.engine} found no accelerator within its budget; raise it, or take exact"
    )
    return Infeasible(
        status="infeasible" if result.status == "infeasible" else "not_found",
        binding=limits[0].metric if len(limits) == 1 else "not known",
        relaxations=tuple[Relaxation, ...](),
        joint_factor=None,
        reason=reason,
    )

"""The contiguous rule on a design table: the accelerator whose chunks run consecutive layers."""

import numpy as np

from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.contiguous import Run, least_contiguous_period
from cosearch.accelerate.engine import EngineResult
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.table import DesignTable
from cosearch.cost import best_mapping
from cosearch.errors import RecipeError
from cosearch.hardware import Accelerator, ChunkProgram, LayerProgram
from cosearch.workload import Layer, Workload


def solve_contiguous(problem: Problem, max_chunks: int, deadline: Deadline) -> EngineResult:
    """The most images a second over all cuts of a network into consecutive runs, each on a chunk of its own.

    Every chunk is one of the designs of a table of a single chunk for all layers, so all have the width of the widest
    layer. Certified means optimal over cuts and designs together.

    Args:
        problem: To maximise fps, with a workload, on a table whose allocation is `single`.
        max_chunks: Most runs.
        deadline: When to stop with what was found.

    Raises:
        RecipeError: for another objective or table, a bound on latency, resident weights, or without a workload.
    """
    workload = _checked(problem)
    table = problem.table
    entry = table.classes[0]
    columns = [table.column_of(layer) for layer in workload.layers]
    cycles = np.ascontiguousarray(entry.cycles[:, columns])
    found = least_contiguous_period(cycles, entry.resources, problem.budgets, max_chunks, deadline)
    evaluations = len(entry.designs)
    longest = problem.period_cycles
    if found.runs is None or found.period_cycles is None:
        status = "infeasible" if found.is_proved else "not_found"
        reason = f"no cut into at most {max_chunks} runs keeps the budgets" if found.is_proved else ""
        return EngineResult(status=status, evaluations=evaluations, reason=reason)
    if longest is not None and found.period_cycles > longest:
        is_proved = found.bound_cycles > longest
        status = "infeasible" if is_proved else "not_found"
        reason = f"no cut into at most {max_chunks} runs keeps {longest} cycles, the least is {found.bound_cycles}"
        return EngineResult(status=status, evaluations=evaluations, reason=reason if is_proved else "")
    return EngineResult(
        status="feasible",
        accelerator=_accelerator(table, workload.layers, found.runs),
        value=problem.metric("fps", found.period_cycles),
        bound=problem.metric("fps", found.bound_cycles) if found.bound_cycles > 0 else None,
        certified=found.is_proved,
        evaluations=evaluations,
    )


def _checked(problem: Problem) -> Workload:
    if problem.objective != "fps" or problem.has_latency:
        raise RecipeError("contiguous runs are found for the most fps; take that objective and do not bound latency")
    if problem.table.space.allocation != "single":
        raise RecipeError(
            f"contiguous runs need a table of one chunk for all layers, this one's allocation is "
            f"{problem.table.space.allocation}; build it with single"
        )
    if any(problem.table.space.chunk.resident_weights):
        raise RecipeError("contiguous runs stream their weights; offer resident_weights: false only")
    if problem.workload is None:
        raise RecipeError("contiguous runs need the order of the layers; give the problem its workload")
    return problem.workload


def _accelerator(table: DesignTable, layers: tuple[Layer, ...], runs: tuple[Run, ...]) -> Accelerator:
    """Each run's chunk with the best mapping of every layer."""
    entry = table.classes[0]
    chunks: list[ChunkProgram] = []
    for run in runs:
        chunk = entry.designs.chunk(run.design, entry.chunk_class)
        programs: list[LayerProgram] = []
        for layer in layers[run.start : run.stop]:
            mapping, _ = best_mapping(layer, chunk, table.port)
            programs.append(LayerProgram(name=layer.name, tile=mapping.tile, loop_order=mapping.loop_order))
        chunks.append(ChunkProgram(**dict(chunk), layers=tuple(programs)))
    return Accelerator(platform=table.platform, clock_hertz=table.clock_hertz, port=table.port, chunks=tuple(chunks))

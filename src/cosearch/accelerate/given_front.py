"""The Pareto front of a given network's accelerators, as finished designs, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import EngineResult, programmed
from cosearch.accelerate.front import FrontPoint, ParetoFront, front
from cosearch.accelerate.given import finished_design, problem_of, scope_of, why
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.request import Request
from cosearch.cost import evaluate, metric_values
from cosearch.design import METRICS, Design, Front, FrontMember, Infeasible, Limit, OpenStretch, Predicted
from cosearch.hardware import Accelerator, ChunkProgram
from cosearch.workload import Layer, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignedPoint:
    """One point of a front as a run of its own.

    Attributes:
        member: Its line in front.json.
        request: What a user would ask to get this point alone.
    """

    member: FrontMember
    request: Request
    design: Design


@dataclass(frozen=True, slots=True)
class _Built:
    """One point with its accelerator, and what the cost model says of it."""

    point: FrontPoint
    accelerator: Accelerator
    predicted: Predicted
    values: tuple[float, float]


class _Builder:
    """Builds accelerators, and a chunk that many of them share once."""

    def __init__(self, problem: Problem, workload: Workload) -> None:
        self.table = problem.table
        self._shares: dict[int, list[Layer]] = {}
        for layer in workload.layers:
            self._shares.setdefault(self.table.place(layer)[0], []).append(layer)
        self._chunks: dict[tuple[int, int], ChunkProgram] = {}

    def accelerator(self, designs: dict[int, int]) -> Accelerator:
        """That of chosen designs, by class; see `build_accelerator`."""
        table = self.table
        chunks = tuple(self._chunk(index, row) for index, row in sorted(designs.items()))
        return Accelerator(platform=table.platform, clock_hertz=table.clock_hertz, port=table.port, chunks=chunks)

    def _chunk(self, index: int, row: int) -> ChunkProgram:
        if (index, row) not in self._chunks:
            entry = self.table.classes[index]
            chunk = entry.designs.chunk(row, entry.chunk_class)
            self._chunks[index, row] = programmed(chunk, self._shares[index], self.table.port)
        return self._chunks[index, row]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFront:
    """A front of some network; its accelerators are built when they are asked for.

    Attributes:
        workload: The network.
        request: What was asked.
        problem: The same on a table.
        found: The front, in rows of that table.
    """

    workload: Workload
    request: Request
    problem: Problem
    found: ParetoFront

    def designed(self, layers_sha256: str) -> list[DesignedPoint]:
        """The points as designs, in order.

        The engine rounds energies up to quanta, so it can tell points apart that are equal; one that
        another matches in both predicted values is left out. The executable specification is not asked: `check` does.

        Args:
            layers_sha256: Of the file that keeps the network beside each design.
        """
        builder = _Builder(self.problem, self.workload)
        built = [self._built(point, builder.accelerator(point.designs)) for point in self.found.points]
        kept = [one for one in built if not any(self._betters(other, one) for other in built)]
        width = max(2, len(str(len(kept))))
        return [
            self._designed(one, f"front/{number:0{width}}", layers_sha256) for number, one in enumerate(kept, start=1)
        ]

    def record(self, points: Sequence[DesignedPoint]) -> Front:
        """The front as it is written to disk.

        Args:
            points: All of them, in order.
        """
        return Front(
            recipe=self.request.model,
            objectives=self.found.objectives,
            certified=self.found.is_whole,
            scope=scope_of(self.request),
            front=tuple(point.member for point in points),
            gaps=tuple(
                OpenStretch(better_in_first=self._named(gap.first), better_in_second=self._named(gap.second))
                for gap in self.found.gaps
            ),
        )

    def _built(self, point: FrontPoint, accelerator: Accelerator) -> _Built:
        predicted = evaluate(self.workload, accelerator, self.request.platform)
        first, second = (metric_values(predicted)[name] for name in self.found.objectives)
        return _Built(point, accelerator, predicted, (first, second))

    def _betters(self, one: _Built, other: _Built) -> bool:
        """Whether one is at least as good as the other in both objectives and better in one, or comes first."""
        mine, its = self._losses(one), self._losses(other)
        if mine == its:
            return self.found.points.index(one.point) < self.found.points.index(other.point)
        return all(a <= b for a, b in zip(mine, its, strict=True))

    def _losses(self, one: _Built) -> list[float]:
        pairs = zip(self.found.objectives, one.values, strict=True)
        return [-value if METRICS[name].more_is_better else value for name, value in pairs]

    def _designed(self, one: _Built, folder: str, layers_sha256: str) -> DesignedPoint:
        asked = self._asked(one)
        result = EngineResult(
            status="feasible",
            accelerator=one.accelerator,
            value=one.values[0],
            bound=one.values[0],
            certified=True,
        )
        return DesignedPoint(
            member=FrontMember(values=self._named(one.values), certified=True, folder=folder),
            request=asked,
            design=finished_design(self.workload, asked, result, one.predicted, layers_sha256),
        )

    def _asked(self, one: _Built) -> Request:
        """The best of the first objective where the second is no worse than engine and cost model say it is."""
        first, second = self.found.objectives
        others = [limit for limit in self.request.parsed_limits() if limit.metric != second]
        seen = (one.values[1], one.point.values[1])
        bound = (
            Limit(metric=second, op=">=", limit=min(seen))
            if METRICS[second].more_is_better
            else Limit(metric=second, op="<=", limit=max(seen))
        )
        update = {
            "objective": first,
            "limits": tuple(str(limit) for limit in (*others, bound)),
            "front": (),
            "points": None,
            "seconds": None,
        }
        return self.request.model_copy(update=update)

    def _named(self, values: tuple[float, float]) -> dict[str, float]:
        return dict(zip(self.found.objectives, values, strict=True))


def accelerate_front(workload: Workload, request: Request) -> GivenFront | Infeasible:
    """Answer a request for a front.

    Args:
        workload: The network.
        request: What is asked; its front names two metrics.

    Raises:
        RecipeError: for a metric or a limit that the engine cannot handle.
        HardwareError: if the space cannot run the network on the platform.
    """
    deadline = Deadline.after(request.seconds)
    problem = problem_of(workload, request)
    found = front(problem, request.front, points=request.points, deadline=deadline)
    if found.status == "feasible":
        return GivenFront(workload=workload, request=request, problem=problem, found=found)
    reason = found.reason or "the two ends of the front were not proved in time; give it more seconds"
    return why(workload, request, EngineResult(status=found.status, reason=reason))

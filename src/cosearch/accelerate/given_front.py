"""The Pareto front of a given network's accelerators, as finished designs, or why there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import EngineResult, build_accelerator
from cosearch.accelerate.front import FrontPoint, ParetoFront, front
from cosearch.accelerate.given import finished_design, predict, problem_of, scope_of, why
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.request import Request
from cosearch.cost import metric_values
from cosearch.design import METRICS, Design, Front, FrontMember, Infeasible, Limit, OpenStretch, Predicted
from cosearch.workload import Workload


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

    def designed(self, layers_sha256: str) -> Iterator[DesignedPoint]:
        """The points, one after another.

        Args:
            layers_sha256: Of the file that keeps the network beside each design.
        """
        width = max(2, len(str(len(self.found.points))))
        for number, point in enumerate(self.found.points, start=1):
            yield self._designed(point, f"front/{number:0{width}}", layers_sha256)

    def record(self, members: Sequence[FrontMember]) -> Front:
        """The front as it is written to disk.

        Args:
            members: Of all points, in order.
        """
        first, second = self.found.objectives
        return Front(
            recipe=self.request.model,
            objectives=self.found.objectives,
            certified=self.found.is_whole,
            scope=scope_of(self.request),
            front=tuple(members),
            gaps=tuple(
                OpenStretch(
                    better_in_first={first: gap.first[0], second: gap.first[1]},
                    better_in_second={first: gap.second[0], second: gap.second[1]},
                )
                for gap in self.found.gaps
            ),
        )

    def _designed(self, point: FrontPoint, folder: str, layers_sha256: str) -> DesignedPoint:
        first, second = self.found.objectives
        accelerator = build_accelerator(self.problem, point.designs)
        assert accelerator is not None
        predicted = predict(self.workload, self.request, accelerator)
        values = metric_values(predicted)
        asked = self._asked(predicted)
        result = EngineResult(
            status="feasible",
            accelerator=accelerator,
            value=values[first],
            bound=values[first],
            certified=True,
        )
        return DesignedPoint(
            member=FrontMember(values={first: values[first], second: values[second]}, certified=True, folder=folder),
            request=asked,
            design=finished_design(self.workload, asked, result, predicted, layers_sha256),
        )

    def _asked(self, predicted: Predicted) -> Request:
        """The best of the first objective where the second is no worse than it is."""
        first, second = self.found.objectives
        others = [limit for limit in self.request.parsed_limits() if limit.metric != second]
        op = ">=" if METRICS[second].more_is_better else "<="
        bound = Limit(metric=second, op=op, limit=metric_values(predicted)[second])
        update = {
            "objective": first,
            "limits": tuple(str(limit) for limit in (*others, bound)),
            "front": (),
            "points": None,
            "seconds": None,
        }
        return self.request.model_copy(update=update)


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
    reason = found.reason or "engine exact proved no point of the front in its time; give it more"
    return why(workload, request, EngineResult(status=found.status, reason=reason))

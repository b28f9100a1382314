"""Recompute a front: every point's design, and that the list says what the designs do."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from cosearch.check.compare import Difference, compare
from cosearch.check.design import CheckReport, check_run
from cosearch.cost import metric_values
from cosearch.design import METRICS, Design, Front, GivenNetwork, RunFolder, load_design, load_front
from cosearch.search import file_hash, workload_of_run
from cosearch.workload import Workload


def check_front(folder: RunFolder) -> CheckReport:
    """Recompute the designs of a front, hold its values against theirs, and no point against a better one.

    That nothing of the front is missing is the engine's proof; it is not repeated here.

    Raises:
        DesignError: if front.json or a design cannot be read.
        RunError: if a file of a point is missing.
    """
    front = load_front(folder.front)
    differences: list[Difference] = []
    num_compared = 0
    read_network = _reader()
    for place, member in enumerate(front.front):
        own = RunFolder(folder.path / member.folder)
        report = check_run(own, read_network)
        differences += [replace(d, where=f"{member.folder}: {d.where}") for d in report.differences]
        values = metric_values(load_design(own.design).predicted)
        wanted = {name: values[name] for name in front.objectives}
        differences += compare(member.values, wanted, where=f"front[{place}].values", source="the point's design")
        num_compared += report.num_compared + len(wanted)
    differences += _beaten(front)
    return CheckReport(tuple(differences), num_compared, (f"front: {len(front.front)} points",))


def _reader() -> Callable[[RunFolder, Design], Workload]:
    """Reads networks, and equal files once: all points of a front have the same."""
    known: dict[str, Workload] = {}

    def read(folder: RunFolder, design: Design) -> Workload:
        network = design.network
        sha256 = file_hash(folder.layers) if folder.layers.is_file() else ""
        if sha256 not in known or not isinstance(network, GivenNetwork) or network.layers_sha256 != sha256:
            known[sha256] = workload_of_run(folder, design)
        return known[sha256]

    return read


def _beaten(front: Front) -> list[Difference]:
    """Points that do not get strictly worse in the first objective and strictly better in the second."""
    signs = [-1 if METRICS[name].more_is_better else 1 for name in front.objectives]
    losses = [[s * m.values[n] for s, n in zip(signs, front.objectives, strict=True)] for m in front.front]
    return [
        Difference(f"front[{place}]", "a point of the front", "one that its neighbour betters", "the order of points")
        for place, (before, after) in enumerate(pairwise(losses), start=1)
        if not (before[0] < after[0] and before[1] > after[1])
    ]

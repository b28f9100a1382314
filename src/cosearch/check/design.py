"""Recompute a run's design.json: derived numbers from integers, choices from the record, limits from the recipe."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from cosearch.check.compare import Difference, compare
from cosearch.cost import evaluate, metric_values
from cosearch.design import Design, EventLog, RunFolder, load_design
from cosearch.errors import InputError, RunError
from cosearch.hardware import load_platform
from cosearch.network import workload_of
from cosearch.records import read_json
from cosearch.search import CHOSEN_EVENT, chosen_part, load_recipe
from cosearch.simulate import simulate_accelerator
from cosearch.workload import Workload


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was compared, and what differs."""

    differences: tuple[Difference, ...]
    num_compared: int
    lines: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for machines."""
        return {
            "agrees": not self.differences,
            "num_compared": self.num_compared,
            "differences": [asdict(difference) for difference in self.differences],
            "notes": list(self.lines),
        }


def check_run(folder: RunFolder) -> CheckReport:
    """Recompute every number of a run's design.

    Chosen values (blocks, bits, chunks, tiles, loop orders, accuracies) are held against the run's record in
    events.jsonl and the weights' hash, limits against the recipe, derived numbers against the closed form in
    integers; the executable specification then runs the design and its own period is reported.

    Raises:
        DesignError: if design.json cannot be read.
        RunError: if the run's other files are missing.
    """
    design = load_design(folder.require(folder.design, "search"))
    written = read_json(folder.design, RunError)
    recorded = _record(folder)
    differences = compare(chosen_part(written), recorded["chosen"], where="", source="the run's record")
    differences += _check_weights(folder, recorded)
    differences += _check_limits(folder, design)
    lines: list[str] = []
    try:
        workload = workload_of(design.network.space, design.network.blocks)
        design.accelerator.check(workload)
    except InputError as error:
        differences.append(Difference("accelerator", "a design that cannot run", str(error), "the hardware's rules"))
    else:
        differences += _check_derived(design, written, workload)
        lines += _simulate(design, workload)
    return CheckReport(tuple(differences), _count_leaves(written), tuple(lines))


def _record(folder: RunFolder) -> dict[str, Any]:
    events = EventLog(folder.require(folder.events, "search")).read()
    for event in reversed(events):
        if event["event"] == CHOSEN_EVENT:
            return event
    raise RunError(f"{folder.events} holds no chosen design; finish the run with `cosearch search`")


def _check_weights(folder: RunFolder, recorded: dict[str, Any]) -> list[Difference]:
    """The weights the accuracies were measured with are the ones in the folder."""
    weights = folder.require(folder.weights, "train")
    found = sha256(weights.read_bytes()).hexdigest()
    return compare(found, recorded["weights_sha256"], where=weights.name, source="the run's record")


def _check_limits(folder: RunFolder, design: Design) -> list[Difference]:
    recipe = load_recipe(str(folder.require(folder.recipe, "search")))
    values = metric_values(design.predicted)
    expected = [limit.judge(values[limit.metric]).model_dump(mode="json") for limit in recipe.parsed_limits()]
    found = [limit.model_dump(mode="json") for limit in design.limits]
    if len(found) != len(expected):
        return [Difference("limits", len(found), len(expected), "the recipe, in number of limits,")]
    return compare(found, expected, where="limits", source="the recipe with the predicted values")


def _check_derived(design: Design, written: dict[str, Any], workload: Workload) -> list[Difference]:
    platform = load_platform(design.accelerator.platform)
    predicted = evaluate(workload, design.accelerator, platform).model_dump(mode="json")
    return compare(written["predicted"], predicted, where="predicted", source="the closed form")


def _simulate(design: Design, workload: Workload) -> list[str]:
    """The executable specification on the design: how far the closed form is from it, and the limits there."""
    trace = simulate_accelerator(workload, design.accelerator)
    closed = design.predicted.period_cycles
    lines = [
        f"specification: {trace.period_cycles:,} cycles an image, closed form {closed:,} "
        f"({100 * (closed / trace.period_cycles - 1):+.2f} %)"
    ]
    fps = design.accelerator.clock_hertz / trace.period_cycles
    verdict = {True: "keeps", False: "BREAKS"}
    lines += [
        f"specification: {limit.metric} {fps:,.1f} {verdict[limit.met_by(fps)]} {limit.op}{limit.limit:g}"
        for limit in design.limits
        if limit.metric == "fps"
    ]
    return lines


def _count_leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_count_leaves(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_count_leaves(inner) for inner in value)
    return 1

"""Recompute a run's design.json: derived numbers from integers, choices from the record, limits from the recipe."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cosearch.accelerate import load_request
from cosearch.check.compare import Difference, compare
from cosearch.cost import evaluate, metric_values
from cosearch.design import Design, GivenNetwork, Limit, RunFolder, load_design
from cosearch.errors import InputError, RunError
from cosearch.hardware import Platform
from cosearch.records import read_json
from cosearch.search import chosen_part, file_hash, load_recipe, recorded_choice, workload_of_run
from cosearch.simulate import simulate_accelerator
from cosearch.workload import Workload

_CHANGED_RECIPE = Difference("recipe.yaml", "another recipe", "the run's own", "the manifest's hash")


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


def check_run(
    folder: RunFolder, read_network: Callable[[RunFolder, Design], Workload] = workload_of_run
) -> CheckReport:
    """Recompute every number of a run's design.

    Chosen values (blocks, bits, chunks, tiles, loop orders, accuracies) are held against the run's record in
    events.jsonl and the weights' hash, limits against the recipe or the request, derived numbers against the closed
    form in integers and, as far as time goes, against the executable specification, which runs the design.

    Args:
        folder: The run.
        read_network: What reads its network; many runs of one network need to read it once.

    Raises:
        DesignError: if design.json cannot be read.
        RunError: if the run's other files are missing.
    """
    design = load_design(folder.require(folder.design, "search"))
    written = read_json(folder.design, RunError)
    recorded = recorded_choice(folder)
    differences = compare(chosen_part(written), recorded["chosen"], where="", source="the run's record")
    is_given = isinstance(design.network, GivenNetwork)
    asked = _asked_for_given(folder) if is_given else _asked_of_recipe(folder)
    if not is_given:
        differences += _check_weights(folder, recorded)
        began = folder.load_manifest().hashes.get("recipe")
        differences += [] if file_hash(folder.recipe) == began else [_CHANGED_RECIPE]
    differences += _check_limits(design, asked)
    lines: list[str] = []
    try:
        workload = read_network(folder, design)
        predicted = evaluate(workload, design.accelerator, asked.platform).model_dump(mode="json")
    except InputError as error:
        differences.append(Difference("accelerator", "a design that cannot run", str(error), "the hardware's rules"))
    else:
        differences += compare(written["predicted"], predicted, where="predicted", source="the closed form")
        broken, lines = _simulate(design, workload)
        differences += broken
    return CheckReport(tuple(differences), _count_leaves(written), tuple(lines))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a design was asked for: the platform it is built on and the limits."""

    platform: Platform
    limits: tuple[Limit, ...]


def _asked_of_recipe(folder: RunFolder) -> _Asked:
    recipe = load_recipe(str(folder.require(folder.recipe, "search")))
    return _Asked(recipe.board()[0], recipe.parsed_limits())


def _asked_for_given(folder: RunFolder) -> _Asked:
    request = load_request(folder.require(folder.request, "accelerate"))
    return _Asked(request.platform, request.parsed_limits())


def _check_weights(folder: RunFolder, recorded: dict[str, Any]) -> list[Difference]:
    """The weights the accuracies were measured with are the ones in the folder."""
    weights = folder.require(folder.weights, "train")
    return compare(file_hash(weights), recorded["weights_sha256"], where=weights.name, source="the run's record")


def _check_limits(design: Design, asked: _Asked) -> list[Difference]:
    """The limits are those that were asked."""
    values = metric_values(design.predicted)
    expected = [limit.judge(values[limit.metric]).model_dump(mode="json") for limit in asked.limits]
    found = [limit.model_dump(mode="json") for limit in design.limits]
    if len(found) != len(expected):
        return [Difference("limits", len(found), len(expected), "the recipe, in number of limits,")]
    return compare(found, expected, where="limits", source="the recipe with the predicted values")


def _simulate(design: Design, workload: Workload) -> tuple[list[Difference], list[str]]:
    """The executable specification on the design: what it counts differently."""
    trace, clock = simulate_accelerator(workload, design.accelerator), design.accelerator.clock_hertz
    measured: dict[str, float] = {
        "period_cycles": trace.period_cycles,
        "latency_seconds": trace.latency_cycles / clock,
        "latency_loaded_seconds": trace.latency_loaded_cycles / clock,
    }
    stated = design.predicted.model_dump(include=set(measured))
    differences = compare(stated, measured, where="predicted", source="the executable specification")
    return differences, [f"specification: {trace.period_cycles:,} cycles an image"]


def _count_leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_count_leaves(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_count_leaves(inner) for inner in value)
    return 1

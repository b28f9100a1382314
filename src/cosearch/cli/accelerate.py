"""``cosearch accelerate MODEL --platform P``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from cosearch.accelerate import Request, ShadowPrice, accelerate, load_space, shadow_prices
from cosearch.cli.bits import EVERY, apply_bits, parse_bits
from cosearch.cli.conclude import conclude
from cosearch.cli.front import front_command
from cosearch.cli.results import record_result, remove_results
from cosearch.cli.tables import prices_table
from cosearch.design import Design, RunFolder, load_design
from cosearch.errors import InputError, RecipeError, RunError
from cosearch.handoff import write_layers
from cosearch.hardware import load_platform
from cosearch.records import apply_overrides, parse_record
from cosearch.search import file_hash, workload_of_run
from cosearch.workload import Workload
from cosearch.workload.importers import read_workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The arguments of the command, as they were typed."""

    model: Path
    platform: str
    bits: list[str]
    input_shape: str | None
    objective: str | None
    front: str | None
    points: int | None
    limits: list[str]
    allocation: str | None
    space: str
    overrides: list[str]
    clock_hertz: float | None
    engine: str
    seed: int
    evaluations: int | None
    seconds: float | None
    explain: bool
    out: Path | None


def accelerate_command(asked: Asked, *, quiet: bool, as_json: bool) -> int:
    """Find, write, check and report; exit 3 if the request is infeasible or nothing was found."""
    torch.set_num_threads(1)  # batches are small: more threads wait for each other
    request = _request(asked)
    workload = _network(asked)
    folder = RunFolder(asked.out or Path("runs") / f"{request.model}-{request.platform.name}")
    _begin(folder, workload, request)
    if request.front:
        return front_command(folder, workload, request, quiet=quiet, as_json=as_json)
    result = accelerate(workload, request, file_hash(folder.layers))
    record_result(folder, result)
    more = (
        [prices_table(_prices(workload, request), request.objective)]
        if asked.explain and isinstance(result, Design) and not quiet
        else []
    )
    return conclude(folder, result, quiet=quiet, as_json=as_json, more=more)


def _prices(workload: Workload, request: Request) -> tuple[ShadowPrice, ...]:
    return shadow_prices(
        workload,
        request.platform,
        request.space,
        clock_hertz=request.clock_hertz,
        objective=request.objective,
        limits=request.parsed_limits(),
    )


def _request(asked: Asked) -> Request:
    """The arguments as a record; a mistake is named by its option."""
    if asked.front is not None:
        for name, given in (("--objective", asked.objective is not None), ("--explain", asked.explain)):
            if given:
                raise InputError(f"{name} is about one accelerator and --front asks for many; give one of them")
    if asked.evaluations is not None and asked.engine == "exact":
        raise InputError("--evaluations is a budget of engines that sample; the exact engine takes --seconds")
    space: dict[str, Any] = load_space(asked.space).model_dump(mode="json")
    space = apply_overrides(space, asked.overrides, RecipeError)
    if asked.allocation is not None:
        space["allocation"] = asked.allocation
    platform = load_platform(asked.platform)
    value = {
        "model": asked.model.resolve().stem,
        "platform": platform.model_dump(mode="json"),
        "clock_hertz": asked.clock_hertz or platform.clock_hertz,
        "objective": asked.objective or "fps",
        "front": [] if asked.front is None else [name.strip() for name in asked.front.split(",")],
        "points": asked.points,
        "limits": asked.limits,
        "space": space,
        "engine": asked.engine,
        "seed": asked.seed,
        "evaluations": asked.evaluations,
        "seconds": asked.seconds,
    }
    return parse_record(Request, value, source="the request", error=RecipeError)


def _network(asked: Asked) -> Workload:
    """The network at the widths that were asked."""
    whole = [width for pattern, width in parse_bits(asked.bits) if pattern == EVERY]
    shape = None if asked.input_shape is None else _shape(asked.input_shape)
    path = asked.model
    if path.is_dir() or path.name == "design.json":
        folder = RunFolder(path if path.is_dir() else path.parent)
        if shape is not None:
            raise InputError("--input-shape: a run states its shapes; leave it out")
        network = workload_of_run(folder, load_design(folder.require(folder.design, "search")))
        return apply_bits(network, asked.bits)
    is_layer_file = path.suffix.lower() in (".yaml", ".yml")
    bits = None if is_layer_file or not whole else whole[0]
    network = read_workload(path, bits=bits, input_shape=shape)
    # An importer has given the one width to what the file does not quantise, and leaves the rest.
    return apply_bits(network, asked.bits if is_layer_file else [text for text in asked.bits if "=" in text])


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--input-shape {text}: expected whole numbers such as 1,3,224,224") from None


def _begin(folder: RunFolder, workload: Workload, request: Request) -> None:
    """What is asked, on disk before the work begins; an answer from before is taken away."""
    folder.create()
    if folder.recipe.is_file():
        raise RunError(f"{folder.path} holds a search; give another folder with --out")
    remove_results(folder)
    request.save(folder.request)
    if not write_layers(workload, folder.layers):
        raise RunError(f"{folder.layers.name} does not read back as the network of {request.model}; report this")

"""All that a run's folder holds, read once."""

from dataclasses import dataclass
from typing import Any

from cosearch.accelerate import load_request
from cosearch.design import Design, EventLog, Front, Infeasible, Manifest, RunFolder, load_design, load_front
from cosearch.errors import HardwareError, RunError
from cosearch.hardware import Platform, load_platform
from cosearch.records import parse_record, read_json, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunData:
    """A run as the page tells it.

    Attributes:
        name: Of the recipe.
        design, front, infeasible: The result; two of them are None.
        point_designs: Those of a front, in its order.
        platform: None where a user's own file is not at hand any more.
        manifest, recipe, request: None and empty where the run has not written them.
    """

    name: str
    design: Design | None
    front: Front | None
    point_designs: tuple[Design, ...]
    infeasible: Infeasible | None
    platform: Platform | None
    events: list[dict[str, Any]]
    manifest: Manifest | None
    recipe: str
    request: str


def read_run(folder: RunFolder) -> RunData:
    """Read a run; a design or a front counts more than an infeasible result left beside it.

    Raises:
        RunError: if there is no result yet, or events or manifest are broken.
        DesignError: if the design is broken.
    """
    design = load_design(folder.design) if folder.design.is_file() else None
    front = load_front(folder.front) if design is None and folder.front.is_file() else None
    infeasible = None
    if design is None and front is None:
        path = folder.infeasible
        if not path.is_file():
            raise RunError(
                f"{folder.path} holds neither design.json nor infeasible.json; run `cosearch search` first"
            )
        infeasible = parse_record(Infeasible, read_json(path, RunError), source=path.name, error=RunError)
    request = load_request(folder.request) if folder.request.is_file() else None
    manifest = folder.load_manifest() if folder.manifest.is_file() else None
    name = _name(folder, design or front, manifest)
    return RunData(
        name=name,
        design=design,
        front=front,
        point_designs=_designs_of(folder, front) if front else (),
        infeasible=infeasible,
        platform=request.platform if request else _platform(design.accelerator.platform) if design else None,
        events=EventLog(folder.events).read(),
        manifest=manifest,
        recipe=read_text(folder.recipe, RunError) if folder.recipe.is_file() else "",
        request=read_text(folder.request, RunError) if folder.request.is_file() else "",
    )


def _name(folder: RunFolder, result: Design | Front | None, manifest: Manifest | None) -> str:
    return result.recipe if result else manifest.recipe if manifest else folder.path.resolve().name


def _designs_of(folder: RunFolder, front: Front) -> tuple[Design, ...]:
    return tuple(load_design(RunFolder(folder.path / member.folder).design) for member in front.front)


def _platform(name: str) -> Platform | None:
    try:
        return load_platform(name)
    except HardwareError:
        return None

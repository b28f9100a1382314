"""``cosearch accelerate MODEL --platform P --front A,B``."""

import csv
import io
import shutil

import typer

from cosearch.accelerate import GivenFront, Request, accelerate_front
from cosearch.check import check_front
from cosearch.cli.conclude import DIFFERENT_STATUS, conclude
from cosearch.cli.results import record_result
from cosearch.cli.tables import front_table, show
from cosearch.cost import metric_values
from cosearch.design import METRICS, Design, Front, Infeasible, RunFolder
from cosearch.records import canonical_json, write_atomically
from cosearch.report import write_report
from cosearch.search import file_hash
from cosearch.workload import Workload


def front_command(folder: RunFolder, workload: Workload, request: Request, *, quiet: bool, as_json: bool) -> int:
    """Find, write, check and report; every point becomes a run's folder of its own. The exit status."""
    given = accelerate_front(workload, request)
    if isinstance(given, Infeasible):
        record_result(folder, given)
        return conclude(folder, given, quiet=quiet, as_json=as_json)
    front, designs = _record(folder, given)
    differences = check_front(folder).differences
    page = write_report(folder)
    for difference in differences:
        typer.echo(f"DIFFERENT  {difference}", err=True)
    if as_json:
        typer.echo(canonical_json(front), nl=False)
    if not quiet:
        show(front_table(front, designs))
        typer.echo(f"report: {page}")
    return DIFFERENT_STATUS if differences else 0


def _record(folder: RunFolder, given: GivenFront) -> tuple[Front, list[Design]]:
    """Every point as a run, then the front: a front that is there is complete."""
    points = given.designed(file_hash(folder.layers))
    for point in points:
        own = RunFolder(folder.path / point.member.folder)
        own.create()
        point.request.save(own.request)
        shutil.copyfile(folder.layers, own.layers)
        record_result(own, point.design)
    front = given.record(points)
    designs = [point.design for point in points]
    write_atomically(folder.front_table, _as_csv(front, designs))
    write_atomically(folder.front, canonical_json(front))
    return front, designs


def _as_csv(front: Front, designs: list[Design]) -> str:
    """A line a point, with all metrics in the units of their names, the front's objectives first."""
    known = metric_values(designs[0].predicted)
    names = [*front.objectives, *(name for name in METRICS if name in known and name not in front.objectives)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["folder", *names, "chunks"])
    for member, design in zip(front.front, designs, strict=True):
        values = metric_values(design.predicted)
        writer.writerow([member.folder, *(values[name] for name in names), len(design.accelerator.chunks)])
    return text.getvalue()

"""What `cosearch accelerate` leaves in its folder."""

from cosearch.design import Design, EventLog, Infeasible, RunFolder
from cosearch.records import canonical_json, write_atomically
from cosearch.search import CHOSEN_EVENT, chosen_part


def record_result(folder: RunFolder, result: Design | Infeasible) -> None:
    """Write a result, a design with the record that `check` holds it against."""
    if isinstance(result, Infeasible):
        write_atomically(folder.infeasible, canonical_json(result))
        return
    written = result.model_dump(mode="json", by_alias=True)
    EventLog(folder.events).append(CHOSEN_EVENT, chosen=chosen_part(written), weights_sha256=None)
    write_atomically(folder.design, canonical_json(result))


def remove_results(folder: RunFolder) -> None:
    """Take away an answer from before: the files of a run, and of the points of a front, and nothing else."""
    for path in (folder.design, folder.infeasible, folder.events, folder.front, folder.front_table, folder.report):
        path.unlink(missing_ok=True)
    for path in sorted(folder.front_points.glob("[0-9]*")):
        point = RunFolder(path)
        for file in (point.design, point.events, point.request, point.layers, point.report):
            file.unlink(missing_ok=True)
        if not any(path.iterdir()):
            path.rmdir()

"""Outcomes as the page "How wrong is the model?" shows them."""

from collections.abc import Sequence
from pathlib import Path

from cosearch.report import Judged, JudgedCase, JudgedFigure, write_accuracy_page
from cosearch.validate.comparison import Comparison
from cosearch.validate.outcome import Outcome


def write_validation_page(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Write the page of all outcomes, one file that works offline; its folder is made.

    Raises:
        RunError: if the file cannot be written.
    """
    return write_accuracy_page([judged(outcome) for outcome in outcomes], path)


def judged(outcome: Outcome) -> Judged:
    """An outcome in the page's terms."""
    result = outcome.comparison
    if result is None:
        return Judged(name=outcome.name, title=outcome.title, source=outcome.source, was_run=False)
    return Judged(
        name=outcome.name,
        title=result.title,
        figures=tuple(_figure(result, name) for name in _targets_first(result)),
        cause=outcome.cause,
        source=outcome.source,
        notes=result.notes,
        unit=result.unit,
        cases=tuple(
            JudgedCase(name=point.name, group=point.group, reference=point.reference, model=point.model)
            for point in result.points
        ),
    )


def _targets_first(result: Comparison) -> list[str]:
    return [*result.targets, *(name for name in result.figures if name not in result.targets)]


def _figure(result: Comparison, name: str) -> JudgedFigure:
    value, target = result.figures[name], result.targets.get(name)
    if target is None:
        return JudgedFigure(name=name, value=value)
    return JudgedFigure(name=name, value=value, op=target.op, bound=target.bound, met=target.met_by(value))

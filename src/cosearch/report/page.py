"""The page of a run: one file that holds its own pictures, charts, styles and scripts."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from cosearch.design import Design, RunFolder
from cosearch.records import write_atomically
from cosearch.report import charts, headline
from cosearch.report.accelerator_picture import describe_accelerator, draw_accelerator
from cosearch.report.history import alarms_of, candidates_of, epochs_of
from cosearch.report.history_charts import candidate_scatter, panels_of
from cosearch.report.network_picture import describe_network, draw_network
from cosearch.report.run_data import RunData, read_run
from cosearch.report.words import count, duration, quantity

WIDE, NARROW = 1104.0, 368.0


@dataclass(frozen=True, slots=True)
class Chart:
    """One plotly figure with the words of its frame.

    Attributes:
        id: Of the element that holds it.
        title, note: Above it.
        figure: As plotly's script takes it.
        least_width: In pixels; a narrower screen scrolls the chart sideways.
    """

    id: str
    title: str
    note: str
    figure: dict[str, Any]
    least_width: int = 0


def write_report(folder: RunFolder) -> Path:
    """Write report.html of a run, for a design and for an infeasible result alike.

    The page works without a network. Equal runs give equal bytes.

    Raises:
        RunError: if the run has no result yet, or the page cannot be written.
        DesignError: if the design is broken.
    """
    write_atomically(folder.report, render(read_run(folder)))
    return folder.report


def render(run: RunData) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cosearch.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    drawn = _charts(run)
    context: dict[str, Any] = {
        "run": run,
        "count": count,
        "quantity": quantity,
        "duration": duration,
        "charts": drawn,
        "alarms": alarms_of(epochs_of(run.events)),
        "figures": _embed([{"id": chart.id, **chart.figure} for group in drawn.values() for chart in group]),
        "style": _asset("picture.css") + _asset("page.css"),
        "script": _asset("page.js"),
        "plotly": Markup(get_plotlyjs()),
    }
    context |= _design_context(run, run.design) if run.design else {}
    if run.infeasible:
        context["relaxations"] = headline.relaxations_of(run.infeasible)
    page = "design.html.j2" if run.design else "infeasible.html.j2"
    return environment.get_template(page).render(context)


def _design_context(run: RunData, design: Design) -> dict[str, Any]:
    certificate, explanation = headline.certificate_of(design)
    network, accelerator = describe_network(design), describe_accelerator(design)
    return {
        "question": headline.question_of(design),
        "cards": headline.cards_of(design, run.platform),
        "slack_bars": headline.slack_bars(design),
        "certificate": certificate,
        "explanation": explanation,
        "network_pictures": [
            draw_network(design, columns).as_svg(
                title="The network", description=network, css_class=f"picture {kind}"
            )
            for columns, kind in ((12, "wide"), (4, "narrow"))
        ],
        "accelerator_pictures": [
            draw_accelerator(design, width, columns).as_svg(
                title="The accelerator", description=accelerator, css_class=f"picture {kind}"
            )
            for width, columns, kind in ((WIDE, 4, "wide"), (NARROW, 1, "narrow"))
        ],
    }


def _charts(run: RunData) -> dict[str, list[Chart]]:
    """Charts by the section they stand in."""
    drawn: dict[str, list[Chart]] = {"cycles": [], "resources": [], "history": [], "candidates": []}
    if run.design:
        drawn["cycles"] = _cycle_charts(run.design)
        drawn["resources"] = _resource_charts(run, run.design)
    for number, (panel, figure) in enumerate(panels_of(epochs_of(run.events))):
        drawn["history"].append(Chart(f"history-{number}", panel.title, panel.note, _plain(figure)))
    candidates = candidates_of(run.events)
    if candidates:
        note = "Each finalist with its own exact accelerator; a dashed line is the limit on throughput."
        figure = candidate_scatter(candidates, run.design)
        drawn["candidates"].append(Chart("candidates", "Finalists", note, _plain(figure)))
    return drawn


def _cycle_charts(design: Design) -> list[Chart]:
    layers = len(design.predicted.per_layer)
    return [
        Chart(
            "layer-cycles",
            "Cycles of every layer",
            "Colour is the chunk, hatching what the layer waits for most. A chunk runs its layers one after another.",
            _plain(charts.layer_cycles(design)),
            22 * layers + 80,
        ),
        Chart(
            "server-shares",
            "Busy time of array and port",
            "A server near 100 % is what a faster chunk would need more of.",
            _plain(charts.server_shares(design)),
        ),
    ]


def _resource_charts(run: RunData, design: Design) -> list[Chart]:
    drawn: list[Chart] = []
    if run.platform:
        platform = run.platform
        note = (
            f"{platform.part}: a design may use {platform.usable_fraction:.0%} of the part, less the shell. "
            "Upright strokes are that budget and the whole part; a diamond is a limit you set."
        )
        drawn.append(Chart("resource-use", "Resources", note, _plain(charts.resource_use(design, platform)), 620))
    note = (
        f"{quantity(design.predicted.energy_joules, 'J')} in all; confidence: {headline.energy_confidence(design)}."
    )
    return [*drawn, Chart("energy-parts", "Energy of an image", note, _plain(charts.energy_parts(design)))]


def _plain(figure: Any) -> dict[str, Any]:
    """A figure as data: plotly's own JSON, so that numbers are written as its script reads them."""
    value = json.loads(figure.to_json())
    return {"data": value["data"], "layout": value["layout"]}


def _embed(value: list[dict[str, Any]]) -> Markup:
    """JSON that can stand inside a script element: no text in it can end the element or start a comment."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _asset(name: str) -> Markup:
    return Markup((resources.files("cosearch.report") / "templates" / name).read_text(encoding="utf-8"))

"""The page of a run: one file that holds its own pictures, charts, styles and scripts."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from cosearch.design import Design, GivenNetwork, RunFolder
from cosearch.records import write_atomically
from cosearch.report import charts, headline
from cosearch.report.accelerator_picture import describe_accelerator, draw_accelerator
from cosearch.report.front_page import front_chart_frame, front_context
from cosearch.report.history import alarms_of, candidates_of, epochs_of
from cosearch.report.history_charts import candidate_scatter, panels_of
from cosearch.report.network_picture import describe_network, draw_network
from cosearch.report.run_data import RunData, read_run
from cosearch.report.sheet import Chart, plain, render_sheet
from cosearch.report.words import count, duration, quantity

WIDE, NARROW = 1104.0, 368.0


def write_report(folder: RunFolder) -> Path:
    """Write report.html of a run, for a design, a front and an infeasible result alike.

    The page works without a network. Equal runs give equal bytes.

    Raises:
        RunError: if the run has no result yet, or the page cannot be written.
        DesignError: if the design is broken.
    """
    write_atomically(folder.report, render(read_run(folder)))
    return folder.report


def render(run: RunData) -> str:
    """The page as text."""
    drawn = _charts(run)
    context: dict[str, Any] = {
        "run": run,
        "count": count,
        "quantity": quantity,
        "duration": duration,
        "charts": drawn,
        "alarms": alarms_of(epochs_of(run.events)),
    }
    context |= _design_context(run, run.design) if run.design else {}
    context |= front_context(run.front, run.point_designs) if run.front else {}
    if run.infeasible:
        context["relaxations"] = headline.relaxations_of(run.infeasible)
    page = "design.html.j2" if run.design else "front.html.j2" if run.front else "infeasible.html.j2"
    return render_sheet(page, context, [chart for group in drawn.values() for chart in group])


def _design_context(run: RunData, design: Design) -> dict[str, Any]:
    certificate, explanation = headline.certificate_of(design)
    accelerator = describe_accelerator(design)
    return {
        "question": headline.question_of(design),
        "cards": headline.cards_of(design, run.platform),
        "slack_bars": headline.slack_bars(design),
        "certificate": certificate,
        "explanation": explanation,
        "is_given": isinstance(design.network, GivenNetwork),
        "network_pictures": _network_pictures(design),
        "accelerator_pictures": [
            draw_accelerator(design, width, columns).as_svg(
                title="The accelerator", description=accelerator, css_class=f"picture {kind}"
            )
            for width, columns, kind in ((WIDE, 4, "wide"), (NARROW, 1, "narrow"))
        ],
    }


def _network_pictures(design: Design) -> list[Markup]:
    """A wide and a narrow one of a network that was searched; a given one is not drawn."""
    if isinstance(design.network, GivenNetwork):
        return []
    words = describe_network(design)
    return [
        draw_network(design, columns).as_svg(title="The network", description=words, css_class=f"picture {kind}")
        for columns, kind in ((12, "wide"), (4, "narrow"))
    ]


def _charts(run: RunData) -> dict[str, list[Chart]]:
    """Charts by the section they stand in."""
    drawn: dict[str, list[Chart]] = {"cycles": [], "resources": [], "history": [], "candidates": [], "front": []}
    if run.front:
        drawn["front"] = [front_chart_frame(run.front, run.point_designs)]
    if run.design:
        drawn["cycles"] = _cycle_charts(run.design)
        drawn["resources"] = _resource_charts(run, run.design)
    for number, (panel, figure) in enumerate(panels_of(epochs_of(run.events))):
        drawn["history"].append(Chart(f"history-{number}", panel.title, panel.note, plain(figure)))
    candidates = candidates_of(run.events)
    if candidates:
        note = "Each finalist with its own exact accelerator; a dashed line is the limit on throughput."
        figure = candidate_scatter(candidates, run.design)
        drawn["candidates"].append(Chart("candidates", "Finalists", note, plain(figure)))
    return drawn


def _cycle_charts(design: Design) -> list[Chart]:
    layers = len(design.predicted.per_layer)
    return [
        Chart(
            "layer-cycles",
            "Cycles of every layer",
            "Colour is the chunk, hatching what the layer waits for most. A chunk runs its layers one after another.",
            plain(charts.layer_cycles(design)),
            22 * layers + 80,
        ),
        Chart(
            "server-shares",
            "Busy time of array and port",
            "A server near 100 % is what a faster chunk would need more of.",
            plain(charts.server_shares(design)),
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
        drawn.append(Chart("resource-use", "Resources", note, plain(charts.resource_use(design, platform)), 620))
    note = (
        f"{quantity(design.predicted.energy_joules, 'J')} in all; confidence: {headline.energy_confidence(design)}."
    )
    return [*drawn, Chart("energy-parts", "Energy of an image", note, plain(charts.energy_parts(design)))]

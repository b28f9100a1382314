"""A design, and an infeasible request, as tables."""

import sys

from rich.console import Console, Group
from rich.table import Table

from cosearch.design import METRICS, Design, Infeasible
from cosearch.units import format_quantity

_ACCURACIES = (
    ("retrained_test", "accuracy, retrained, test"),
    ("retrained_val", "accuracy, retrained, val"),
    ("supernet_val", "accuracy, in the supernet, val"),
)

_UNBROKEN = 10_000
"""Columns of an output that has no edge."""


def design_tables(design: Design) -> Group:
    """The found design, its figures and its limits."""
    return Group(_network(design), _figures(design), _limits(design))


def infeasible_table(result: Infeasible) -> Group:
    """What was asked, what would be enough."""
    table = Table("limit", "alone, enough would be")
    for row in result.relaxations:
        enough = "not alone" if row.sufficient is None else f"{row.limit.metric}{row.limit.op}{row.sufficient:.6g}"
        table.add_row(str(row.limit), enough)
    if result.joint_factor is not None:
        table.add_row("all together", f"every limit loosened by a factor of {result.joint_factor:.4g}")
    return Group(f"{result.status.replace('_', ' ')}: {result.reason}", table, f"binding: {result.binding}")


def show(part: Group | Table) -> None:
    """Print to standard output: to the width of a terminal, and unbroken into a pipe or a file.

    Names come from users, so that nothing in a text is markup.
    """
    width = None if sys.stdout.isatty() else _UNBROKEN
    Console(highlight=False, markup=False, emoji=False, width=width).print(part)


def _network(design: Design) -> Table:
    table = Table("block", "operator", "weight bits", "activation bits", title=f"network ({design.recipe})")
    for index, block in enumerate(design.network.blocks):
        table.add_row(str(index), block.op, str(block.weight_bits or "-"), str(block.activation_bits or "-"))
    return table


def _figures(design: Design) -> Table:
    p = design.predicted
    accelerator = design.accelerator
    title = f"{len(accelerator.chunks)} chunks on {accelerator.platform} at {accelerator.clock_hertz / 1e6:g} MHz"
    table = Table("figure", "value", title=title)
    for name, label in _ACCURACIES:
        value = getattr(design.accuracy, name)
        if value is not None:
            table.add_row(label, f"{100 * value:.2f} %")
    table.add_row("fps", f"{p.fps:,.1f}")
    table.add_row("latency, one image alone", format_quantity(p.latency_seconds, "s"))
    table.add_row("latency, loaded", format_quantity(p.latency_loaded_seconds, "s"))
    table.add_row(f"energy an image ({p.confidence.get('energy', 'stated')})", format_quantity(p.energy_joules, "J"))
    for name in ("dsp", "bram18", "lut"):
        table.add_row(name, f"{getattr(p, name):,}")
    certified = "certified optimal" if design.engine.certified else f"gap {design.engine.gap}"
    table.add_row("accelerator", f"{certified}, engine {design.engine.name}")
    table.add_row("status", design.status)
    return table


def _limits(design: Design) -> Table:
    table = Table("limit", "value", "slack", "met", title="limits")
    for row in design.limits:
        unit = METRICS[row.metric].unit
        table.add_row(
            f"{row} {unit}".rstrip(),
            f"{row.value:,.6g}",
            f"{100 * row.slack:+.1f} %",
            "yes" if row.met else "NO",
        )
    return table

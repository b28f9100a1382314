"""A design, and an infeasible request, as tables."""

import sys
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table

from cosearch.accelerate import ShadowPrice
from cosearch.design import METRICS, Design, Front, GivenNetwork, Infeasible, OpenStretch
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
    if isinstance(design.network, GivenNetwork):
        parts: list[RenderableType] = [_chunks(design), _figures(design)]
    else:
        parts = [_network(design), _figures(design)]
    return Group(*parts, *([_limits(design)] if design.limits else []))


def infeasible_table(result: Infeasible) -> Group:
    """What was asked, and what would be enough where it was examined."""
    status = f"{result.status.replace('_', ' ')}: {result.reason}"
    table = Table("limit", "alone, enough would be")
    for row in result.relaxations:
        enough = "not alone" if row.sufficient is None else f"{row.limit.metric}{row.limit.op}{row.sufficient:.6g}"
        table.add_row(str(row.limit), enough)
    if result.joint_factor is not None:
        table.add_row("all together", f"every limit loosened by a factor of {result.joint_factor:.4g}")
    parts: list[RenderableType] = [table] if table.row_count else []
    if result.relaxations or result.binding != "not known":
        parts.append(f"binding: {result.binding}")
    return Group(status, *parts)


def prices_table(prices: Sequence[ShadowPrice], objective: str) -> Table:
    """What a tenth less or more of every resource makes of the optimum."""
    table = Table(
        "resource", "budget", "with 10 % less", "as it is", "with 10 % more", title=f"{objective} by resource"
    )
    for price in prices:
        values = ("infeasible" if value is None else f"{value:,.6g}" for value in (price.less, price.at, price.more))
        table.add_row(price.resource, f"{price.budget:,}", *values)
    return table


def front_table(front: Front, designs: Sequence[Design]) -> Group:
    """The points of a front, what each of them takes, and what is not known."""
    first, second = front.objectives
    others = [name for name in ("fps", "energy_joules", "dsp", "bram18", "lut") if name not in front.objectives]
    table = Table(first, second, *others, "chunks", "folder")
    for member, design in zip(front.front, designs, strict=True):
        cells = [_value(name, value) for name, value in member.values.items()]
        cells += [_value(name, getattr(design.predicted, name)) for name in others]
        table.add_row(*cells, str(len(design.accelerator.chunks)), member.folder)
    number = f"{len(front.front)} point{'' if len(front.front) == 1 else 's'}"
    if front.certified:
        return Group(table, f"{number}: the whole front of {first} and {second}, proved ({front.scope})")
    said = f"{number} of the front of {first} and {second}, each proved ({front.scope}); more may lie between"
    return Group(table, said, *(_gap(front, gap) for gap in front.gaps))


def _gap(front: Front, gap: OpenStretch) -> str:
    """Two neighbours, between which the front is not known."""
    ends = (gap.better_in_first, gap.better_in_second)
    return "  " + " and ".join(
        ", ".join(f"{name} {_value(name, end[name])}" for name in front.objectives) for end in ends
    )


def _value(metric: str, value: float) -> str:
    """A value with its unit; what counts things has none."""
    unit = METRICS[metric].unit
    return f"{value:,.6g}" if unit in ("", "images/s") else format_quantity(value, unit, 5)


def show(part: Group | Table) -> None:
    """Print to standard output: to the width of a terminal, and unbroken into a pipe or a file.

    Names come from users, so that nothing in a text is markup.
    """
    width = None if sys.stdout.isatty() else _UNBROKEN
    Console(highlight=False, markup=False, emoji=False, width=width).print(part)


def _network(design: Design) -> Table:
    table = Table("block", "operator", "weight bits", "activation bits", title=f"network ({design.recipe})")
    for index, block in enumerate(design.found_network.blocks):
        table.add_row(str(index), block.op, str(block.weight_bits or "-"), str(block.activation_bits or "-"))
    return table


def _chunks(design: Design) -> Table:
    """Every chunk, what it is made of, and what its layers wait for longest."""
    network = design.network
    title = f"{len(design.predicted.per_layer)} layers of {design.recipe}"
    if isinstance(network, GivenNetwork):
        title = f"{network.num_layers} layers of {network.source}"
    table = Table(
        "chunk", "kind", "bits", "unrolled", "I, W, O kbit", "slots", "layers", "busy", "waits for", title=title
    )
    slowest = design.predicted.period_cycles
    pairs = zip(design.accelerator.chunks, design.predicted.per_chunk, strict=True)
    for index, (chunk, cost) in enumerate(pairs):
        sizes = chunk.unroll.model_dump()
        capacity = chunk.capacity_bits
        table.add_row(
            str(index),
            chunk.kind.value,
            f"{chunk.weight_bits} x {chunk.activation_bits}",
            " ".join(f"{name}={size}" for name, size in sizes.items() if size > 1) or "1",
            ", ".join(f"{bits / 1024:g}" for bits in (capacity.I, capacity.W, capacity.O)),
            f"{chunk.read_slots} + {chunk.write_slots}",
            str(len(chunk.layers)),
            f"{100 * cost.cycles / slowest:.0f} %",
            _bound_of(design, index),
        )
    return table


def _bound_of(design: Design, chunk: int) -> str:
    """The server that most of a chunk's cycles wait for."""
    cycles = dict.fromkeys(("compute", "read", "write"), 0)
    for layer in design.predicted.per_layer:
        if layer.chunk == chunk:
            cycles[layer.bound] += layer.cycles
    return max(cycles, key=cycles.__getitem__)


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
    gap = "no bound" if design.engine.gap is None else f"gap {100 * design.engine.gap:.1f} %"
    certified = "certified optimal" if design.engine.certified else gap
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

"""The headline picture: network and accelerator on one sheet, as a file of its own."""

from importlib import resources
from pathlib import Path

from markupsafe import Markup

from cosearch.design import Design
from cosearch.hardware import Accelerator
from cosearch.records import write_atomically
from cosearch.report.accelerator_picture import describe_accelerator, draw_accelerator
from cosearch.report.network_picture import UNIT_WIDTH, describe_network, draw_network
from cosearch.report.svg import Drawing, tag, text
from cosearch.report.words import amount, listing

_MARGIN = 28


def save_picture(design: Design, path: Path) -> Path:
    """Write network and accelerator as one SVG that reads well on light and on dark pages.

    The sheet brings its own paper and follows the reader's colour scheme, so that words never meet a page of their
    own colour. It holds no script and fetches nothing.

    Raises:
        RunError: if the file cannot be written.
    """
    drawing = draw_design(design)
    style = (resources.files("cosearch.report") / "templates" / "picture.css").read_text(encoding="utf-8")
    svg = drawing.as_svg(
        title=f"{design.found_network.space.name} on {design.accelerator.platform}",
        description=f"{describe_network(design)} {describe_accelerator(design)}",
        style=style,
    )
    write_atomically(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n')
    return path


def draw_design(design: Design) -> Drawing:
    """Both pictures below each other, with a headline."""
    network = draw_network(design)
    accelerator = draw_accelerator(design, width=max(network.width, 12 * UNIT_WIDTH))
    width = accelerator.width + 2 * _MARGIN
    top = 84
    below = top + network.height + 24
    height = below + accelerator.height + _MARGIN
    body = Markup("").join(
        [
            tag("rect", x=0, y=0, width=width, height=height, rx=12, class_="paper"),
            text(_headline(design.accelerator), _MARGIN, 40, "headline"),
            text(_figures(design), _MARGIN, 62, "small"),
            network.placed(_MARGIN + (accelerator.width - network.width) / 2, top),
            accelerator.placed(_MARGIN, below),
        ]
    )
    return Drawing(width, height, body)


def _headline(accelerator: Accelerator) -> str:
    chunks = len(accelerator.chunks)
    return f"A network and the {f'{chunks} chunks that run' if chunks > 1 else 'chunk that runs'} it"


def _figures(design: Design) -> str:
    metrics = ("fps", "latency_seconds", "dsp", "bram18")
    said = [f"{amount(metric, getattr(design.predicted, metric))}" for metric in metrics[:2]]
    said += [f"{amount(metric, getattr(design.predicted, metric))} {metric.upper()}" for metric in metrics[2:]]
    return f"{listing(said)} on {design.accelerator.platform}, as predicted by the closed form"

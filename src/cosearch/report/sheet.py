"""What every page is made of: templates, charts as data, styles and scripts inside one file."""

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs


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


def render_sheet(template: str, context: dict[str, Any], charts: list[Chart], *styles: str) -> str:
    """A page as text, with its charts, their script and the styles of the page inside it.

    Args:
        template: Its name.
        context: What the template says.
        charts: All charts that stand in it.
        styles: Names of style sheets beside those of every page.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cosearch.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    shared = {
        "figures": _embed([{"id": chart.id, **chart.figure} for chart in charts]),
        "style": Markup("").join(_asset(name) for name in ("picture.css", "page.css", *styles)),
        "script": _asset("page.js"),
        "plotly": Markup(get_plotlyjs()),
    }
    return environment.get_template(template).render(context | shared)


def plain(figure: Any) -> dict[str, Any]:
    """A figure as data: plotly's own JSON, so that numbers are written as its script reads them."""
    value = json.loads(figure.to_json())
    return {"data": value["data"], "layout": value["layout"]}


def _embed(value: list[dict[str, Any]]) -> Markup:
    """JSON that can stand inside a script element: no text in it can end the element or start a comment."""
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _asset(name: str) -> Markup:
    return Markup((resources.files("cosearch.report") / "templates" / name).read_text(encoding="utf-8"))

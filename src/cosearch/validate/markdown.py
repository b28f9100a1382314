"""The committed results in Markdown, for the documentation."""

from collections.abc import Mapping

from cosearch.report import Judged
from cosearch.validate.outcome import Outcome
from cosearch.validate.page import judged
from cosearch.validate.registry import Registered
from cosearch.validate.shipped import committed_result

_VERDICTS = {"met": "met", "missed": "**missed**", "no target": "for information", "not run": "no result yet"}
_SUMMARY = "| comparison | what is held against what | targets |\n|---|---|---|\n"
_FIGURES = "| figure | value | target | |\n|---|---|---|---|\n"


def committed_report(registry: Mapping[str, Registered]) -> str:
    """All verdicts in one table, then the figures of every comparison, from the committed results alone.

    Raises:
        DataError: if a result is not of the form that the scripts write.
    """
    items = [judged(_committed(entry)) for entry in registry.values()]
    rows = (f"| [`{item.name}`](#{item.name}) | {_cell(item.title)} | {_VERDICTS[item.status]} |\n" for item in items)
    return _SUMMARY + "".join(rows) + "".join(_section(item) for item in items)


def _committed(entry: Registered) -> Outcome:
    blank = Outcome(name=entry.name, title=entry.title, cause=entry.cause)
    found = committed_result(entry.name)
    return blank.model_copy(update={"command": found[0], "comparison": found[1]}) if found else blank


def _section(item: Judged) -> str:
    head = f"\n### {item.name}\n\n{item.title}.\n"
    if not item.was_run:
        return f"{head}\nNo result yet.\n"
    rows = "".join(
        f"| {_cell(figure.label)} | {figure.shown} | {figure.target} | {_verdict(figure.met)} |\n"
        for figure in item.headline
    )
    cause = f"\n{item.cause}\n" if item.cause else ""
    return f"{head}\n{_FIGURES}{rows}{cause}"


def _verdict(met: bool | None) -> str:
    return "" if met is None else "met" if met else "**missed**"


def _cell(text: str) -> str:
    return text.replace("|", "/")

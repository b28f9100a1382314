"""The committed results as a table in Markdown, for the documentation."""

from collections.abc import Mapping

from cosearch.report import Judged
from cosearch.validate.outcome import Outcome
from cosearch.validate.page import judged
from cosearch.validate.registry import Registered
from cosearch.validate.shipped import committed_result

_VERDICTS = {"met": "met", "missed": "**missed**", "no target": "for information", "not run": "no result yet"}
_HEAD = "| comparison | what against what | figures | verdict | what is left of the error |\n|---|---|---|---|---|\n"


def committed_table(registry: Mapping[str, Registered]) -> str:
    """A row for every comparison of the registry, from its committed result alone.

    Raises:
        DataError: if a result is not of the form that the scripts write.
    """
    return _HEAD + "".join(_row(judged(_committed(entry))) for entry in registry.values())


def _committed(entry: Registered) -> Outcome:
    blank = Outcome(name=entry.name, title=entry.title, cause=entry.cause)
    found = committed_result(entry.name)
    return blank.model_copy(update={"command": found[0], "comparison": found[1]}) if found else blank


def _row(item: Judged) -> str:
    figures = "<br>".join(
        f"{figure.label} **{figure.shown}**" + (f", {figure.target}" if figure.target else "")
        for figure in item.headline
    )
    cells = (f"`{item.name}`", item.title, figures or "-", _VERDICTS[item.status], item.cause or "-")
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |\n"

"""How every command that makes a design ends: it is checked, reported and printed."""

from collections.abc import Sequence

import typer
from rich.table import Table

from cosearch.check import check_run
from cosearch.cli.tables import design_tables, infeasible_table, show
from cosearch.design import Design, Infeasible, RunFolder
from cosearch.records import canonical_json
from cosearch.report import write_report

INFEASIBLE_STATUS = 3
DIFFERENT_STATUS = 1


def conclude(
    folder: RunFolder, result: Design | Infeasible, *, quiet: bool, as_json: bool, more: Sequence[Table] = ()
) -> int:
    """Check, report, print; a difference is said whatever the options. The exit status."""
    differences = check_run(folder).differences if isinstance(result, Design) else ()
    page = write_report(folder)
    for difference in differences:
        typer.echo(f"DIFFERENT  {difference}", err=True)
    if as_json:
        typer.echo(canonical_json(result), nl=False)
    if not quiet:
        show(infeasible_table(result) if isinstance(result, Infeasible) else design_tables(result))
        for table in more:
            show(table)
        typer.echo(f"report: {page}")
    if isinstance(result, Infeasible):
        return INFEASIBLE_STATUS
    return DIFFERENT_STATUS if differences else 0

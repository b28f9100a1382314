"""``cosearch handoff RUN --to FORM``."""

from pathlib import Path

import typer

from cosearch.design import RunFolder
from cosearch.errors import InputError
from cosearch.handoff import hand_off_layers

FORMS = {"layers": hand_off_layers}


def handoff_command(run: Path, form: str, *, quiet: bool) -> int:
    """Write one form and print where it is.

    Raises:
        InputError: if the form is not known.
    """
    if form not in FORMS:
        raise InputError(f"--to {form}: not a known form; known: {', '.join(FORMS)}")
    path = FORMS[form](RunFolder(run))
    if not quiet:
        typer.echo(f"{form}: {path}, read back and compared")
    return 0

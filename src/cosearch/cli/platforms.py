"""``cosearch platforms``."""

import typer
from rich.table import Table

from cosearch.cli.tables import show
from cosearch.hardware import load_platform, platform_names
from cosearch.records import canonical_json


def platforms_command(*, as_json: bool) -> int:
    """Print the shipped platforms and what may be used of each."""
    platforms = [load_platform(name) for name in platform_names()]
    if as_json:
        typer.echo(canonical_json([platform.model_dump(mode="json") for platform in platforms]), nl=False)
        return 0
    table = Table("platform", "part", "clock", "DSP", "BRAM18", "URAM", "LUT", "DRAM port", "slots")
    for platform in platforms:
        budget, port = platform.budget(), platform.port(platform.clock_hertz)
        table.add_row(
            platform.name,
            platform.part,
            f"{platform.clock_hertz / 1e6:g} MHz",
            *(f"{budget[key]} of {getattr(platform.resources, key)}" for key in ("dsp", "bram18", "uram", "lut")),
            f"{port.beat_bits} bits",
            f"{port.total_slots} of 64",
        )
    show(table)
    return 0

"""The Verilog of a chunk, shipped with the package."""

from importlib.resources import files
from pathlib import Path

TOP = "chunk"


def verilog_sources() -> tuple[Path, ...]:
    """Modules of the chunk, the top one first; `program.vh` lies beside them."""
    folder = _folder()
    names = sorted(path.name for path in folder.glob("*.v"))
    names.remove(f"{TOP}.v")
    return tuple(folder / name for name in (f"{TOP}.v", *names))


def bench_source() -> Path:
    """The C++ bench that runs layers on the chunk under Verilator."""
    return _folder() / "bench.cpp"


def program_registers() -> dict[str, int]:
    """Numbers of the program registers, by their names in `program.vh` without ``P_``."""
    registers: dict[str, int] = {}
    for line in (_folder() / "program.vh").read_text().splitlines():
        if line.startswith("localparam P_"):
            name, number = line.removeprefix("localparam P_").split(";")[0].split("=")
            registers[name.strip()] = int(number)
    registers.pop("NUM")
    return registers


def _folder() -> Path:
    return Path(str(files("cosearch.handoff"))) / "verilog"

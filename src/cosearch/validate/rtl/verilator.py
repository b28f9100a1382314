"""Building the bench with Verilator and running instances on it, within bounds of memory and time."""

import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cosearch.errors import InputError
from cosearch.handoff.rtl import ChunkParameters, MemoryImage, bench_source, verilog_sources

_MOST_BYTES = 3 << 30
_MOST_SECONDS = 280
_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class Bench:
    """A built simulation of one chunk."""

    program: Path
    beat_bits: int

    def run(self, jobs: Sequence[tuple["Job", Path]]) -> list["JobResult"]:
        """Run jobs in one process, each with a stem for its files."""
        arguments: list[str] = []
        for job, stem in jobs:
            job.image_words().tofile(stem.with_suffix(".in"))
            arguments += [str(stem.with_suffix(".in")), str(stem.with_suffix(".out"))]
        _call([str(self.program), *arguments], self.program.parent)
        return [JobResult.read(stem.with_suffix(".out"), self.beat_bits) for _, stem in jobs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One layer for the bench: registers, memory, and what the port gives."""

    program: list[int]
    image: MemoryImage
    latency_cycles: int
    read_slots: int
    write_slots: int
    preload: bool

    def image_words(self) -> NDArray[np.uint32]:
        """The file that the bench reads."""
        head = [
            len(self.program),
            self.latency_cycles,
            self.read_slots,
            self.write_slots,
            int(self.preload),
            len(self.image.beats),
        ]
        return np.concatenate([np.array([*head, *self.program], np.uint32), self.image.beats.reshape(-1)])


@dataclass(frozen=True, slots=True, eq=False)
class JobResult:
    """What came of it.

    Attributes:
        memory: [beats, 32-bit words of a beat].
    """

    cycles: int
    beats_read: int
    beats_written: int
    memory: NDArray[np.uint32]

    @staticmethod
    def read(path: Path, beat_bits: int) -> "JobResult":
        """The file that the bench wrote."""
        words = np.fromfile(path, np.uint32)
        cycles, reads, writes = (int(word) for word in words[:3])
        return JobResult(cycles, reads, writes, words[3:].reshape(-1, beat_bits // _WORD_BITS))


def has_verilator() -> bool:
    """Whether Verilator is installed."""
    return shutil.which("verilator") is not None


def build_bench(parameters: ChunkParameters, folder: Path) -> Bench:
    """Compile the chunk with its parameters; takes ten to thirty seconds.

    Raises:
        InputError: if Verilator is missing or fails; says what it printed.
    """
    if not has_verilator():
        raise InputError("verilator is not installed; run scripts/install-verilator")
    folder.mkdir(parents=True, exist_ok=True)
    sources = verilog_sources()
    _call(
        [
            "verilator",
            *("--cc", "--exe", "--build", "-O3", "--x-assign", "fast", "--noassert"),
            *("-Wno-WIDTH", "-Wno-fatal", "--unroll-count", "256"),
            *("--top-module", sources[0].stem, f"-I{sources[0].parent}"),
            *(f"-G{name}={value}" for name, value in asdict(parameters).items()),
            *("-CFLAGS", f"-O1 -DBEAT_BITS={parameters.BEAT}", "--Mdir", str(folder), "-o", "bench"),
            *(str(path) for path in sources),
            str(bench_source()),
        ],
        folder,
    )
    return Bench(folder / "bench", parameters.BEAT)


def _call(command: list[str], folder: Path) -> None:
    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))

    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_MOST_SECONDS, preexec_fn=bound, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"{Path(command[0]).name} took more than {_MOST_SECONDS} s; use smaller layers") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()
        raise InputError(f"{Path(command[0]).name} failed: {last[0] if last else 'it printed nothing'}")

"""Synthesise the parts of a chunk with Yosys and state how far the named rules are from what comes out.

    python validation/lut_costs.py                # measure all again: validation/results/lut_costs.json (an hour)
    python validation/lut_costs.py --part lane    # measure one part again
    python validation/lut_costs.py --compare      # hold the shipped rules against the committed measurements

The Verilog comes from `lut_verilog.py` and `array_verilog.py`. A number is the sum of LUT1..LUT6 and SRL cells and of
the LUTs of memory cells: dual-output packing, which place and route would do, is not counted.
"""

import argparse
import json
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import array_verilog as array
import lut_verilog as verilog

from cosearch.cost import ChunkShape
from cosearch.cost.array import adder_lut, multiplier_dsp, multiplier_lut, pooling_lut
from cosearch.cost.choices import rotator_lut, selector_lut
from cosearch.cost.resources import store_lut
from cosearch.hardware import ChunkKind, FabricRules, load_fabric

RESULTS = Path(__file__).parent / "results" / "lut_costs.json"
FAMILIES = {"7series": "xc7", "ultrascale+": "xcup"}
SCRIPT = "read_verilog part.v; synth_xilinx -family {family} {options} -top part; tee -o stat.txt stat"
RAM_LUTS = {"RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8, "RAM256X1S": 4, "RAM128X1S": 2, "RAM64X1S": 1}
"""LUTs of a memory cell: AMD UG474 and UG574."""
MEMORY_BYTES = 3_000_000_000
TIMEOUT_SECONDS = 120

Point = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a chunk: its Verilog, the cases to measure, and whether synthesis is kept from using DSP slices."""

    generate: Callable[..., str]
    cases: list[dict[str, int]]
    no_dsp: bool = False


def _pairs(*sizes: tuple[int, int]) -> list[dict[str, int]]:
    return [{"a_bits": n, "b_bits": w} for n, w in sizes]


def _lanes(*sizes: tuple[int, int, int]) -> list[dict[str, int]]:
    return [{"weight_bits": w, "activation_bits": a, "reduction": c} for w, a, c in sizes]


MULTIPLIERS = [(n, w) for n in range(1, 5) for w in range(n, 17) if n == 1 or n + w <= 8]
MULTIPLIERS += [(2, 7), (3, 6), (4, 5), (2, 16), (5, 5), (8, 8), (16, 16)]
LANES = [(b, b, c) for b in (3, 4, 5, 6, 8, 16) for c in (1, 4, 16)] + [(8, 8, c) for c in (2, 3, 8, 12, 32)]
LANES += [(4, 4, c) for c in (2, 8)] + [(4, 8, 4), (4, 8, 16), (2, 2, 16)]
STORES = [(n, 0) for n in (2, 4, 6, 8, 12, 16, 24, 32)] + [(n, 1) for n in (4, 8, 16, 32)]
WORDS = [(n, b) for n in (4, 6, 8, 16) for b in (64, 128, 256)] + [(2, 128), (5, 128), (7, 128), (12, 128), (8, 512)]
PACKED = [(n, b, 0) for n, b in WORDS] + [(24, 128, 0), (32, 128, 0), (32, 256, 0)]
PACKED += [(n, 128, 1) for n in (4, 6, 8, 16, 32)]
ROTATED = [(n, 8) for n in (2, 3, 4, 6, 7, 8, 14, 16, 28)] + [(4, 64), (8, 32), (7, 16)]
PARTS: dict[str, Part] = {
    "multiplier": Part(verilog.multiplier, _pairs(*MULTIPLIERS)),
    "lut_multiplier": Part(
        verilog.multiplier, _pairs(*((n, w) for w in range(1, 17) for n in range(1, w + 1))), no_dsp=True
    ),
    "lane": Part(verilog.lane, _lanes(*LANES)),
    "lut_lane": Part(
        verilog.lane, _lanes((5, 5, 4), (6, 6, 16), (8, 8, 1), (8, 8, 4), (8, 8, 16), (4, 8, 8)), no_dsp=True
    ),
    "packed_lanes": Part(
        array.packed_lanes,
        _lanes(*((b, b, c) for b in (5, 6, 7, 8) for c in (1, 4, 16)), (8, 5, 8), (5, 8, 8), (4, 6, 8), (8, 8, 9)),
    ),
    "pooling_lane": Part(
        array.pooling_lane, _lanes(*((b, b, c) for b in (4, 6, 8, 16) for c in (1, 3)), (8, 8, 5), (8, 8, 7))
    ),
    "store_lane": Part(verilog.store_lane, [{"output_bits": n, "partial_sums": p} for n, p in STORES]),
    "table": Part(array.table, [{"out_bits": n} for n in (4, 6, 8, 16)]),
    "steering": Part(verilog.steering, [{"activation_bits": a} for a in (4, 8, 16)]),
    "selector": Part(array.selector, [{"words": n, "word_bits": 32} for n in (2, 3, 4, 6, 7, 8, 14, 16, 28, 32)]),
    "rotator": Part(array.rotator, [{"words": n, "word_bits": w} for n, w in ROTATED]),
    "unpacker": Part(verilog.unpacker, [{"word_bits": n, "beat_bits": b} for n, b in WORDS]),
    "packer": Part(verilog.packer, [{"word_bits": n, "beat_bits": b, "sums": p} for n, b, p in PACKED]),
    "leg": Part(verilog.leg, [{"beat_bits": b} for b in (64, 128, 256, 512)]),
    "control": Part(verilog.control, [{"counter_bits": b} for b in (10, 12, 14)]),
}


def synthesise(source: str, family: str, *, no_dsp: bool = False) -> dict[str, int]:
    """LUTs, those of them that are memory, and DSP slices of a module called `part`."""
    script = SCRIPT.format(family=FAMILIES[family], options="-nodsp" if no_dsp else "")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "part.v").write_text(source)
        subprocess.run(
            ["yosys", "-q", "-p", script],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        )
        report = Path(folder, "stat.txt").read_text()
    cells = {name: int(count) for name, count in re.findall(r"^\s+(\w+)\s+(\d+)$", report, re.MULTILINE)}
    lutram = sum(RAM_LUTS[name] * count for name, count in cells.items() if re.match(r"RAM\d+[MX]", name))
    lut = sum(count for name, count in cells.items() if re.fullmatch(r"LUT[1-6]|SRL\w+", name))
    dsp = sum(count for name, count in cells.items() if name.startswith("DSP48"))
    return {"lut": lut + lutram, "lutram": lutram, "dsp": dsp}


def measure(only: str | None) -> dict[str, Any]:
    """All points of all families; those of other parts than `only` are kept from the committed results."""
    version = subprocess.run(["yosys", "-V"], check=True, capture_output=True, text=True).stdout.strip()
    kept: list[Point] = json.loads(RESULTS.read_text())["points"] if only else []
    points: list[Point] = []
    for family in FAMILIES:
        for name, part in PARTS.items():
            if only not in (None, name):
                points += [p for p in kept if (p["family"], p["part"]) == (family, name)]
                continue
            for case in part.cases:
                found = synthesise(part.generate(**case), family, no_dsp=part.no_dsp)
                points.append({"family": family, "part": name, **case, **found})
                print(points[-1], flush=True)
    return {"tool": version, "command": f'yosys -q -p "{SCRIPT}"', "families": FAMILIES, "points": points}


def predict(point: Point, fabric: FabricRules) -> dict[str, int]:
    """What the rules say of a measured point."""
    said = {"lut": 0, "lutram": 0, "dsp": 0}
    said.update(_PREDICTIONS[point["part"]](point, fabric))
    return said


def _shape(**changes: Any) -> ChunkShape:
    """One lane of one multiplier, but for what is given; its buffers do not matter here."""
    values = {"kind": ChunkKind.STANDARD, "weight_bits": 8, "activation_bits": 8, "unroll_K": 1, "unroll_C": 1}
    sizes = {"capacity_i_bits": 1, "capacity_w_bits": 1, "capacity_o_bits": 1, "max_channels": 1, "output_bits": 1}
    return ChunkShape(**{**values, **sizes, **changes})


def _multiplier(point: Point, fabric: FabricRules) -> dict[str, int]:
    shape = _shape(weight_bits=point["a_bits"], activation_bits=point["b_bits"], lut_multipliers=_is_lut(point))
    return {"lut": int(multiplier_lut(shape, fabric)), "dsp": int(multiplier_dsp(shape, fabric))}


def _array(point: Point, fabric: FabricRules, **changes: Any) -> dict[str, int]:
    widths = {name: point[name] for name in ("weight_bits", "activation_bits")}
    shape = _shape(**{"unroll_C": point["reduction"], "lut_multipliers": _is_lut(point), **widths, **changes})
    lut = multiplier_lut(shape, fabric) + adder_lut(shape, fabric) + pooling_lut(shape, fabric)
    return {"lut": int(lut), "dsp": int(multiplier_dsp(shape, fabric))}


def _pooling_lane(point: Point, fabric: FabricRules) -> dict[str, int]:
    return _array(point, fabric, kind=ChunkKind.DEPTHWISE, unroll_C=1, unroll_FX=point["reduction"])


def _store_lane(point: Point, fabric: FabricRules) -> dict[str, int]:
    shape = _shape(activation_bits=1, output_bits=point["output_bits"], partial_sums=bool(point["partial_sums"]))
    return {"lut": int(store_lut(shape, fabric)), "dsp": fabric.lut.store_lane_dsp}


def _table(point: Point, fabric: FabricRules) -> dict[str, int]:
    lutram = fabric.lut.table_per_bit * point["out_bits"]
    return {"lut": fabric.lut.table + lutram, "lutram": lutram}


def _is_lut(point: Point) -> bool:
    return PARTS[point["part"]].no_dsp


_PREDICTIONS: dict[str, Callable[[Point, FabricRules], dict[str, int]]] = {
    "multiplier": _multiplier,
    "lut_multiplier": _multiplier,
    "lane": _array,
    "lut_lane": _array,
    "packed_lanes": lambda p, f: _array(p, f, unroll_K=2, products_per_dsp=2),
    "pooling_lane": _pooling_lane,
    "store_lane": _store_lane,
    "table": _table,
    "steering": lambda p, f: {"lut": f.lut.steering_per_bit * p["activation_bits"]},
    "selector": lambda p, f: {"lut": int(selector_lut(p["words"])) * p["word_bits"]},
    "rotator": lambda p, f: {"lut": int(rotator_lut(p["words"])) * p["words"] * p["word_bits"]},
    "unpacker": lambda p, f: {"lut": f.unpacker_lut(p["word_bits"], p["beat_bits"])},
    "packer": lambda p, f: {"lut": f.packer_lut(p["word_bits"], p["beat_bits"], partial_sums=bool(p["sums"]))},
    "leg": lambda p, f: {"lut": f.leg_lut(p["beat_bits"])},
    "control": lambda p, f: {"lut": f.lut.control},
}


def compare(results: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table: the rules' error per family and part."""
    lines = [
        "| family | part | points | LUT measured | mean error | worst error | DSP |",
        "|---|---|---|---|---|---|---|",
    ]
    for family in FAMILIES:
        fabric = load_fabric(family)
        for part in PARTS:
            points = [p for p in results["points"] if p["family"] == family and p["part"] == part]
            said = [predict(p, fabric) for p in points]
            pairs = [(s["lut"], p["lut"]) for s, p in zip(said, points, strict=True)]
            errors = [(s - m) / m for s, m in pairs if m]
            mean = sum(abs(e) for e in errors) / len(errors)
            worst = max(errors, key=abs)
            dsp = "all equal" if all(s["dsp"] == p["dsp"] for s, p in zip(said, points, strict=True)) else "DIFFER"
            span = f"{min(m for _, m in pairs)}-{max(m for _, m in pairs)}"
            lines.append(f"| {family} | {part} | {len(points)} | {span} | {mean:.1%} | {worst:+.1%} | {dsp} |")
    return lines


def main() -> None:
    """Measure, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--part", choices=list(PARTS))
    arguments = parser.parse_args()
    if not arguments.compare:
        RESULTS.write_text(json.dumps(measure(arguments.part), indent=1) + "\n")
    print("\n".join(compare(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()

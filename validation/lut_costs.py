"""Synthesise the parts of a chunk with Yosys and state how far the named rules are from what comes out.

    python validation/lut_costs.py                # measure all again: validation/results/lut_costs.json (15 minutes)
    python validation/lut_costs.py --part stream  # measure one part again
    python validation/lut_costs.py --compare      # hold the shipped rules against the committed measurements

The Verilog comes from `lut_verilog.py`. A number is the sum of LUT1..LUT6 and SRL cells: dual-output packing, which
place and route would do, is not counted.
"""

import argparse
import json
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lut_verilog as verilog

from cosearch.cost.resources import lane_lut
from cosearch.hardware import FabricRules, load_fabric

RESULTS = Path(__file__).parent / "results" / "lut_costs.json"
FAMILIES = {"7series": "xc7", "ultrascale+": "xcup"}
SCRIPT = "read_verilog part.v; synth_xilinx -family {family} -top part; tee -o stat.txt stat"
MEMORY_BYTES = 3_000_000_000
TIMEOUT_SECONDS = 120

Point = dict[str, Any]

MULTIPLIERS = [(n, w) for n in range(1, 5) for w in range(n, 17) if n == 1 or n + w <= 8]
MULTIPLIERS += [(2, 7), (3, 6), (4, 5), (2, 16), (5, 5), (8, 8), (16, 16)]
LANES = [(b, b, c) for b in (3, 4, 5, 6, 8, 16) for c in (1, 4, 16)] + [(8, 8, c) for c in (2, 3, 8, 12, 32)]
LANES += [(4, 4, c) for c in (2, 8)] + [(4, 8, 4), (4, 8, 16), (2, 2, 16)]
STREAMS = [(a, b) for a in (4, 6, 8, 16) for b in (64, 128, 256)] + [(2, 128), (5, 128), (7, 128), (12, 128)]
PARTS: list[tuple[str, Callable[..., str], list[dict[str, int]]]] = [
    ("multiplier", verilog.multiplier, [{"a_bits": n, "b_bits": w} for n, w in MULTIPLIERS]),
    ("lane", verilog.lane, [{"weight_bits": w, "activation_bits": a, "reduction": c} for w, a, c in LANES]),
    ("store_lane", verilog.store_lane, [{"activation_bits": a} for a in (2, 4, 6, 8, 12, 16)]),
    ("steering", verilog.steering, [{"activation_bits": a} for a in (4, 8, 16)]),
    ("stream", verilog.stream, [{"activation_bits": a, "beat_bits": b} for a, b in STREAMS]),
    ("control", verilog.control, [{"counter_bits": b} for b in (10, 12, 14)]),
]


def synthesise(source: str, family: str) -> dict[str, int]:
    """LUTs and DSP slices of a module called `part`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "part.v").write_text(source)
        subprocess.run(
            ["yosys", "-q", "-p", SCRIPT.format(family=FAMILIES[family])],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES)),
        )
        report = Path(folder, "stat.txt").read_text()
    cells = {name: int(count) for name, count in re.findall(r"^\s+(\w+)\s+(\d+)$", report, re.MULTILINE)}
    lut = sum(count for name, count in cells.items() if re.fullmatch(r"LUT[1-6]|SRL\w+", name))
    dsp = sum(count for name, count in cells.items() if name.startswith("DSP48"))
    return {"lut": lut, "dsp": dsp}


def measure(only: str | None) -> dict[str, Any]:
    """All points of all families; those of other parts than `only` are kept from the committed results."""
    version = subprocess.run(["yosys", "-V"], check=True, capture_output=True, text=True).stdout.strip()
    kept: list[Point] = json.loads(RESULTS.read_text())["points"] if only else []
    points: list[Point] = []
    for family in FAMILIES:
        for part, generate, cases in PARTS:
            if only not in (None, part):
                points += [p for p in kept if (p["family"], p["part"]) == (family, part)]
                continue
            for case in cases:
                points.append({"family": family, "part": part, **case, **synthesise(generate(**case), family)})
                print(points[-1], flush=True)
    return {"tool": version, "command": f'yosys -q -p "{SCRIPT}"', "families": FAMILIES, "points": points}


def predict(point: Point, fabric: FabricRules) -> dict[str, int]:
    """What the rules say of a measured point."""
    rules, part = fabric.lut, point["part"]
    if part == "multiplier":
        a, b = point["a_bits"], point["b_bits"]
        return {"lut": fabric.multiplier_lut(a, b), "dsp": int(fabric.multiplier_is_dsp(a, b))}
    if part == "lane":
        weight, activation, reduction = (point[k] for k in ("weight_bits", "activation_bits", "reduction"))
        lut = lane_lut(weight_bits=weight, activation_bits=activation, reduction=reduction, fabric=fabric)
        return {"lut": int(lut), "dsp": reduction * fabric.multiplier_is_dsp(weight, activation)}
    if part == "store_lane":
        lut = rules.store_lane + rules.store_lane_per_bit * point["activation_bits"]
        return {"lut": lut, "dsp": rules.store_lane_dsp}
    if part == "steering":
        return {"lut": rules.steering_per_bit * point["activation_bits"], "dsp": 0}
    if part == "stream":
        return {"lut": fabric.stream_lut(point["activation_bits"], point["beat_bits"]), "dsp": 0}
    return {"lut": rules.control, "dsp": 0}


def compare(results: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table: the rules' error per family and part."""
    lines = [
        "| family | part | points | LUT measured | mean error | worst error | DSP |",
        "|---|---|---|---|---|---|---|",
    ]
    for family in FAMILIES:
        fabric = load_fabric(family)
        for part, _, _ in PARTS:
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
    parser.add_argument("--part", choices=[name for name, _, _ in PARTS])
    arguments = parser.parse_args()
    if not arguments.compare:
        RESULTS.write_text(json.dumps(measure(arguments.part), indent=1) + "\n")
    print("\n".join(compare(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()

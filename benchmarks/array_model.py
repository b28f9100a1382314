"""How fast layers on arrays are priced, beside ZigZag on the same layers, arrays and mappings.

``python benchmarks/array_model.py [--zigzag PYTHON]`` prints JSON and writes it to ``results/array_model.json``.
PYTHON is an interpreter that has zigzag-dse (extra `peers`), this one if it has it; without one, only ours is timed.
Times are CPU seconds of one thread; quote the ratio.

Cases are random: layers and spatial mappings of the 168-element array in validation/data/access_counts.json, every
other factor split at random over registers, buffer and DRAM, under one of three loop orders; those that do not fit
are drawn again. ZigZag is timed on the first of them. Its energies there, and on cases drawn like them for all three
arrays of the file, have to be those that its convention gives to our counts.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import torch

from cosearch.cost.asic import ArrayNest, group_nests, nest_of, price_layers, rates_of_array, structure_of
from cosearch.errors import MappingError
from cosearch.hardware import check_array_mapping, load_technology
from cosearch.records import canonical_json, write_atomically
from cosearch.validate.access import LEVELS, AccessCase, Counted, read_access_cases, zigzag_counts

ROOT = Path(__file__).parent
DATA = ROOT.parent / "validation" / "data" / "access_counts.json"
RESULT = ROOT / "results" / "array_model.json"
DIMS = ["N", "K", "C", "OX", "OY", "FX", "FY"]
ORDERS = (DIMS, DIMS[::-1], ["FX", "FY", "C", "K", "OX", "OY", "N"])
CASES = 24576
TIMED_CASES = 60
TIMED_SECONDS = 20
CHECKED_CASES = 600
REPEATS = 7


def prime_factors(number: int) -> list[int]:
    """Prime factors with repetition."""
    found = []
    divisor = 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


def draw(entry: dict, rng: random.Random) -> dict:
    """An entry of the file with other temporal factors and orders."""
    spatial = entry["mapping"]["factors"]["SP"]
    factors = {level: dict.fromkeys(entry["layer"]["dims"], 1) for level in LEVELS}
    for dim, bound in entry["layer"]["dims"].items():
        for prime in prime_factors(bound // spatial.get(dim, 1)):
            factors[rng.choices(list(LEVELS), weights=(1, 3, 3))[0]][dim] *= prime
    order = [dim for dim in rng.choice(ORDERS) if dim in entry["layer"]["dims"]]
    mapping = {**entry["mapping"], "factors": {**factors, "SP": spatial}, "perm": dict.fromkeys(LEVELS, order)}
    return {**entry, "mapping": mapping}


def random_cases(count: int, arrays: tuple[str, ...], folder: Path) -> tuple[list[AccessCase], list[dict]]:
    """Cases that fit, and their entries in the form of the file."""
    rng = random.Random(0)
    entries = [entry for entry in json.loads(DATA.read_text())["cases"] if entry["arch"] in arrays]
    kept: list[tuple[AccessCase, dict]] = []
    path = folder / "drawn.json"
    while len(kept) < count:
        drawn = [{**draw(rng.choice(entries), rng), "id": index} for index in range(2048)]
        path.write_text(json.dumps({"cases": drawn}))
        kept += [pair for pair in zip(read_access_cases(path), drawn, strict=True) if fits(pair[0])]
    return [case for case, _ in kept[:count]], [entry for _, entry in kept[:count]]


def fits(case: AccessCase) -> bool:
    """Whether the array can run it."""
    try:
        check_array_mapping(case.layer, case.mapping, case.array)
    except MappingError:
        return False
    return True


def price(nest: ArrayNest, structure, rates) -> None:
    """Every metric of a batch; a copy keeps nothing of what was worked out before."""
    names = ArrayNest.__dataclass_fields__
    price_layers(ArrayNest(**{name: getattr(nest, name) for name in names}), structure, rates)


def median_seconds(call, repeats: int = REPEATS) -> float:
    """Median CPU time of a call."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return sorted(times)[repeats // 2]


def zigzag_energy(case: AccessCase) -> float:
    """What ZigZag's convention gives a case."""
    counted = Counted(case)
    energy = counted.macs * case.joules["MAC"]
    for (place, _), entry in zigzag_counts(counted).items():
        energy += sum(entry.values()) * case.joules[next(name for name, ours in LEVELS.items() if ours == place)]
    return energy


def run_zigzag(python: str, cases: list[AccessCase], entries: list[dict], folder: Path, seconds: int = 0) -> float:
    """ZigZag's CPU seconds for a case, after its energies were found to be those of the same cases."""
    path = folder / "zigzag.json"
    path.write_text(json.dumps({"cases": entries}))
    command = [python, str(ROOT / "zigzag_cases.py"), str(path), str(seconds)]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=550).stdout)
    for case, energy in zip(cases, told["energies"], strict=True):
        if abs(zigzag_energy(case) / energy - 1) > 1e-9:
            raise SystemExit(f"{case.name}: ZigZag says {energy}, its convention {zigzag_energy(case)}")
    return told["seconds"]


def main() -> None:
    """Measure on one thread."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zigzag", default=sys.executable if find_spec("zigzag") else None)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cases, entries = random_cases(CASES, ("eyeriss168",), Path(folder))
        array = cases[0].array
        rates, structure = rates_of_array(array, load_technology("65nm")), structure_of(array, loads_weights=True)
        nests = [nest_of(case.layer, case.mapping) for case in cases]
        batches = [batch for _, batch in group_nests(nests)]
        batched = median_seconds(lambda: [price(batch, structure, rates) for batch in batches])
        alone = median_seconds(lambda: [price_layers(nest, structure, rates) for nest in nests[:200]]) / 200
        figures: dict[str, object] = {
            "command": "python benchmarks/array_model.py --zigzag PYTHON",
            "cases": len(cases),
            "layers": len({case.layer.name for case in cases}),
            "batches": len(batches),
            "evaluations_per_second": round(len(cases) / batched),
            "evaluations_per_second_one_at_a_time": round(1 / alone),
        }
        if arguments.zigzag:
            timed = cases[:TIMED_CASES], entries[:TIMED_CASES]
            seconds = run_zigzag(arguments.zigzag, *timed, Path(folder), TIMED_SECONDS)
            checked = random_cases(CHECKED_CASES, ("eyeriss168", "ws16x16", "os8x8"), Path(folder))
            run_zigzag(arguments.zigzag, *checked, Path(folder))
            figures |= {
                "zigzag_evaluations_per_second": round(1 / seconds, 1),
                "zigzag_timed_cases": TIMED_CASES,
                "zigzag_energies_equal": TIMED_CASES + CHECKED_CASES,
                "ratio": round(len(cases) / batched * seconds),
            }
        else:
            print("zigzag-dse is not installed; timing ours alone (pip install cosearch[peers])", file=sys.stderr)
    text = canonical_json(figures)
    print(text, end="")
    RESULT.parent.mkdir(exist_ok=True)
    write_atomically(RESULT, text)


if __name__ == "__main__":
    main()

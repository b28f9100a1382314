"""Run random layers on the chunk in Verilog; outputs bit for bit, cycles one for one. Needs Verilator.

python validation/rtl_chunk.py [NUM_INSTANCES] [SEED] [--json] [--out results/rtl_chunk.json] [--keep FOLDER]

Builds are kept apart: with --keep, what a killed run has finished is not run again.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cosearch.errors import InputError
from cosearch.handoff.rtl import bench_source, verilog_sources
from cosearch.records import canonical_json, write_atomically
from cosearch.validate.rtl import LAYERS_A_BUILD, InstanceResult, run_build, summarise


def main() -> int:
    """Run the comparison; 1 if a target is missed, 2 if it cannot run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_instances", nargs="?", type=int, default=210)
    parser.add_argument("seed", nargs="?", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    results: list[InstanceResult] = []
    try:
        for build in range(-(-arguments.num_instances // LAYERS_A_BUILD)):
            num = min(LAYERS_A_BUILD, arguments.num_instances - len(results))
            results += kept_build(build, num, arguments.seed, arguments.keep)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    comparison = summarise(results)
    if arguments.out:
        command = f"python validation/rtl_chunk.py {arguments.num_instances} {arguments.seed}"
        write_atomically(arguments.out, canonical_json({"command": command, **comparison.model_dump(mode="json")}))
    print(json.dumps(comparison.summary(), indent=None if arguments.json else 2))
    return 0 if comparison.met else 1


def kept_build(build: int, num: int, seed: int, folder: Path | None) -> list[InstanceResult]:
    """The results of one build, from an earlier run where there are any."""
    if folder is None:
        return run_build(build, num, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sources_hash()}-{seed}-{build}-{num}.json"
    if path.exists():
        return [InstanceResult.model_validate(entry) for entry in json.loads(path.read_text())]
    results = run_build(build, num, seed)
    write_atomically(path, canonical_json([one.model_dump(mode="json") for one in results]))
    return results


def sources_hash() -> str:
    """What was run: results of other Verilog are not taken over."""
    texts = [path.read_bytes() for path in (*verilog_sources(), bench_source())]
    return hashlib.sha256(b"".join(texts)).hexdigest()[:12]


if __name__ == "__main__":
    sys.exit(main())

"""ZigZag's side of array_model.py: evaluate cases as they are mapped, in an interpreter that has zigzag-dse.

``python benchmarks/zigzag_cases.py FILE [SECONDS]`` reads cases in the form of validation/data/access_counts.json,
evaluates each once, then all in turn until so many CPU seconds have passed, 0 unless said, and prints JSON: CPU
seconds of an evaluation with layer, array and spatial mapping built before, or null, and each case's energy.
"""

import json
import logging
import sys
import time

from zigzag.cost_model.cost_model import CostModelEvaluation
from zigzag.datatypes import LayerDim, LayerOperand
from zigzag.mapping.temporal_mapping import TemporalMapping, TemporalMappingType
from zigzag.parser.accelerator_factory import AcceleratorFactory
from zigzag.parser.workload_factory import LayerNodeFactory
from zigzag.stages.mapping.spatial_mapping_conversion import SpatialMappingConversionStage

DIMS = {"N": "B", "K": "K", "C": "C", "OY": "OY", "OX": "OX", "FY": "FY", "FX": "FX"}
LEVELS = ("RF", "GLB", "DRAM")
WORD_BITS = 16
NAMES = {"I": "I1", "W": "I2", "O": "O"}


def memory(size, joules, operands, served):
    """One memory that all of some operands share, with a port of one word for every direction."""
    directions = {"I1": ("fh", "tl"), "I2": ("fh", "tl"), "O": ("fh", "tl", "fl", "th")}
    uses = [(operand, direction) for operand in operands for direction in directions[operand]]
    ports = [
        {
            "name": f"{'r' if direction[0] == 't' else 'w'}_port_{number}",
            "type": "read" if direction[0] == "t" else "write",
            "bandwidth_min": WORD_BITS,
            "bandwidth_max": WORD_BITS,
            "allocation": [f"{operand}, {direction}"],
        }
        for number, (operand, direction) in enumerate(uses, 1)
    ]
    return {
        "size": size,
        "mem_type": "sram",
        "r_cost": joules,
        "w_cost": joules,
        "area": 0,
        "latency": 1,
        "auto_cost_extraction": False,
        "force_double_buffering": False,
        "operands": list(operands),
        "ports": ports,
        "served_dimensions": served,
    }


def accelerator(spec):
    """The array: registers of each element for each operand, a buffer, and DRAM; energies are a word's."""
    joules = spec["e"]
    memories = {
        f"rf_{NAMES[operand]}": memory(spec["rf"] * WORD_BITS, joules["RF"], (NAMES[operand],), [])
        for operand in spec["keep_rf"]
    }
    buffered = tuple(name for operand, name in NAMES.items() if operand in spec["keep_glb"])
    memories["glb"] = memory(spec["glb"] * WORD_BITS, joules["GLB"], buffered, ["D1", "D2"])
    memories["dram"] = memory(2**50, joules["DRAM"], tuple(NAMES.values()), ["D1", "D2"])
    data = {
        "name": "array",
        "operational_array": {
            "is_imc": False,
            "unit_energy": joules["MAC"],
            "unit_area": 0,
            "dimensions": ["D1", "D2"],
            "sizes": [spec["X"], spec["Y"]],
            "systolic_dimensions": [],
        },
        "memories": memories,
    }
    return AcceleratorFactory(data).create()


def layer_node(case):
    """The layer with its spatial mapping."""
    layer, mapping = case["layer"], case["mapping"]
    dims, stride, depthwise = layer["dims"], layer["stride"], layer["dw"]
    sizes = {DIMS[dim]: size for dim, size in dims.items() if not (depthwise and dim == "K")}
    weights = "W[c][fy][fx]" if depthwise else "W[k][c][fy][fx]"
    outputs = "O[b][c][oy][ox]" if depthwise else "O[b][k][oy][ox]"
    node = {
        "id": 0,
        "name": layer["name"],
        "operator_type": "Conv",
        "equation": f"{outputs}+=I[b][c][iy][ix]*{weights}",
        "dimension_relations": [f"ix={stride}*ox+1*fx", f"iy={stride}*oy+1*fy"],
        "loop_dims": list(sizes),
        "loop_sizes": list(sizes.values()),
        "operand_precision": {"O": 16, "O_final": 16, "W": 16, "I": 16},
        "operand_source": {"W": 0, "I": 0},
    }
    spatial = {"D1": [], "D2": []}
    for dim, factor in mapping["factors"]["SP"].items():
        spatial["D1" if mapping["axis"][dim] == "X" else "D2"].append(f"{DIMS[dim]}, {factor}")
    hints = {"spatial_mapping_hint": None, "temporal_ordering": None}
    links = {"O": "O", "W": "I2", "I": "I1"}
    entry = {"name": "default", "spatial_mapping": spatial, "memory_operand_links": links, **hints}
    return LayerNodeFactory(node, [entry]).create()


def levels_of(case, operand):
    """Temporal loops of each memory that keeps an operand, from the inside out; others pass theirs outwards."""
    mapping, spec = case["mapping"], case["arch_spec"]
    levels, passed = [], []
    for level in LEVELS:
        passed += [
            (LayerDim(DIMS[dim]), mapping["factors"][level][dim])
            for dim in mapping["perm"][level]
            if mapping["factors"][level].get(dim, 1) > 1
        ]
        if level == "DRAM" or operand in spec[f"keep_{level.lower()}"]:
            levels.append(passed)
            passed = []
    return levels


def evaluation(case):
    """A function that evaluates a case, with the layer, the array and the mapping built before."""
    node, array = layer_node(case), accelerator(case["arch_spec"])
    node.spatial_mapping.initialize_oa_dims(array.operational_array.dimension_sizes)
    stage = SpatialMappingConversionStage([None], accelerator=array, layer=node)
    spatial, spatial_int = stage.convert_user_spatial_mapping(node.spatial_mapping)
    loops = {LayerOperand(operand): levels_of(case, operand) for operand in NAMES}

    def run():
        temporal = TemporalMapping(loops, node, TemporalMappingType.EVEN)
        return CostModelEvaluation(
            accelerator=array,
            layer=node,
            spatial_mapping=spatial,
            spatial_mapping_int=spatial_int,
            temporal_mapping=temporal,
            access_same_data_considered_as_no_access=False,
        )

    return run


def main():
    """Evaluate all cases, and time them in turn."""
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1]) as file:
        cases = json.load(file)["cases"]
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else 0
    runs = [evaluation(case) for case in cases]
    energies = [run().energy_total for run in runs]
    start, rounds = time.process_time(), 0
    while time.process_time() - start < limit:
        for run in runs:
            run()
        rounds += 1
    seconds = (time.process_time() - start) / (rounds * len(runs)) if rounds else None
    print(json.dumps({"seconds": seconds, "energies": energies}))


if __name__ == "__main__":
    main()

"""ZigZag's side of zigzag_mappings.py: its own mapper on one layer and array, in an interpreter that has zigzag-dse.

``python benchmarks/zigzag_search.py`` reads a question as JSON from the standard input, in the form that
zigzag_mappings.py writes, and prints JSON: the CPU and wall seconds of the search, and all mappings that it priced.
The stages, their order and their options are those of ZigZag's own interface; instead of keeping the best of one
objective, every mapping is noted, which takes no time to speak of. Mappings that the question names under `judged`
are priced by ZigZag's model instead, those that it could have, and nothing is searched.
"""

import json
import logging
import math
import sys
import time

from zigzag.cost_model.cost_model import CostModelEvaluation
from zigzag.datatypes import LayerDim, LayerOperand
from zigzag.mapping.temporal_mapping import TemporalMapping, TemporalMappingType
from zigzag.opt.loma.engine import NoValidLoopOrderingFoundException
from zigzag.parser.accelerator_factory import AcceleratorFactory
from zigzag.parser.workload_factory import LayerNodeFactory
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.mapping.spatial_mapping_conversion import SpatialMappingConversionStage
from zigzag.stages.mapping.spatial_mapping_generation import SpatialMappingGeneratorStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.workload.layer_attributes import LayerDimSizes

NAMES = {"I": "I1", "W": "I2", "O": "O"}
DIRECTIONS = {"I": ("fh", "tl"), "W": ("fh", "tl"), "O": ("fh", "tl", "fl", "th")}
DIMS = {"N": "B", "G": "G", "K": "K", "C": "C", "OY": "OY", "OX": "OX", "FY": "FY", "FX": "FX"}
OURS = {theirs: ours for ours, theirs in DIMS.items()}


def ports(entry):
    """Ports of a memory: one for what is read and one for what is written, or one for both."""
    reads, writes = [], []
    for operand in entry["operands"]:
        for direction in DIRECTIONS[operand]:
            (reads if direction[0] == "t" else writes).append(f"{NAMES[operand]}, {direction}")
    shared = [("rw_port_1", "read_write", reads + writes, entry["read_bits"])]
    apart = [
        ("r_port_1", "read", reads, entry["read_bits"]),
        ("w_port_1", "write", writes, entry["write_bits"]),
    ]
    own = [
        (f"{'r' if use[-2] == 't' else 'w'}_port_{number}", "read" if use[-2] == "t" else "write", [use], bits)
        for number, (use, bits) in enumerate(
            [*((use, entry["read_bits"]) for use in reads), *((use, entry["write_bits"]) for use in writes)], 1
        )
    ]
    return [
        {
            "name": name,
            "type": kind,
            "bandwidth_min": min(entry["width_bits"], bits),
            "bandwidth_max": bits,
            "allocation": uses,
        }
        for name, kind, uses, bits in {"one": shared, "two": apart, "each": own}[entry["ports"]]
    ]


def memory(entry):
    """One memory of the array in ZigZag's form; energies are those of an access at full rate."""
    return {
        "size": entry["size_bits"],
        "mem_type": "sram",
        "r_cost": entry["read_joules"] * entry["read_bits"] / entry["width_bits"],
        "w_cost": entry["write_joules"] * entry["write_bits"] / entry["width_bits"],
        "area": 0,
        "latency": 1,
        "auto_cost_extraction": False,
        "force_double_buffering": entry["double_buffered"],
        "operands": [NAMES[operand] for operand in entry["operands"]],
        "ports": ports(entry),
        "served_dimensions": [] if entry["in_each_element"] else ["D1", "D2"],
    }


def accelerator(spec):
    """The array: columns are D1, rows are D2."""
    data = {
        "name": spec["name"],
        "operational_array": {
            "is_imc": False,
            "unit_energy": spec["mac_joules"],
            "unit_area": 0,
            "dimensions": ["D1", "D2"],
            "sizes": [spec["columns"], spec["rows"]],
            "systolic_dimensions": [],
        },
        "memories": {entry["name"]: memory(entry) for entry in spec["memories"]},
    }
    return AcceleratorFactory(data).create()


def layer_node(layer, spatial):
    """The layer; of a depthwise one, channels are a loop of all three operands."""
    dims = {DIMS[dim]: size for dim, size in layer["dims"].items()}
    group = "[g]" if layer["dims"]["G"] > 1 else ""
    if not group:
        del dims["G"]
    if group and layer["dims"]["K"] == layer["dims"]["C"] == 1:
        del dims["K"], dims["C"]
        inputs, weights, outputs = "I[b][g][iy][ix]", "W[g][fy][fx]", "O[b][g][oy][ox]"
    else:
        inputs, weights = f"I[b]{group}[c][iy][ix]", f"W{group}[k][c][fy][fx]"
        outputs = f"O[b]{group}[k][oy][ox]"
    node = {
        "id": 0,
        "name": layer["name"],
        "operator_type": "Conv",
        "equation": f"{outputs}+={inputs}*{weights}",
        "dimension_relations": [
            f"ix={layer['stride_x']}*ox+{layer['dilation_x']}*fx",
            f"iy={layer['stride_y']}*oy+{layer['dilation_y']}*fy",
        ],
        "loop_dims": list(dims),
        "loop_sizes": list(dims.values()),
        "operand_precision": layer["bits"],
        "operand_source": {"W": 0, "I": 0},
    }
    hints = {"spatial_mapping_hint": None, "temporal_ordering": None}
    links = {"O": "O", "W": "I2", "I": "I1"}
    entry = {"name": "default", "spatial_mapping": spatial, "memory_operand_links": links, **hints}
    return LayerNodeFactory(node, [entry]).create()


def spatial_factors(node, mapping):
    """Factors along D1 and D2 that cover their loops in as few steps as ZigZag takes, no wider than needed."""
    sizes = dict(node.layer_dim_sizes.items())
    unrolled = {}
    for factors in mapping.values():
        for dim, factor in factors.items():
            unrolled[dim] = unrolled.get(dim, 1) * factor
    found = {}
    for axis, factors in mapping.items():
        found[str(axis)] = {}
        for dim, factor in factors.items():
            rest = int(unrolled[dim] // factor)
            steps = math.ceil(sizes[dim] / unrolled[dim])
            trimmed = math.ceil(sizes[dim] / (steps * rest)) if rest == 1 else factor
            found[str(axis)][OURS[str(dim)]] = int(trimmed)
    return found


def noted(node, evaluation, spatial):
    """A mapping as JSON: loops from the innermost outwards, and how many of them each memory of an operand holds."""
    levels = evaluation.temporal_mapping.mapping_dic_origin
    outputs = levels[LayerOperand("O")]
    loops = [[OURS[str(dim)], int(size)] for level in outputs for dim, size in level]
    held = {}
    for operand, each in levels.items():
        inside, counts = 0, []
        for level in each:
            inside += len(level)
            counts.append(inside)
        held[str(operand)] = counts
    return {
        "spatial": spatial_factors(node, spatial),
        "loops": loops,
        "held": held,
        "energy": float(evaluation.energy_total),
        "cycles": float(evaluation.latency_total2),
    }


def search(question):
    """ZigZag's search of one layer, with its time."""
    array = accelerator(question["array"])
    node = layer_node(question["layer"], question.get("spatial", {}))
    stage = SpatialMappingGeneratorStage(
        [TemporalMappingGeneratorStage, CostModelStage],
        accelerator=array,
        layer=node,
        nb_mappings_generated=question["spatial_mappings"],
        enable_mix_spatial_mapping_generation=question["mixed"],
        loma_lpf_limit=question["lpf_limit"],
        loma_show_progress_bar=False,
        access_same_data_considered_as_no_access=False,
        temporal_mapping_type=TemporalMappingType(question["type"]),
    )
    found, failed = [], ""
    wall, start = time.perf_counter(), time.process_time()
    try:
        found.extend((evaluation, extra[0]) for evaluation, extra in lean(stage.run()))
    except (NoValidLoopOrderingFoundException, AssertionError) as error:
        failed = str(error).split("\n", maxsplit=1)[0]
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    mappings = [noted(node, evaluation, spatial) for evaluation, spatial in found]
    return {"seconds": seconds, "wall_seconds": wall, "failed": failed, "mappings": mappings}


def judge(question, mapping):
    """What ZigZag's model says of a mapping, or why it could not have it."""
    spec, layer = question["array"], question["layer"]
    factors = {axis: {dim: size for dim, size in own.items() if size > 1} for axis, own in mapping["spatial"].items()}
    sizes = {"D1": spec["columns"], "D2": spec["rows"]}
    if any(math.prod(own.values()) > sizes[axis] for axis, own in factors.items()):
        return {"why": "array"}
    for dim, bound in layer["dims"].items():
        unrolled = math.prod(own.get(dim, 1) for own in factors.values())
        if math.prod(size for name, size in mapping["loops"] if name == dim) != math.ceil(bound / unrolled):
            return {"why": "surplus"}
    spatial = {axis: [f"{DIMS[dim]}, {size}" for dim, size in own.items()] for axis, own in factors.items()}
    node, array = layer_node(layer, {axis: own for axis, own in spatial.items() if own}), accelerator(spec)
    for entry in spec["memories"]:
        if (
            sum(bits_held(node, question, entry, mapping, operand) for operand in entry["operands"])
            > entry["size_bits"]
        ):
            return {"why": entry["name"]}
    return {"why": "", **priced(node, array, question, mapping)}


def levels_of(question, mapping, operand):
    """Temporal loops of each memory of an operand, from the inside out."""
    kept = [entry["name"].split("_")[0] for entry in question["array"]["memories"] if operand in entry["operands"]]
    loops, start, levels = mapping["loops"], 0, []
    for name in kept:
        end = len(loops) if name == "dram" else mapping["ends"][name]
        levels.append([(LayerDim(DIMS[dim]), size) for dim, size in loops[start:end]])
        start = end
    return levels


def bits_held(node, question, entry, mapping, operand):
    """Bits that an operand takes of a memory by ZigZag's own sizes, twice where it doubles them."""
    level = entry["name"].split("_")[0]
    if level == "dram":
        return 0
    loops, end = mapping["loops"], mapping["ends"][level]
    extents = {dim: 1 for dim in question["layer"]["dims"]}
    for dim, size in loops[:end]:
        extents[dim] *= size
    for factors in [] if entry["in_each_element"] else mapping["spatial"].values():
        for dim, size in factors.items():
            extents[dim] *= size
    held = LayerDimSizes({LayerDim(theirs): extents[ours] for ours, theirs in DIMS.items()})
    size = node.calc_tensor_size(LayerOperand(operand), held)
    whole = node.calc_tensor_size(LayerOperand(operand), node.layer_dim_sizes)
    bits = question["layer"]["bits"]
    rest = [LayerDim(DIMS[dim]) for dim, _ in loops[end:]]
    unfinished = operand == "O" and any(
        dim in node.get_operand_irrelevant_layer_dims(LayerOperand("O")) for dim in rest
    )
    width = bits["O_final"] if operand == "O" and not unfinished else bits[operand]
    return size * width * (2 if entry["double_buffered"] and rest and size < whole else 1)


def priced(node, array, question, mapping):
    """Energy and cycles of a mapping by ZigZag's model."""
    node.spatial_mapping.initialize_oa_dims(array.operational_array.dimension_sizes)
    stage = SpatialMappingConversionStage([None], accelerator=array, layer=node)
    spatial, spatial_int = stage.convert_user_spatial_mapping(node.spatial_mapping)
    loops = {LayerOperand(operand): levels_of(question, mapping, operand) for operand in NAMES}
    evaluation = CostModelEvaluation(
        accelerator=array,
        layer=node,
        spatial_mapping=spatial,
        spatial_mapping_int=spatial_int,
        temporal_mapping=TemporalMapping(loops, node, TemporalMappingType.EVEN),
        access_same_data_considered_as_no_access=False,
    )
    return {"energy": float(evaluation.energy_total), "cycles": float(evaluation.latency_total2)}


class Noted:
    """What is kept of an evaluation; all of it would fill the memory."""

    def __init__(self, evaluation):
        self.temporal_mapping: TemporalMapping = evaluation.temporal_mapping
        self.energy_total = evaluation.energy_total
        self.latency_total2 = evaluation.latency_total2


def lean(pairs):
    """Evaluations with only what is noted of them."""
    for evaluation, extra in pairs:
        yield Noted(evaluation), extra


def main():
    """Answer one question."""
    logging.disable(logging.CRITICAL)
    question = json.load(sys.stdin)
    judged = question.get("judged")
    found = search(question) if judged is None else {"judged": [judge(question, each) for each in judged]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""The chunk in Verilog: outputs bit for bit, cycles one for one; a broken chunk is seen."""

import random
import shutil
import subprocess

import pytest

from cosearch.handoff.rtl import chunk_parameters, verilog_sources
from cosearch.hardware import DramPort
from cosearch.validate.rtl import InstanceResult, random_chunk, random_instance, run_build, summarise, verilator


@pytest.mark.verilator
@pytest.mark.parametrize("build", [5, 3])  # depthwise on wide beats; resident weights
def test_random_layers_are_exact_in_values_and_in_time(build):
    for one in run_build(build, 8, seed=1):
        assert one.wrong_outputs == 0, one
        assert one.rtl_cycles == one.simulated_cycles, one
        assert one.beats_equal, one
        assert one.spread > 0 or one.outputs == 1, one


BREAKS = (
    ("array.v", "reg [8:1] valid;", "reg [9:1] valid;"),
    ("array.v", "valid <= {valid[7:1], issue};", "valid <= {valid[8:1], issue};"),
    (
        "array.v",
        "is_last = valid[8] && !issue && valid[7:1] == 7'd0;",
        "is_last = valid[9] && !issue && valid[8:1] == 0;",
    ),
    ("store_engine.v", "if (relu && value < 0) value = 0;", "if (relu && value < 0) value = 1000;"),
)


@pytest.mark.verilator
def test_a_chunk_that_is_late_by_a_cycle_and_clips_wrongly_is_seen(tmp_path, monkeypatch):
    folder = tmp_path / "verilog"
    shutil.copytree(verilog_sources()[0].parent, folder)
    for name, good, bad in BREAKS:
        text = (folder / name).read_text()
        assert good in text
        (folder / name).write_text(text.replace(good, bad))
    broken = tuple(folder / path.name for path in verilog_sources())
    monkeypatch.setattr(verilator, "verilog_sources", lambda: broken)
    figures = summarise(run_build(0, 8, seed=2)).figures
    assert figures["instances_with_other_cycles"] > 0
    assert figures["instances_with_wrong_outputs"] > 0


@pytest.mark.verilator
def test_the_verilog_has_no_lint_beyond_widths():
    sources = verilog_sources()
    done = subprocess.run(
        ["verilator", "--lint-only", "-Wall", "-Wno-WIDTH", "-Wno-DECLFILENAME", "-Wno-UNUSED", "-Wno-BLKSEQ",
         "--default-language", "1364-2005", f"-I{sources[0].parent}", "--top-module", "chunk", *map(str, sources)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.yosys
def test_multipliers_become_the_slices_that_resources_count(tmp_path):
    sources = [path for path in verilog_sources() if path.name in ("array.v",)]
    script = (
        f"read_verilog {' '.join(map(str, sources))}; chparam -set K 2 -set C 3 -set I_LANES 3 array; "
        "synth_xilinx -family xc7 -top array -flatten; stat"
    )
    done = subprocess.run(
        ["yosys", "-p", script], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    counts = [line.split() for line in done.stdout.splitlines() if line.strip().startswith("DSP48E1")]
    assert counts[-1] == ["DSP48E1", "6"]


def test_random_instances_replay_and_are_legal():
    for index in range(4):
        chunk, beat_bits = random_chunk(random.Random(index), index)
        first = random_instance(random.Random(7), chunk, beat_bits)
        assert first == random_instance(random.Random(7), chunk, beat_bits)
        port = DramPort(beat_bits=beat_bits, burst_latency_cycles=0, total_slots=64)
        assert chunk_parameters(chunk, port).DEPTHWISE == (index % 3 == 2)


def test_the_summary_counts_what_differs():
    good = InstanceResult(
        build=0, layer="a", simulated_cycles=100, rtl_cycles=100, beats_equal=True, outputs=4, wrong_outputs=0,
        spread=1.0,
    )  # fmt: skip
    late = good.model_copy(update={"rtl_cycles": 101})
    wrong = good.model_copy(update={"wrong_outputs": 1, "beats_equal": False, "spread": 0.0})
    figures = summarise([good, late, wrong]).figures
    assert figures["instances_with_other_cycles"] == figures["instances_with_wrong_outputs"] == 1
    assert figures["instances_with_other_beats"] == figures["instances_with_constant_outputs"] == 1
    assert not summarise([good] * 199).met
    assert summarise([good] * 200).met

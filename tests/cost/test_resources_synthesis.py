"""The rules against what Yosys made of the parts; docs/resources.md has the table."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cosearch.hardware import load_fabric

FAMILIES = ("7series", "ultrascale+")
VALIDATION = Path(__file__).parents[2] / "validation"
MEASURED = json.loads((VALIDATION / "results" / "lut_costs.json").read_text())["points"]


def is_8_bit(point: dict[str, Any]) -> bool:
    return (point["weight_bits"], point["activation_bits"]) == (8, 8)


class TestAgainstSynthesis:
    @pytest.fixture
    def script(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.syspath_prepend(str(VALIDATION))
        return importlib.import_module("lut_costs")

    # The largest error of a part, as docs/resources.md states it; lanes at 16 x 16 bits stand apart.
    @pytest.mark.parametrize(
        ("part", "largest"),
        [
            ("multiplier", 0.0),
            ("lut_multiplier", 0.0),
            ("lane", 0.04),
            ("lut_lane", 0.03),
            ("packed_lanes", 0.1),
            ("pooling_lane", 0.11),
            ("store_lane", 0.05),
            ("table", 0.0),
            ("steering", 0.0),
            ("selector", 0.0),
            ("rotator", 0.0),
            ("unpacker", 0.15),
            ("packer", 0.15),
            ("leg", 0.0),
            ("control", 0.12),
        ],
    )
    @pytest.mark.parametrize("family", FAMILIES)
    def test_rules_are_as_near_as_stated(self, script: Any, family: str, part: str, largest: float) -> None:
        points = [p for p in MEASURED if (p["family"], p["part"]) == (family, part)]
        assert len(points) >= 3
        for point in points:
            said = script.predict(point, load_fabric(family))
            assert (said["dsp"], said["lutram"]) == (point["dsp"], point["lutram"]), point
            if part != "lane" or point["weight_bits"] != 16:
                assert abs(said["lut"] - point["lut"]) <= largest * point["lut"], (said, point)

    def test_packed_lanes_take_half_the_slices_of_two(self) -> None:
        lanes = {(p["family"], p["reduction"]): p["dsp"] for p in MEASURED if p["part"] == "lane" and is_8_bit(p)}
        packed = [p for p in MEASURED if p["part"] == "packed_lanes" and is_8_bit(p)]
        both = [p for p in packed if (p["family"], p["reduction"]) in lanes]
        assert len(both) == 6
        for point in both:
            two_lanes = 2 * lanes[point["family"], point["reduction"]]
            assert point["dsp"] == two_lanes // 2 == point["reduction"]

    @pytest.mark.yosys
    @pytest.mark.skipif(shutil.which("yosys") is None, reason="the counts are of the native program")
    def test_synthesis_repeats_the_committed_numbers(self, script: Any) -> None:
        case = {"weight_bits": 8, "activation_bits": 8, "reduction": 4}
        found = script.synthesise(script.verilog.lane(**case), "7series")
        (point,) = (
            p for p in MEASURED if p["family"] == "7series" and case.items() <= p.items() and p["part"] == "lane"
        )
        assert found["dsp"] == point["dsp"]
        assert found["lut"] == pytest.approx(point["lut"], rel=0.3)  # versions of Yosys differ by 20 %

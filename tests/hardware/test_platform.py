from pathlib import Path
from typing import Any

import pytest
import yaml

from cosearch.errors import HardwareError
from cosearch.hardware import FRAME_SLOTS, Dram, Platform, load_platform, platform_names


def changed(**changes: Any) -> Platform:
    return Platform.model_validate({**load_platform("zc706").model_dump(), **changes})


def dram(**changes: Any) -> Dram:
    return Dram.model_validate({**load_platform("zc706").dram.model_dump(), **changes})


@pytest.mark.parametrize("name", platform_names())
def test_every_shipped_platform_has_a_budget_a_port_and_its_own_name(name: str) -> None:
    platform = load_platform(name)
    assert platform.name == name
    assert all(amount >= 0 for amount in platform.budget().values())
    assert platform.budget()["dsp"] > 0
    assert 2 <= platform.port(platform.clock_hertz).total_slots <= FRAME_SLOTS


def test_the_budget_is_the_usable_part_less_the_shell() -> None:
    platform = changed(usable_fraction=0.5, shell={"dsp": 10, "bram18": 20, "uram": 0, "lut": 3000})
    assert platform.budget() == {"dsp": 440, "bram18": 525, "uram": 0, "lut": 106300, "lutram": 35200}


def test_a_platform_says_how_many_luts_may_be_memory() -> None:
    resources = load_platform("zc706").resources.model_dump()
    with pytest.raises(ValueError, match=r"resources\.lutram is 0; give how many of the 218600 LUTs may be memory"):
        changed(resources={**resources, "lutram": 0})
    with pytest.raises(ValueError, match=r"resources\.lutram is 218601; give how many"):
        changed(resources={**resources, "lutram": 218601})


def test_slots_are_bounded_by_the_usable_bandwidth() -> None:
    platform = changed(dram=dram(bandwidth_bits_per_second=3.2e10, usable_fraction=0.5, beat_bits=128))
    assert platform.port(2e8).total_slots == 40  # 80 of 128 bits a cycle
    assert platform.port(1e8).total_slots == FRAME_SLOTS


def test_a_burst_costs_whole_cycles() -> None:
    platform = changed(dram=dram(burst_latency_seconds=4.2e-8))
    assert platform.port(2e8).burst_latency_cycles == 9
    assert platform.port(1e8).burst_latency_cycles == 5


def test_a_memory_too_slow_for_two_slots_is_refused() -> None:
    slow = changed(dram=dram(bandwidth_bits_per_second=8e8, usable_fraction=1.0))
    assert slow.port(2e8).total_slots == 2
    with pytest.raises(HardwareError) as caught:
        slow.port(4e8)
    assert str(caught.value) == (
        "zc706: 2 bits a cycle fill 1 of 64 slots of 128 bits, 2 are needed; narrow dram.beat_bits or lower the clock"
    )


def test_an_unknown_name_lists_what_is_shipped() -> None:
    with pytest.raises(HardwareError) as caught:
        load_platform("zc705")
    expected = f"no platform is called 'zc705'; did you mean 'zc706'? shipped: {', '.join(platform_names())}; "
    assert str(caught.value) == expected + "or give a YAML file"
    with pytest.raises(HardwareError, match=r"^no platform is called 'qqqq'; shipped: "):
        load_platform("qqqq")


def written(folder: Path, value: dict[str, Any]) -> str:
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False))
    return str(path)


def test_a_users_file_is_read(tmp_path: Path) -> None:
    value = {**load_platform("zc706").model_dump(mode="json"), "name": "mine"}
    assert load_platform(written(tmp_path, value)).name == "mine"


def test_a_platform_cites_its_numbers(tmp_path: Path) -> None:
    value = load_platform("zc706").model_dump(mode="json")
    value["sources"] = {key: text for key, text in value["sources"].items() if key not in ("dram", "shell")}
    with pytest.raises(HardwareError) as caught:
        load_platform(written(tmp_path, value))
    assert str(caught.value) == "mine.yaml: sources lacks shell, dram; say where the numbers come from"


@pytest.mark.parametrize(
    ("section", "key", "number", "message"),
    [
        ("dram", "usable_fraction", 1.5, "dram.usable_fraction: input should be less than or equal to 1, not 1.5"),
        ("dram", "beat_bits", 4, "dram.beat_bits: input should be greater than or equal to 8, not 4"),
        ("resources", "dsp", -1, "resources.dsp: input should be greater than or equal to 0, not -1"),
        ("resources", "dsps", 1, "resources.dsps: unknown key; did you mean 'dsp'?"),
    ],
)
def test_a_wrong_number_is_refused_with_its_line(
    tmp_path: Path, section: str, key: str, number: float, message: str
) -> None:
    value = load_platform("zc706").model_dump(mode="json")
    value[section][key] = number
    path = written(tmp_path, value)
    line = 1 + next(
        index for index, text in enumerate(Path(path).read_text().splitlines()) if text.strip() == f"{key}: {number}"
    )
    with pytest.raises(HardwareError) as caught:
        load_platform(path)
    assert str(caught.value) == f"mine.yaml:{line}: {message}"


def test_a_shell_leaves_something_to_build_on(tmp_path: Path) -> None:
    value = load_platform("zc706").model_dump(mode="json")
    value["shell"]["bram18"] = 900
    with pytest.raises(HardwareError) as caught:
        load_platform(written(tmp_path, value))
    assert str(caught.value) == (
        "mine.yaml: the shell's 900 bram18 exceed the usable 872; shrink the shell or raise usable_fraction"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HardwareError, match=r"cannot read .*none\.yaml: No such file or directory; check the path"):
        load_platform(str(tmp_path / "none.yaml"))

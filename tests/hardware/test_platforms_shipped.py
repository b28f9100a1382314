"""The figures of the shipped platforms, written down a second time from the vendor's tables."""

import pytest

from cosearch.hardware import load_fabric, load_platform, platform_names

# DSP, BRAM36, URAM, LUT: AMD DS190 (Zynq-7000), DS891 (Zynq UltraScale+), DS987 (Kria K26), DS180 (Virtex-7),
# DS962 (Alveo). LUTs that may be memory: "LUT as Memory", "Available" in Vivado's utilization reports of the part.
PARTS = {
    "zc706": ("XC7Z045", 900, 545, 0, 218600, 70400),
    "pynq-z2": ("XC7Z020", 220, 140, 0, 53200, 17400),
    "vc707": ("XC7VX485T", 2800, 1030, 0, 303600, 130800),
    "zcu102": ("XCZU9EG", 2520, 912, 0, 274080, 144000),
    "zcu104": ("XCZU7EV", 1728, 312, 96, 230400, 101760),
    "ultra96": ("XCZU3EG", 360, 216, 0, 70560, 28800),
    "kv260": ("XCK26", 1248, 144, 64, 117120, 57600),
    "u250": ("XCU250", 12288, 2688, 1280, 1728000, 791040),
}
# Peak of the memory in bytes a second: data rate times width; of one of its four banks on the U250.
PEAKS = {
    "zc706": 1066e6 * 4,
    "pynq-z2": 1050e6 * 2,
    "zcu102": 2400e6 * 8,
    "zcu104": 2400e6 * 8,
    "ultra96": 1066e6 * 4,
    "kv260": 2400e6 * 8,
    "vc707": 1600e6 * 8,
    "u250": 2400e6 * 8,
}
# Width of one AXI HP port in bits: UG585 (Zynq-7000), UG1085 (Zynq UltraScale+); both have four.
HP_PORT_BITS = {"7series": 64, "ultrascale+": 128}
# Boards without a processor have their controller in the fabric, with a port of 512 bits: UG586, UG1120.
SOFT_PORT_BITS = {"vc707": 512, "u250": 512}


def test_the_usual_boards_are_shipped() -> None:
    assert set(platform_names()) == set(PARTS)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_resources_are_the_parts(name: str) -> None:
    platform = load_platform(name)
    part, dsp, bram36, uram, lut, lutram = PARTS[name]
    have = platform.resources
    assert (platform.part, have.dsp, have.bram18, have.uram) == (part, dsp, 2 * bram36, uram)
    assert (have.lut, have.lutram) == (lut, lutram)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_ultra_ram_is_where_the_family_has_it(name: str) -> None:
    platform = load_platform(name)
    assert platform.resources.uram == 0 or load_fabric(platform.family).uram is not None


@pytest.mark.parametrize("name", sorted(PARTS))
def test_only_boards_with_a_soft_controller_have_a_shell(name: str) -> None:
    platform = load_platform(name)
    assert (platform.shell.lut > 0) == (name in SOFT_PORT_BITS)
    assert platform.sources["shell"].startswith("assumed" if name in SOFT_PORT_BITS else "none")
    assert all(left > 0 for key, left in platform.budget().items() if getattr(platform.resources, key))


@pytest.mark.parametrize("name", sorted(PARTS))
def test_memory_and_ports_are_the_boards(name: str) -> None:
    platform = load_platform(name)
    assert platform.dram.bandwidth_bits_per_second == pytest.approx(8 * PEAKS[name])
    assert 0.6 <= platform.dram.usable_fraction <= 0.85
    ports, rest = divmod(platform.dram.beat_bits, SOFT_PORT_BITS.get(name, HP_PORT_BITS[platform.family]))
    assert rest == 0
    assert 1 <= ports <= 4


@pytest.mark.parametrize("name", sorted(PARTS))
def test_guesses_are_called_guesses(name: str) -> None:
    assert load_platform(name).sources["static_watts"].startswith("assumed")


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_family_has_rules(name: str) -> None:
    family = load_platform(name).family
    assert load_fabric(family).family == family


def test_the_port_of_the_zc706_at_200_megahertz() -> None:
    port = load_platform("zc706").port(2e8)
    # 1066 Mb/s x 32 x 0.75 = 127.92 of 128 bits a cycle; a row miss of 40.5 ns is 8.1 cycles.
    assert (port.beat_bits, port.total_slots, port.burst_latency_cycles) == (128, 63, 9)


def test_the_port_of_the_vc707_carries_all_of_its_memory() -> None:
    platform = load_platform("vc707")
    # 1600 Mb/s x 64 x 0.75 = 512 bits a cycle at 150 MHz; a row miss of 41.25 ns is 6.2 cycles.
    port = platform.port(platform.clock_hertz)
    assert (port.beat_bits, port.total_slots, port.burst_latency_cycles) == (512, 64, 7)


def test_the_port_of_the_u250_is_that_of_one_bank() -> None:
    # 2400 Mb/s x 64 x 0.75 = 460.8 of 512 bits a cycle at 250 MHz.
    assert load_platform("u250").port(2.5e8).total_slots == 57

"""The figures of the shipped platforms, written down a second time from the vendor's tables."""

import pytest

from cosearch.hardware import load_fabric, load_platform, platform_names

# DSP, BRAM36, URAM, LUT: AMD DS190 (Zynq-7000), DS891 (Zynq UltraScale+), DS987 (Kria K26).
PARTS = {
    "zc706": ("XC7Z045", 900, 545, 0, 218600),
    "pynq-z2": ("XC7Z020", 220, 140, 0, 53200),
    "zcu102": ("XCZU9EG", 2520, 912, 0, 274080),
    "zcu104": ("XCZU7EV", 1728, 312, 96, 230400),
    "ultra96": ("XCZU3EG", 360, 216, 0, 70560),
    "kv260": ("XCK26", 1248, 144, 64, 117120),
}
# Peak of the PS memory in bytes a second: data rate times width.
PEAKS = {
    "zc706": 1066e6 * 4,
    "pynq-z2": 1050e6 * 2,
    "zcu102": 2400e6 * 8,
    "zcu104": 2400e6 * 8,
    "ultra96": 1066e6 * 4,
    "kv260": 2400e6 * 8,
}
# Width of one AXI HP port in bits: UG585 (Zynq-7000), UG1085 (Zynq UltraScale+); both have four.
HP_PORT_BITS = {"7series": 64, "ultrascale+": 128}


def test_the_usual_boards_are_shipped() -> None:
    assert set(platform_names()) == set(PARTS)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_resources_are_the_parts(name: str) -> None:
    platform = load_platform(name)
    part, dsp, bram36, uram, lut = PARTS[name]
    have = platform.resources
    assert (platform.part, have.dsp, have.bram18, have.uram, have.lut) == (part, dsp, 2 * bram36, uram, lut)


@pytest.mark.parametrize("name", sorted(PARTS))
def test_memory_and_ports_are_the_boards(name: str) -> None:
    platform = load_platform(name)
    assert platform.dram.bandwidth_bits_per_second == pytest.approx(8 * PEAKS[name])
    assert 0.6 <= platform.dram.usable_fraction <= 0.85
    ports, rest = divmod(platform.dram.beat_bits, HP_PORT_BITS[platform.family])
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

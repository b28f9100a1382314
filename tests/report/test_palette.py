from itertools import pairwise

from cosearch.report.palette import bits_colour, chunk_colour, ink_on


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_can_be_read_on_every_colour() -> None:
    """WCAG 2.1, 1.4.3: a contrast of at least 4.5."""
    colours = [chunk_colour(index) for index in range(12)] + [bits_colour(bits) for bits in range(2, 17)]
    assert min(contrast(colour, ink_on(colour)) for colour in colours) >= 4.5


def test_more_bits_are_darker() -> None:
    shades = [luminance(bits_colour(bits)) for bits in (3, 4, 5, 6, 7, 8, 16)]
    assert all(a > b for a, b in pairwise(shades))


def test_chunk_colours_differ_and_come_again() -> None:
    assert len({chunk_colour(index) for index in range(12)}) == 12
    assert chunk_colour(13) == chunk_colour(1)

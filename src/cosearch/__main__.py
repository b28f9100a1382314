"""``python -m cosearch``."""

from cosearch.cli import main

main()

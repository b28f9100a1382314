"""Write the figures of docs/accuracy.md anew from the committed results.

Usage: python validation/accuracy_page.py
"""

from pathlib import Path

from cosearch.records import write_atomically
from cosearch.validate import COMPARISONS, committed_report

PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
BEGIN, END = "<!-- figures: validation/accuracy_page.py -->\n", "<!-- end of figures -->"


def main() -> None:
    """Replace what lies between the two marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomically(PAGE, f"{before}{BEGIN}\n{committed_report(COMPARISONS)}\n{END}{after}")


if __name__ == "__main__":
    main()

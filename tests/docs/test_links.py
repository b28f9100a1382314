"""Links between pages, and from code to pages, lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CITATION = re.compile(r"\bdocs/([\w/-]+\.md)(?:#([\w-]+))?")


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as site and forge make them."""
    headings = re.findall(r"^#+ +(.+)$", _FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


def broken(page: Path, target: str, anchor: str) -> str | None:
    """What is wrong with a link on a page."""
    path = (page.parent / target).resolve() if target else page
    if not path.exists():
        return f"{page.relative_to(ROOT)}: {target} does not exist"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return f"{page.relative_to(ROOT)}: {path.name} has no heading #{anchor}"
    return None


def citations() -> Iterator[tuple[Path, str, str]]:
    """Pages that source files name."""
    for source in sorted((ROOT / "src").rglob("*")):
        if source.suffix in (".py", ".yaml", ".j2", ".v", ".sv"):
            for page, anchor in _CITATION.findall(source.read_text(encoding="utf-8")):
                yield source, page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    faults = [fault for target, anchor in _LINK.findall(text) if (fault := broken(page, target, anchor))]
    assert faults == []


def test_pages_that_code_cites_exist() -> None:
    faults = [
        f"{source.relative_to(ROOT)} cites docs/{page}#{anchor}"
        for source, page, anchor in citations()
        if not (ROOT / "docs" / page).is_file() or (anchor and anchor not in anchors(ROOT / "docs" / page))
    ]
    assert faults == []


def test_a_heading_becomes_its_anchor(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Loop counts, rounded up\n\n## DRAM (`port`)\n\n```\n# no heading\n```\n")
    assert anchors(page) == {"loop-counts-rounded-up", "dram-port"}

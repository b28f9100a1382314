"""The page of dependencies lists what pyproject.toml asks for, no more and no less."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
IMPORT_NAMES = {"cooper-optim": "cooper", "pyyaml": "yaml", "scikit-learn": "sklearn"}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in requirements}


def listed(section: str) -> set[str]:
    body = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| ([\w-]+) \|", body, re.MULTILINE)) - {"dependency"}


EXTRAS = PROJECT["optional-dependencies"]


def test_the_page_lists_every_dependency() -> None:
    assert listed("Core") == names(PROJECT["dependencies"])
    assert listed("Development") == names(EXTRAS["dev"])
    assert listed("Extras") == set().union(*(names(EXTRAS[extra]) for extra in EXTRAS if extra != "dev"))


@pytest.mark.parametrize("name", sorted(names(PROJECT["dependencies"])))
def test_every_core_dependency_is_imported(name: str) -> None:
    module = IMPORT_NAMES.get(name, name)
    statement = re.compile(rf"^\s*(?:import|from) {module}\b", re.MULTILINE)
    sources = (ROOT / "src").rglob("*.py")
    assert any(statement.search(source.read_text(encoding="utf-8")) for source in sources)


def test_every_dependency_of_the_core_is_pinned() -> None:
    pins = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    assert names(PROJECT["dependencies"]) | names(EXTRAS["dev"]) <= pins

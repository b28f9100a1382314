"""Every Python block of the README runs, in order, in one fresh folder."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def python_blocks(text: str) -> list[tuple[int, str, str]]:
    """First line, info string and code of every block that begins with ```python."""
    return [
        (text.count("\n", 0, match.start("code")) + 1, match["info"].strip(), match["code"])
        for match in _FENCE.finditer(text)
        if match["info"].strip().startswith("python")
    ]


def run(blocks: list[tuple[int, str, str]], name: str) -> dict[str, object]:
    """Run blocks in one namespace; a traceback shows the line of the page."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    for line, info, code in blocks:
        assert info == "python", f"{name}:{line - 1}: block is tagged {info!r}; every python block must run"
        exec(compile("\n" * (line - 1) + code, name, "exec"), namespace)
    return namespace


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = python_blocks(README.read_text(encoding="utf-8"))
    assert blocks, "the README shows no Python"
    monkeypatch.chdir(tmp_path)
    run(blocks, README.name)


ENGINES = README.parent / "docs" / "engines.md"
PAGE = """\
# Page

```python
first = 1
```

```bash
exit 1
```

```python
second = first + 1
```
"""


def test_the_space_of_the_engines_page_is_solved(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(python_blocks(ENGINES.read_text(encoding="utf-8")), ENGINES.name)
    best, near = found["best"], found["near"]
    assert (best.certified, best.value) == (True, 448.0)
    assert best.value <= near.value
    assert capsys.readouterr().out.startswith("448.0 True")


def test_blocks_run_in_order_in_one_namespace() -> None:
    assert [line for line, _, _ in python_blocks(PAGE)] == [4, 12]
    assert run(python_blocks(PAGE), "page.md")["second"] == 2


def test_a_failing_block_is_found_by_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run(python_blocks(PAGE.replace("first + 1", "first / 0")), "page.md")
    assert (str(caught.traceback[-1].path), caught.traceback[-1].lineno + 1) == ("page.md", 12)


def test_a_block_may_not_be_exempt() -> None:
    with pytest.raises(AssertionError, match=r"page\.md:11: block is tagged 'python no-run'"):
        run(python_blocks(PAGE.replace("```python\nsecond", "```python no-run\nsecond")), "page.md")

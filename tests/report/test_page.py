import json
import re
from collections.abc import Callable

import pytest

from cosearch.design import EventLog, RunFolder
from cosearch.errors import DesignError, RunError
from cosearch.report import write_report

MakeRun = Callable[[bool], RunFolder]


def page_of(folder: RunFolder) -> str:
    return write_report(folder).read_text(encoding="utf-8")


def own_part(page: str) -> str:
    """The page without plotly's script."""
    start = page.index("<script>")
    return page[:start] + page[page.index("</script>", start) :]


def embedded_figures(page: str) -> str:
    """The JSON in which the page carries its charts."""
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found
    return found[1]


def test_the_page_is_whole_and_holds_plotly_once(make_run: MakeRun) -> None:
    page = page_of(make_run(True))
    assert 4_700_000 < len(page) < 5_300_000
    assert page.count("plotly.js v") == 1
    for heading in ("The network", "The accelerator", "Where the cycles go", "Resources and energy", "The search"):
        assert f">{heading}</h2>" in page


def test_the_page_asks_nobody_for_anything(make_run: MakeRun) -> None:
    page = own_part(page_of(make_run(True)))
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:,)""", page)
    assert set(re.findall(r"https?://[^\s\"<]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert "@import" not in page
    assert "url(" not in page


def test_equal_runs_give_equal_bytes(make_run: MakeRun) -> None:
    folder = make_run(True)
    assert write_report(folder).read_bytes() == write_report(folder).read_bytes()


def test_figures_have_a_place_each(make_run: MakeRun) -> None:
    page = page_of(make_run(True))
    ids = [figure["id"] for figure in json.loads(embedded_figures(page))]
    assert ids[:4] == ["layer-cycles", "server-shares", "resource-use", "energy-parts"]
    assert ids[-1] == "candidates"
    assert len(ids) == 14
    assert all(page.count(f'id="{name}"') == 1 for name in ids)


def test_what_was_run_is_told(make_run: MakeRun) -> None:
    page = page_of(make_run(True))
    for said in ("5f1d7a84693f6bca", "torch", "2.13.0", "3 min 34 s", "training seed 0", "hardware_samples: 8"):
        assert said in page
    assert "cosearch check ." in page
    assert "Nothing was placed and routed" in page
    assert "It ranks designs of one platform" in page
    assert "In 2 of 6 epochs the ratio of integer to lp passed 1.1 (at most 1.12)" in page


def test_text_from_files_cannot_become_markup(make_run: MakeRun) -> None:
    folder = make_run(True)
    folder.recipe.write_text("name: '</script><script>alert(1)</script>'\n", encoding="utf-8")
    EventLog(folder.events).append("epoch", stage="</script><b>", epoch=0, train_loss=1.0)
    page = own_part(page_of(folder))
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "</script><b>" not in page
    assert not set("<>&") & set(embedded_figures(page))


def test_an_infeasible_result_has_a_page_with_levers(make_run: MakeRun) -> None:
    page = own_part(page_of(make_run(False)))
    assert "Proved infeasible" in page
    assert "the smallest network needs 212" in page
    assert re.search(r"Throughput at least 90,000 images/s</th><td>5,210 images/s</td><td><span", page)
    assert "not alone" in page
    assert "factor of 2.37" in page
    assert "cosearch check" not in page


def test_a_run_without_events_manifest_and_recipe_still_has_a_page(make_run: MakeRun) -> None:
    folder = make_run(True)
    for path in (folder.events, folder.manifest, folder.recipe):
        path.unlink()
    page = page_of(folder)
    assert "seeds, versions and times are not known" in page
    assert ">The search</h2>" not in page


def test_an_unknown_platform_leaves_its_budget_out(make_run: MakeRun) -> None:
    folder = make_run(True)
    text = folder.design.read_text(encoding="utf-8").replace('"platform": "zc706"', '"platform": "my-board.yaml"')
    folder.design.write_text(text, encoding="utf-8")
    page = page_of(folder)
    assert "my-board.yaml is not at hand" in page
    assert 'id="resource-use"' not in page


def test_a_run_without_result_is_refused(make_run: MakeRun) -> None:
    folder = make_run(True)
    folder.design.unlink()
    with pytest.raises(RunError, match=r"neither design\.json nor infeasible\.json; run `cosearch search` first"):
        write_report(folder)
    assert not folder.report.exists()


def test_broken_files_are_named(make_run: MakeRun) -> None:
    folder = make_run(True)
    folder.design.write_text("{", encoding="utf-8")
    with pytest.raises(DesignError, match=r"design\.json:1: not JSON"):
        write_report(folder)

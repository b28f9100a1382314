import json
from pathlib import Path
from typing import Any

import pytest

from cosearch.design import Design, load_design
from cosearch.errors import DesignError
from cosearch.records import canonical_json

GOLDEN = Path(__file__).parent / "golden" / "design.json"


def test_the_golden_design_is_read_and_written_to_the_same_bytes() -> None:
    """Breaks with every change of the schema; `golden/regenerate.py` makes the file anew when that is wanted."""
    assert canonical_json(load_design(GOLDEN)).encode() == GOLDEN.read_bytes()


def test_the_golden_design_sets_every_field() -> None:
    value = json.loads(GOLDEN.read_text())
    assert list(value) == [field.alias or name for name, field in Design.model_fields.items()]
    assert [limit["met"] for limit in value["limits"]] == [True, True]
    assert {block["op"] for block in value["network"]["blocks"]} == {"k3_e1", "skip"}


def test_the_golden_design_says_where_it_comes_from() -> None:
    meta = json.loads(GOLDEN.with_suffix(".meta.json").read_text())["_meta"]
    script = meta["command"].split()[-1]
    assert (GOLDEN.parents[3] / script).is_file()
    assert meta["why"] == f"schema {json.loads(GOLDEN.read_text())['schema']}"


def refusal(folder: Path, value: dict[str, Any]) -> str:
    path = folder / "design.json"
    path.write_text(json.dumps(value))
    with pytest.raises(DesignError) as caught:
        load_design(path)
    return str(caught.value)


def test_a_changed_field_is_refused_by_name(tmp_path: Path) -> None:
    value = json.loads(GOLDEN.read_text())
    assert refusal(tmp_path, {**value, "schema": 2}) == ("design.json: schema 2 is not known; this version reads 1")
    for version in (True, 1.0, "1"):
        assert refusal(tmp_path, {**value, "schema": version}) == (
            f"design.json: schema {version!r} is not known; this version reads 1"
        )
    assert refusal(tmp_path, {**value, "sed": 1}) == "design.json: sed: unknown key; did you mean 'seed'?"
    assert refusal(tmp_path, {k: v for k, v in value.items() if k != "limits"}) == (
        "design.json: limits: is required; add it"
    )
    assert (
        refusal(tmp_path, {**value, "status": "done"})
        == "design.json: status: input should be 'feasible', not 'done'"
    )
    value["predicted"]["per_layer"][3]["cycles"] = 1.5
    assert refusal(tmp_path, value).startswith(
        "design.json: predicted.per_layer.3.cycles: input should be a valid integer"
    )


def test_a_file_without_a_version_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {}) == "design.json: schema None is not known; this version reads 1"


def test_a_missing_design_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match=r"cannot read .*design\.json: No such file or directory; check the path"):
        load_design(tmp_path / "design.json")

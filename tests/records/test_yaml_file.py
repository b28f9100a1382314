from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, model_validator

from cosearch.errors import DesignError, RecipeError
from cosearch.records import Record, apply_overrides, load_yaml, parse_record, read_json, read_text


class Stage(Record):
    channels: int = Field(ge=1)
    stride: int = 1


class Space(Record):
    stages: tuple[Stage, ...]
    seeds: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _grows(self) -> "Space":
        widths = [stage.channels for stage in self.stages]
        if widths != sorted(widths):
            raise ValueError(f"N of stages {widths} must not shrink")
        return self


class Recipe(Record):
    operators: tuple[str, ...]
    space: Space | None = None
    version: int = Field(default=1, alias="schema")


GOOD = """\
operators: [k3_e3, skip]
space:
  stages:
    - channels: 16
    - {channels: 24, stride: 2}
"""


def parse(folder: Path, text: str, overrides: list[str] | None = None) -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(text)
    value, lines = load_yaml(path, RecipeError)
    value = apply_overrides(value, overrides or [], RecipeError)
    return parse_record(Recipe, value, source=path.name, error=RecipeError, lines=lines)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(RecipeError) as caught:
        parse(folder, text)
    return str(caught.value)


def test_a_good_file_becomes_a_record(tmp_path: Path) -> None:
    recipe = parse(tmp_path, GOOD)
    assert recipe.operators == ("k3_e3", "skip")
    assert recipe.space == Space(stages=(Stage(channels=16), Stage(channels=24, stride=2)))


def test_every_key_and_entry_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(GOOD)
    _, lines = load_yaml(path, RecipeError)
    assert lines == {
        ("operators",): 1,
        ("operators", 0): 1,
        ("operators", 1): 1,
        ("space",): 2,
        ("space", "stages"): 3,
        ("space", "stages", 0): 4,
        ("space", "stages", 0, "channels"): 4,
        ("space", "stages", 1): 5,
        ("space", "stages", 1, "channels"): 5,
        ("space", "stages", 1, "stride"): 5,
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("operators", "operatrs", "recipe.yaml:1: operatrs: unknown key; did you mean 'operators'?"),
        ("stride", "strid", "recipe.yaml:5: space.stages.1.strid: unknown key; did you mean 'stride'?"),
        ("operators: [k3_e3, skip]\n", "", "recipe.yaml: operators: is required; add it"),
        ("channels: 16", "stride: 2", "recipe.yaml:4: space.stages.0.channels: is required; add it"),
        (
            "channels: 16",
            "channels: 0",
            "recipe.yaml:4: space.stages.0.channels: input should be greater than or equal to 1, not 0",
        ),
        (
            "channels: 16",
            "channels: wide",
            "recipe.yaml:4: space.stages.0.channels: input should be a valid integer, unable to parse string as an "
            "integer, not 'wide'",
        ),
        ("channels: 16", "channels: 32", "recipe.yaml:2: space: N of stages [32, 24] must not shrink"),
        (
            "- channels: 16",
            "- 16",
            "recipe.yaml:4: space.stages.0: input should be a valid dictionary or instance of Stage, not 16",
        ),
        ("[k3_e3, skip]", "{a: 1}", "recipe.yaml:1: operators: input should be a valid tuple"),
    ],
)
def test_an_error_names_file_line_key_and_way_out(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    assert refused(tmp_path, GOOD.replace(old, new)) == message


def test_a_key_near_nothing_lists_what_is_known(tmp_path: Path) -> None:
    text = GOOD + "colour: red\n"
    assert refused(tmp_path, text) == "recipe.yaml:6: colour: unknown key; known keys: operators, schema, space"


def test_a_key_inside_a_nested_record_lists_that_records_keys(tmp_path: Path) -> None:
    text = GOOD.replace("stride", "zzz")
    assert refused(tmp_path, text) == "recipe.yaml:5: space.stages.1.zzz: unknown key; known keys: channels, stride"


def test_a_bad_entry_of_a_dictionary_names_its_key(tmp_path: Path) -> None:
    text = GOOD + "  seeds:\n    train: many\n"
    assert refused(tmp_path, text).startswith("recipe.yaml:7: space.seeds.train: input should be a valid integer")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2\nb: 3\n", "recipe.yaml:2: not YAML: expected ',' or ']', but got ':'; mend this line"),
        (
            "a: !!python/object:os.system x\n",
            "recipe.yaml:1: not YAML: could not determine a constructor for the tag ",
        ),
        ("a: 1\na: 2\n", "recipe.yaml:2: a: given twice, first on line 1; keep one"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "recipe.yaml:4: a.b: given twice, first on line 2; keep one"),
        ("- 1\n- 2\n", "recipe.yaml:1: expected a mapping of keys to values"),
        ("", "recipe.yaml:1: expected a mapping of keys to values"),
        ("a: 2020-13-45\n", "recipe.yaml: not YAML: month must be in 1..12; mend the file"),
        ("a: \x07\n", "recipe.yaml: not YAML: "),
    ],
)
def test_what_is_no_yaml_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert refused(tmp_path, text).startswith(message)


def test_a_missing_file_a_folder_and_a_binary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read .*none\.yaml: No such file or directory; check the path"):
        load_yaml(tmp_path / "none.yaml", RecipeError)
    with pytest.raises(RecipeError, match=r"cannot read .*: Is a directory; check the path"):
        read_text(tmp_path, RecipeError)
    (tmp_path / "weights").write_bytes(b"ab\xff")
    with pytest.raises(RecipeError, match=r"cannot read .*weights: not text \(byte 2\); give a text file"):
        read_text(tmp_path / "weights", RecipeError)


def test_json_is_read_with_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "design.json"
    path.write_text('{"a": 1}')
    assert read_json(path, DesignError) == {"a": 1}
    path.write_text('{"a": 1,\n "b": }')
    with pytest.raises(DesignError, match=r"^design\.json:2: not JSON: Expecting value; mend this line$"):
        read_json(path, DesignError)
    path.write_text("[1]")
    with pytest.raises(DesignError, match=r"^design\.json: expected a JSON object$"):
        read_json(path, DesignError)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], {"a": {"b": 1}, "c": [1]}),
        (["a.b=2"], {"a": {"b": 2}, "c": [1]}),
        (["a.new.deep=x"], {"a": {"b": 1, "new": {"deep": "x"}}, "c": [1]}),
        (["c=[4, 6, 8]", "a.b=null"], {"a": {"b": None}, "c": [4, 6, 8]}),
        (["a={b: 3}"], {"a": {"b": 3}, "c": [1]}),
        (["d=a=b"], {"a": {"b": 1}, "c": [1], "d": "a=b"}),
        (["a.b=2", "a.b=3"], {"a": {"b": 3}, "c": [1]}),
        ([" a.b = yes"], {"a": {"b": True}, "c": [1]}),
    ],
)
def test_overrides_assign_in_order(overrides: list[str], expected: dict[str, Any]) -> None:
    value = {"a": {"b": 1}, "c": [1]}
    assert apply_overrides(value, overrides, RecipeError) == expected
    assert value == {"a": {"b": 1}, "c": [1]}


def test_overrides_leave_values_that_json_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("a: 2020-01-02\nb: 1\n")
    value, _ = load_yaml(path, RecipeError)
    assert apply_overrides(value, ["b=2"], RecipeError) == {"a": value["a"], "b": 2}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "--set seed: expected KEY=VALUE, for example --set seed=1"),
        ("=1", "--set =1: expected KEY=VALUE, for example --set seed=1"),
        ("c.0=1", "--set c.0=1: 'c' holds a value, not keys; set it as a whole"),
        ("c=[1", "--set c=[1: the value is not YAML; quote it"),
        ("c=2020-13-45", "--set c=2020-13-45: the value is not YAML; quote it"),
    ],
)
def test_a_wrong_override_is_refused(override: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        apply_overrides({"c": [1]}, [override], RecipeError)
    assert str(caught.value) == message


def test_an_override_reaches_the_record(tmp_path: Path) -> None:
    recipe = parse(tmp_path, GOOD, ["operators=[k5_e6]", "schema=2"])
    assert recipe.operators == ("k5_e6",)
    assert recipe.version == 2


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: &x {b: *x}", "a: " + "[" * 5000, "a: " + "[" * 5000 + "]" * 5000])
def test_yaml_without_end_is_one_clear_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_yaml(path, RecipeError)
    assert str(caught.value) == "mine.yaml: nested too deeply, or an alias holds itself; write it flat"


def test_an_override_without_end_is_one_clear_line() -> None:
    with pytest.raises(RecipeError, match="the value is not YAML; quote it"):
        apply_overrides({}, ["a=" + "[" * 5000], RecipeError)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": ' + "1" * 5000 + "}", "mine.json: not JSON we read: Exceeds the limit (4300 digits) for integer"),
        ('{"a": ' + "[" * 100_000, "mine.json: not JSON we read: nested too deeply; restore the file"),
    ],
)
def test_json_beyond_all_bounds_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(DesignError) as caught:
        read_json(path, DesignError)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("; restore the file")

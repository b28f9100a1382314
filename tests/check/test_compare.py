from cosearch.check import Difference, compare


def _compare(found, expected):
    return compare(found, expected, where="predicted", source="the closed form")


def test_equal_values_have_no_differences():
    value = {"fps": 12.5, "per_layer": [{"name": "stem", "cycles": 7}], "flag": True, "none": None}
    assert _compare(value, value) == []


def test_every_differing_leaf_is_named():
    found = {"fps": 12.5, "per_layer": [{"cycles": 7}, {"cycles": 8}]}
    expected = {"fps": 13.0, "per_layer": [{"cycles": 7}, {"cycles": 9}]}
    assert _compare(found, expected) == [
        Difference("predicted.fps", 12.5, 13.0, "the closed form"),
        Difference("predicted.per_layer[1].cycles", 8, 9, "the closed form"),
    ]


def test_a_missing_key_and_an_extra_key_are_differences():
    assert [d.where for d in _compare({"a": 1}, {"b": 1})] == ["predicted.b", "predicted.a"]


def test_lists_of_different_length_differ_as_a_whole():
    assert [d.where for d in _compare({"x": [1, 2]}, {"x": [1]})] == ["predicted.x"]


def test_floats_may_differ_in_the_last_digit_only():
    assert _compare(0.1 + 0.2, 0.3) == []
    assert len(_compare(0.3000001, 0.3)) == 1


def test_integers_must_be_equal_and_of_one_type():
    assert len(_compare(10**15, 10**15 + 1)) == 1
    assert len(_compare(True, 1)) == 1
    assert len(_compare("7", 7)) == 1


def test_a_difference_reads_as_one_line():
    assert str(Difference("limits[0].limit", 5.0, 6.0, "the recipe")) == (
        "limits[0].limit: design.json says 5.0, the recipe says 6.0"
    )

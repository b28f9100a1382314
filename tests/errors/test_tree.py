import pickle

import pytest

from cosearch import errors
from cosearch.errors import (
    CosearchError,
    HardwareError,
    InputError,
    MappingError,
    UnsupportedLayerError,
    WorkloadError,
)


def test_the_message_is_the_text() -> None:
    assert str(MappingError("tile K=24 exceeds the layer's K=16")) == "tile K=24 exceeds the layer's K=16"


def test_places_nest_from_the_inside_out() -> None:
    error = MappingError("does not fit").at("layers[3]").at("chunks[0]")
    assert str(error) == "chunks[0]: layers[3]: does not fit"
    assert error.message == "does not fit"


def test_at_returns_the_error_itself() -> None:
    error = WorkloadError("no")
    assert error.at("here") is error


def test_an_error_keeps_its_place_between_processes() -> None:
    error = pickle.loads(pickle.dumps(HardwareError("too wide").at("chunks[1]")))
    assert isinstance(error, HardwareError)
    assert str(error) == "chunks[1]: too wide"


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n not in ("CosearchError", "InputError")])
def test_what_a_user_can_mend_is_an_input_error(name: str) -> None:
    assert issubclass(getattr(errors, name), InputError)


def test_the_tree_has_one_root_and_narrow_branches() -> None:
    assert issubclass(InputError, CosearchError)
    assert issubclass(MappingError, HardwareError)
    assert issubclass(UnsupportedLayerError, WorkloadError)
    assert not issubclass(CosearchError, ValueError)

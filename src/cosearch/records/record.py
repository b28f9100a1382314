"""The base of every record that a file can hold."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Frozen, typed, and closed: an unknown key is an error, not a surprise."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        validate_default=True,
        protected_namespaces=(),
        allow_inf_nan=False,
    )

"""The error tree. What a user can mend is an `InputError`; the command line turns it into one line and exit 2."""

from typing import Self


class CosearchError(Exception):
    """Base of every error this package raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.where = ""

    def at(self, where: str) -> Self:
        """Name the place, outermost last: ``raise MappingError("...").at("layers[3]")``."""
        self.where = f"{where}: {self.where}" if self.where else f"{where}: "
        return self

    def __str__(self) -> str:
        return self.where + self.message


class InputError(CosearchError):
    """The user gave something that cannot be used; the message says what would do."""


class RecipeError(InputError):
    """A recipe, or an override of it, is wrong."""


class DataError(InputError):
    """A data set is missing, truncated or of the wrong form."""


class RunError(InputError):
    """A run folder cannot be read, written or resumed."""


class DesignError(InputError):
    """A design.json is not of a form we know."""


class HardwareError(InputError):
    """A platform, chunk or accelerator is impossible."""


class MappingError(HardwareError):
    """A mapping does not fit its layer or its chunk."""


class WorkloadError(InputError):
    """A layer or a network of layers is inconsistent."""


class UnsupportedLayerError(WorkloadError):
    """A layer that no cost model covers; it is refused, it never costs zero."""

"""Who watches a run. The library reports, it never prints."""

from abc import ABC, abstractmethod


class Observer(ABC):
    """Told what a run does, as it does it."""

    @abstractmethod
    def begin(self, stage: str, total: int, done: int) -> None:
        """A stage starts, or continues after `done` of `total` units."""

    @abstractmethod
    def advance(self, amount: int, note: str) -> None:
        """Some units are done; `note` holds the metric worth watching."""

    @abstractmethod
    def say(self, line: str) -> None:
        """One line for a person."""


class Silent(Observer):
    """Watches and says nothing."""

    def begin(self, stage: str, total: int, done: int) -> None:
        """Nothing."""

    def advance(self, amount: int, note: str) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

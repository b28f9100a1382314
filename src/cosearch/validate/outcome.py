"""What came of one comparison: it ran, its committed result was read, or it needs a file that is not there."""

from cosearch.records import Record
from cosearch.validate.comparison import Comparison


class Outcome(Record):
    """A comparison of the registry after a command went through it.

    Attributes:
        name, title: Of the comparison.
        cause: In one line, where what is left of the error comes from; empty where it was judged on a user's data.
        comparison: The result; none if it was not run.
        data: Name of the file it was run on; empty where it needs none.
        command: What made the committed result; empty if it ran now.
        because: Why the committed result was read, as half a sentence.
        needs: What it needs in order to run; empty if it ran.
    """

    name: str
    title: str
    cause: str = ""
    comparison: Comparison | None = None
    data: str = ""
    command: str = ""
    because: str = ""
    needs: str = ""

    @property
    def source(self) -> str:
        """Where the figures come from, in a sentence."""
        if self.comparison is None:
            return f"Not run: needs {self.needs}."
        if self.command:
            return f"Committed result, since {self.because}. Made by: {self.command}"
        return f"Run now on {self.data}." if self.data else "Run now; needs no data."

    def summary(self) -> dict[str, object]:
        """For machines: name, figures, target, met; the command of a committed result, or what is needed to run."""
        if self.comparison is None:
            return {"name": self.name, "figures": {}, "target": {}, "met": None, "needs": self.needs}
        own = self.comparison.summary()
        return own | {"committed": self.command} if self.command else own

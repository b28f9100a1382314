"""Progress bars with the metric beside them."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cosearch.search import Observer


class ProgressBars(Observer):
    """One bar a stage, on standard error."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def begin(self, stage: str, total: int, done: int) -> None:
        """Open the stage's bar; the first one starts the display, so that an early error stands alone."""
        self._progress.start()
        self._task = self._progress.add_task(stage, total=total, completed=done, note="")

    def advance(self, amount: int, note: str) -> None:
        """Move the bar and show the metric."""
        if self._task is not None:
            self._progress.update(self._task, advance=amount, note=note)

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self._progress.console.print(line, highlight=False)

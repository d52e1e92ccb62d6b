"""What a long call shows while it runs: a bar with the time left, where somebody is watching."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(what: str, total: int, *, done: int = 0) -> Iterator[Callable[..., None]]:
    """A bar for the length of a ``with`` block; what the block gets is called after a step, or with how many."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    )
    with bar:
        task = bar.add_task(what, total=total, completed=done)
        yield lambda steps=1: bar.advance(task, steps)


def say(message: str) -> None:
    """A line for the person at the screen, apart from any result."""
    from rich.console import Console

    Console(stderr=True).print(message)

"""``openbook selftest``: published reference values, reproduced here."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from framework.errors import ProofError

if TYPE_CHECKING:
    from framework.proof.selftest import Checked


@click.command(epilog="Example: openbook selftest sharpe")
@click.argument("words", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the outcomes as JSON lines, for machines.")
def selftest(*, words: tuple[str, ...], as_json: bool) -> None:
    """Compute what others have published, and say for each figure whether ours is the same.

    Papers' numerical examples, tables, standards' test vectors, market history: each with its source. WORDS choose
    references by their subject or name. Exits with 11 if one does not come out.
    """
    from framework.proof.selftest import checked, collected

    chosen = collected(words)
    with _watching(len(chosen), shown=not as_json) as advance:
        done = list(checked(chosen, progress=advance))
    if as_json:
        for one in done:
            click.echo(json.dumps(_plain(one)))
    else:
        _show(done)
    failed = [one.outcome.reference.name for one in done if not one.outcome.passed]
    if failed:
        raise ProofError(
            f"{len(failed)} of {len(done)} references did not come out: {'; '.join(failed[:3])}.",
            "Each is met to the last digit that was published.",
            "Compare the versions above with requirements.lock (make install mends them); do not publish before.",
        )


def _plain(one: "Checked") -> dict[str, object]:
    outcome = one.outcome
    reference = outcome.reference
    return {
        "subject": one.subject,
        "name": reference.name,
        "published": reference.published,
        "tolerance": reference.tolerance,
        "found": outcome.found,
        "passed": outcome.passed,
        "error": outcome.error,
        "source": reference.source,
    }


def _show(done: "list[Checked]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from framework.proof.selftest import versions

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    for subject in dict.fromkeys(one.subject for one in done):
        table = Table(box=None, title=subject, title_justify="left", title_style="bold", pad_edge=False)
        table.add_column("")
        table.add_column("reference, and where it is printed", ratio=1)
        table.add_column("published", justify="right", overflow="fold", max_width=18)
        table.add_column("found", justify="right", overflow="fold", max_width=20)
        for outcome in (one.outcome for one in done if one.subject == subject):
            mark = Text("\N{CHECK MARK}", "green") if outcome.passed else Text("\N{BALLOT X}", "red")
            what = Text(outcome.reference.name).append(f"\n{outcome.reference.source}", "dim")
            found = outcome.error or _written(outcome.found)
            table.add_row(mark, what, _written(outcome.reference.published), found)
        console.print(table)
    passed = sum(one.outcome.passed for one in done)
    made_with = ", ".join(f"{name} {version}" for name, version in versions().items())
    console.print(f"{passed} of {len(done)} references come out as published, with {made_with}.")


def _written(answer: float | str | None) -> str:
    return answer if isinstance(answer, str) else "none" if answer is None else f"{answer:.10g}"


@contextmanager
def _watching(total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """A bar on stderr that names what is computed, where somebody is watching."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<50.50}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as bar:
        task = bar.add_task("references", total=total, completed=-1)
        yield lambda name: bar.update(task, description=name, advance=1)

"""A figure against its limit: measured some times, the middle one written into docs/limits.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

PAGE = Path(__file__).parents[2] / "docs" / "limits.md"
HEAD = """# Limits

Figures that have a limit, rather than a peer (those are in [benchmarks.md](benchmarks.md)): the median of some rounds,
with the lowest and the highest in brackets. `make bench` renews them; they depend on the machine and on its load.

| work | measured | limit | rounds |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Limit:
    """One row: what is done, and in which unit it is at most, or at least, how much."""

    work: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    def judge(self, figures: list[float]) -> bool:
        """Print and write down the median of `figures`; whether it keeps the limit."""
        middle = median(figures)
        word, limit = ("<=", self.at_most) if self.at_most is not None else (">=", self.at_least)
        cells = [
            self.work,
            f"{_written(middle)} {self.unit} ({_written(min(figures))} to {_written(max(figures))})",
            f"{word} {_written(limit)} {self.unit}",
            str(len(figures)),
        ]
        print(" | ".join(cells))
        _write(cells)
        return middle <= limit if self.at_most is not None else middle >= limit


def seconds(work: Callable[[], object], rounds: int) -> list[float]:
    """How long `work` took each time."""
    taken = []
    for _ in range(rounds):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return taken


def _written(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1_000 else f"{figure:.3g}"


def _write(cells: list[str]) -> None:
    rows = PAGE.read_text().splitlines()[len(HEAD.splitlines()) :] if PAGE.exists() else []
    kept = [row for row in rows if row.startswith("|") and not row.startswith(f"| {cells[0]} |")]
    PAGE.write_text(HEAD + "\n".join(sorted([*kept, f"| {' | '.join(cells)} |"])) + "\n")

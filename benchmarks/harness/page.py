"""docs/benchmarks.md: a row a contest."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

`make bench` runs each file of `benchmarks/` and renews its rows here (`make bench ARGS="one_backtest"` runs one): both
contenders in processes of their own, the peers in an environment of their own (`benchmarks/peers.lock`), their answers
compared first, then timed in alternation on the same data. A ratio is the peer's time over ours, the median of the
rounds with the lowest and the highest in brackets. Memory is the peak beyond what was resident before the work began
and, in brackets, the highest resident size in all, interpreter and libraries included. Absolute times depend on the
machine and on its load, ratios much less. vectorbt runs with its rust engine, as tuned as we know how.

| work | peer | its time | openbook | ratio | at least | memory, ours / peer | answers differ by |
|---|---|---|---|---|---|---|---|
"""


def write(cells: list[str]) -> None:
    """Print a row and put it into the page, in place of the one of the same work and peer."""
    print(" | ".join(cells), flush=True)
    text = PAGE.read_text() if PAGE.exists() else HEAD
    table, _, after = text.partition("|---|---|---|---|---|---|---|---|\n")[2].partition("\n\n")
    peer = cells[1].split()[0]
    kept = [row for row in table.splitlines() if not row.startswith(f"| {cells[0]} | {peer}")]
    rows = "\n".join(sorted([*kept, f"| {' | '.join(cells)} |"]))
    PAGE.write_text(f"{HEAD}{rows}\n" + (f"\n{after}" if after else ""))


def duration(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 1.0 else f"{size(seconds)} s"


def size(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100.0 else f"{figure:.3g}"

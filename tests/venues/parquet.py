"""A folder of files as a user has it: one file a symbol, one in parts, a note beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framework.data.sources import find
from framework.data.sources.base import Source

NOTE = "licence: CC0-1.0\ncaveat: Copied from the sample for tests.\n"


@contextmanager
def stand(folder: Path) -> Iterator[Source]:
    """The source, at a folder that is filled with a part of the sample."""
    bars = find("sample").bars(["GOOG", "IBM"], start="2012-01-03", end="2012-12-31")
    (folder / "about.yaml").write_text(NOTE)
    for symbol in bars.symbols:
        table = bars.close[[symbol]].set_axis(["close"], axis=1).rename_axis("session")
        for name in ("open", "high", "low", "volume"):
            table[name] = getattr(bars, name)[symbol]
        if symbol == "GOOG":
            table.to_parquet(folder / "GOOG.parquet")
        else:
            (folder / "IBM.parquet").mkdir()
            table.iloc[:100].to_parquet(folder / "IBM.parquet" / "0.parquet")
            table.iloc[100:].to_parquet(folder / "IBM.parquet" / "1.parquet")
    yield find(f"parquet:{folder}")

"""Real market history that installed packages carry: five files, read without importing the packages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from framework.errors import DataError

STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)
FACTORS = ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")

Fields = dict[str, pd.Series]  # open, high, low, close, volume of one symbol, as far as the file has them


@dataclass(frozen=True)
class Dataset:
    """One file of one installed package."""

    package: str
    path: str  # within the package
    symbols: tuple[str, ...]
    fields: Callable[[pd.DataFrame, str], Fields]
    licence: str
    caveat: str

    @property
    def file(self) -> Path:
        """Where the file lies, found without running a line of the package."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise DataError(
                f"The package {self.package} is not installed.",
                f"{', '.join(self.symbols[:3])} ... of the sample lie in its {self.path}.",
                "Install from requirements.lock (make install).",
            )
        return Path(spec.origin).parent / self.path

    def read(self, symbol: str) -> Fields:
        """The columns of one symbol."""
        return self.fields(_table(self.file), symbol)


@lru_cache(maxsize=8)
def _table(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, index_col="Date", parse_dates=["Date"])


def _closes(table: pd.DataFrame, symbol: str) -> Fields:
    return {"close": table[symbol]}


def _ohlcv(table: pd.DataFrame, _symbol: str) -> Fields:
    return {name: table[name.capitalize()] for name in ("open", "high", "low", "close", "volume")}


def _adjusted_ohlcv(table: pd.DataFrame, symbol: str) -> Fields:
    fields = _ohlcv(table[table["Ticker"] == symbol], symbol)
    adjusted = table.loc[table["Ticker"] == symbol, "Adj Close"]
    factor = adjusted / fields["close"]
    prices = {name: fields[name] * factor for name in ("open", "high", "low")}
    return {**prices, "close": adjusted, "volume": fields["volume"]}


_BSD_SKFOLIO = "BSD-3-Clause (skfolio.datasets, Copyright the skfolio developers)"
_NCSA_ARCH = "NCSA (arch.data, Copyright Kevin Sheppard)"
_INDEX = "is an index, which nobody can trade: price return without dividends, standing in for a fund that holds it."

DATASETS = (
    Dataset(
        "skfolio",
        "datasets/data/sp500_dataset.csv.gz",
        STOCKS,
        _closes,
        _BSD_SKFOLIO,
        "The 20 US stocks were picked in 2022 out of companies that had survived since 1990: any rule that owns"
        " stocks looks better on them than it was. Adjusted closes only, rounded to 0.001 USD, which is up to 1 %"
        " of the early prices of AAPL and BBY and shows as false reversals there.",
    ),
    Dataset(
        "skfolio",
        "datasets/data/sp500_index.csv.gz",
        ("SP500",),
        _closes,
        _BSD_SKFOLIO,
        f"SP500 {_INDEX} Closes only.",
    ),
    Dataset(
        "skfolio",
        "datasets/data/factors_dataset.csv.gz",
        FACTORS,
        _closes,
        _BSD_SKFOLIO,
        "The five factor ETFs were chosen in hindsight. Adjusted closes only.",
    ),
    Dataset(
        "arch",
        "data/sp500/sp500.csv.gz",
        ("SPX",),
        _ohlcv,
        _NCSA_ARCH,
        f"SPX {_INDEX} Its open repeats the previous close in 96 % of the sessions of 1999-2005 and in 2 % of those"
        " since 2008, so that fills at the open leave out the overnight move in the early years.",
    ),
    Dataset(
        "arch",
        "data/nasdaq/nasdaq.csv.gz",
        ("NASDAQ",),
        _ohlcv,
        _NCSA_ARCH,
        f"NASDAQ {_INDEX} Its volume is 0 on 2015-05-12 and 2018-01-09.",
    ),
    Dataset(
        "bokeh_sampledata",
        "_data/stocks.csv.gz",
        ("GOOG", "IBM", "FB"),
        _adjusted_ohlcv,
        "Public domain, as declared by Quandl for WIKI Prices (bokeh-sampledata)",
        "GOOG, IBM and FB are survivors. Open, high, low and close are adjusted by the day's adjusted close over its"
        " close, from a later vintage (splits and dividends after 2013 included); volume is as traded, unadjusted.",
    ),
)


def every_session() -> pd.DatetimeIndex:
    """The sessions of the longest file, which hold those of all the others."""
    index = _table(DATASETS[1].file).index
    assert isinstance(index, pd.DatetimeIndex)  # noqa: S101 - read_csv was told to parse it
    return index

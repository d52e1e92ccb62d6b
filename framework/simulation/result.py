"""BacktestResult: what a simulated account did, session by session."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from framework.data.bars import Bars
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.guard import Guards, KillSwitch
from framework.trading.quotes import FillAt
from framework.trading.venue import Venue

TRADE_TYPES = {
    "session": "datetime64[ns]",
    "decided": "datetime64[ns]",
    "symbol": "str",
    "quantity": "f8",
    "price": "f8",
    "commission_usd": "f8",
    "spread_usd": "f8",
    "impact_usd": "f8",
}


def trades_frame(columns: Mapping[str, Any]) -> pd.DataFrame:
    """The trades table of a result, with its types, also where there is no trade."""
    return pd.DataFrame({name: pd.Series(columns[name], dtype=kind) for name, kind in TRADE_TYPES.items()})


class Deferred(NamedTuple):
    """A field of a result that is made when it is first read: most are never looked at."""

    make: Callable[..., Any]
    arguments: tuple[Any, ...]


def deferred(make: Callable[..., Any], *arguments: Any) -> Any:
    """The answer of `make`, later. It must hand over memory that nobody can write to."""
    return Deferred(make, arguments)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BacktestResult:
    """Worth, positions, trades and costs of a simulated account. Nothing here is annualised or judged.

    Its Series and its positions are copies that nobody can write to.

    Parameters
    ----------
    worth, cash : Series, shape (sessions,)
        USD at each close; the first row is the capital, at the close of the first session.
    positions : DataFrame, shape (sessions, symbols)
        Signed shares held at each close.
    trades : DataFrame, shape (trades, 8)
        One row a fill that traded, in order: session, decided (session), symbol, quantity (signed), price
        (half-spread and impact included), commission_usd, spread_usd, impact_usd.
    borrow_usd, interest_usd, dividends_usd : Series, shape (sessions,)
        Fee paid on shorts, interest earned (below zero: paid) on cash, and dividends received (below zero: paid on
        shorts; with the cash for fractions of shares that a split left), each session.
    weights, bars, costs, capital, fill_at, size_at, whole_shares, kill_switch, venue, guards
        What was asked for.
    engine : str
        Which engine ran, with its version where it is not ours.
    """

    worth: pd.Series
    cash: pd.Series
    positions: pd.DataFrame
    trades: pd.DataFrame
    borrow_usd: pd.Series
    interest_usd: pd.Series
    dividends_usd: pd.Series
    weights: TargetWeights
    bars: Bars
    costs: CostModel
    capital: float
    fill_at: FillAt
    size_at: Literal["decision", "fill"]
    whole_shares: bool
    engine: str
    kill_switch: KillSwitch | None = None
    venue: Venue | None = None
    guards: Guards | None = None

    def __post_init__(self) -> None:
        waiting = {name: value for name, value in vars(self).items() if isinstance(value, Deferred)}
        for name in waiting:
            object.__delattr__(self, name)
        object.__setattr__(self, "_waiting", waiting)
        for name in ("worth", "cash", "borrow_usd", "interest_usd", "dividends_usd"):
            if name not in waiting:
                object.__setattr__(self, name, _frozen(getattr(self, name)))
        if "positions" not in waiting:
            object.__setattr__(self, "positions", _frozen_frame(self.positions))

    def __getattr__(self, name: str) -> Any:
        later = vars(self).get("_waiting", {}).pop(name, None)  # asked only for what is not there
        if later is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        object.__setattr__(self, name, later.make(*later.arguments))
        return vars(self)[name]

    def parts(self) -> dict[str, Any]:
        """Each field by name, what is deferred still deferred: of these another result is made."""
        have = vars(self) | vars(self)["_waiting"]
        return {item.name: have[item.name] for item in fields(self)}

    def __repr__(self) -> str:
        sessions = self.worth.index
        return (
            f"BacktestResult({sessions[0]:%Y-%m-%d} .. {sessions[-1]:%Y-%m-%d}, {len(sessions)} sessions, "
            f"{self.capital:,.2f} -> {self.worth.iloc[-1]:,.2f} USD, {len(self.trades)} trades, {self.engine})"
        )

    @cached_property
    def returns(self) -> pd.Series:
        """Simple return per session as a fraction; the first session, which has none, is left out."""
        return self.worth.pct_change().iloc[1:]

    @cached_property
    def costs_paid(self) -> pd.Series:
        """Commission, spread, impact and borrow fee over the whole backtest, in USD.

        Interest is in `interest_usd`, what shorts paid of dividends in `dividends_usd`.
        """
        return pd.Series(
            {
                "commission": self.trades["commission_usd"].sum(),
                "spread": self.trades["spread_usd"].sum(),
                "impact": self.trades["impact_usd"].sum(),
                "borrow": self.borrow_usd.sum(),
            }
        )

    @cached_property
    def traded_usd(self) -> pd.Series:
        """Value of purchases and sales together at their fill prices, each session."""
        value = self.trades["quantity"].abs() * self.trades["price"]
        return value.groupby(self.trades["session"]).sum().reindex(self.worth.index, fill_value=0.0)

    @cached_property
    def turnover(self) -> pd.Series:
        """Value traded each session, both sides, as a fraction of worth at the close before; 0.0 first."""
        return (self.traded_usd / self.worth.shift()).fillna(0.0)

    @cached_property
    def exposure(self) -> pd.Series:
        """Gross value of the positions at each close, as a fraction of worth."""
        gross = (self.positions.abs() * self.bars.close.ffill()).sum(axis=1)
        return gross / self.worth

    @cached_property
    def killed_at(self) -> pd.Timestamp | None:
        """The session at whose close the kill switch tripped; None where it did not, or was off."""
        return None if self.kill_switch is None else self.kill_switch.first_breach(self.worth, self.capital)

    def to_vectorbt(self) -> Any:
        """The account as a ``vectorbt.Portfolio``, for its plots and records.

        vectorbt replays the *weights*, not these trades: orders and worth are the same, to 1e-9 of the capital. It is
        imported here, which takes seconds. See docs/vectorbt.md.

        Raises
        ------
        SimulationError
            vectorbt cannot follow this account: the message says why.
        """
        from framework.simulation.vectorbt_portfolio import portfolio_of

        return portfolio_of(self)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 (hex) over the bytes of worth: the identity of exactly this path."""
        return hashlib.sha256(self.worth.to_numpy("<f8").tobytes()).hexdigest()


def _frozen(series: pd.Series) -> pd.Series:
    if _is_frozen(series):
        return series
    return pd.Series(_read_only(series), index=series.index, name=series.name, copy=False)


def _frozen_frame(frame: pd.DataFrame) -> pd.DataFrame:
    if _is_frozen(frame):
        return frame
    return pd.DataFrame(_read_only(frame), index=frame.index, columns=frame.columns, copy=False)


def _is_frozen(values: pd.Series | pd.DataFrame) -> bool:
    """Whether the memory itself is read-only. pandas hands out read-only views of memory that is not."""
    owner = values.to_numpy()
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    return owner.dtype == np.float64 and not owner.flags.writeable


def _read_only(values: pd.Series | pd.DataFrame) -> np.ndarray:
    copied = np.array(values, dtype="f8")
    copied.flags.writeable = False
    return copied

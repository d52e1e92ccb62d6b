"""What goes into the record and comes out of it: one frozen dataclass a kind of row.

Fields are named as the columns they are stored in. Sessions are naive midnight Timestamps, times are aware. Floats
enter NUMERIC columns as ``Decimal(repr(x))`` and come back as the same floats.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pandas as pd

Json = Mapping[str, Any]
BookMode = Literal["paper", "live"]
RunMode = Literal["research", "paper", "live"]
RunEvent = Literal["started", "recorded", "finished", "failed", "abandoned", "refused"]
OrderEvent = Literal[
    "intent",
    "sent",
    "acknowledged",
    "partially_filled",
    "filled",
    "rejected",
    "cancelled",
    "expired",
    "unknown",
]

RUN_ENDS: tuple[RunEvent, ...] = ("finished", "failed", "abandoned", "refused")
ORDER_ENDS: tuple[OrderEvent, ...] = ("filled", "rejected", "cancelled", "expired")


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One attempt to execute a job for one session.

    `attempt` counts from 1 within (strategy, mode, session); the ledger sets it.
    """

    run_id: str
    strategy: str
    job: str
    session: pd.Timestamp
    mode: RunMode
    as_of: datetime
    git_sha: str
    git_dirty: bool
    image_tag: str | None
    lock_hash: str
    code_hash: str
    parameters: Json
    versions: Json = field(default_factory=dict)
    attempt: int = 0


@dataclass(frozen=True, kw_only=True)
class WorthRow:
    """What a paper or live book was worth at a session's close.

    Parameters
    ----------
    worth_usd, cash_usd : float
        Equity and the cash in it, after this session's fills, marked at its close.
    costs_usd : float
        Commission, spread and borrow paid in this session.
    turnover : float
        Value traded in this session over the equity of the session before.
    exposure : float
        Gross value of the holdings over equity.
    holdings, prices : mapping of str to float
        Signed shares, and the close that marked each of them.
    snapshot_hash : str
        The bars that the night decided from.
    known_at : datetime
        A claim about the world: the close of the session, for a backfill too (flagged `backfilled`).
    """

    strategy: str
    mode: BookMode
    session: pd.Timestamp
    run_id: str
    worth_usd: float
    cash_usd: float
    holdings: Mapping[str, float]
    prices: Mapping[str, float]
    snapshot_hash: str
    known_at: datetime
    backfilled: bool
    costs_usd: float = 0.0
    turnover: float = 0.0
    exposure: float = 0.0


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order as it was decided at a session's close. `order_id` is the deterministic client id."""

    order_id: str
    strategy: str
    mode: BookMode
    session: pd.Timestamp
    run_id: str
    symbol: str
    quantity: float
    reference_price: float
    known_at: datetime
    limit_price: float | None = None
    target_weight: float | None = None


@dataclass(frozen=True, kw_only=True)
class OrderEventRow:
    """What became of an order in a session. `quantity` is signed and what traded; zero if nothing did."""

    order_id: str
    strategy: str
    mode: BookMode
    session: pd.Timestamp
    run_id: str
    event: OrderEvent
    known_at: datetime
    quantity: float = 0.0
    price: float | None = None
    commission_usd: float = 0.0
    spread_usd: float = 0.0
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Book:
    """A paper or live book as it stands: cash and signed shares after the last night on record, or None."""

    cash: float
    holdings: Mapping[str, float]
    last: WorthRow | None


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """One thing that was tried: its identity, and its moments per period if it finished.

    `identity` is the SHA-256 over code, parameters, bars, costs and timing.
    """

    identity: str
    strategy: str
    parameters: Json
    code_hash: str
    bars_hash: str
    costs: Json
    timing: Json
    outcome: Literal["finished", "crashed"]
    sharpe: float | None = None
    observations: int | None = None
    skewness: float | None = None
    kurtosis: float | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestRow:
    """A judged backtest: what a page shows, and what a stranger needs to compute it again.

    Parameters
    ----------
    result_hash : str
        The result's own content hash.
    worth_usd : Series
        USD at each session's close, stored exactly.
    benchmark : mapping, optional
        ``{"name": str, "source": str, "worth": Series}``; the series is stored exactly too.
    """

    result_hash: str
    strategy: str
    run_id: str | None
    trial_identity: str
    snapshot_hash: str
    parameters: Json
    costs: Json
    settings: Json
    engine: str
    second_engine: str | None
    second_engine_difference: float | None
    versions: Json
    capital_usd: float
    worth_usd: pd.Series
    benchmark: Json | None
    positions_last: Mapping[str, float]
    weights_last: Mapping[str, float]
    tearsheet: Json
    verdict: Json
    git_sha: str
    lock_hash: str
    code_hash: str
    first_session: pd.Timestamp
    last_session: pd.Timestamp
    licence: str
    caveat: str
    known_at: datetime


@dataclass(frozen=True, kw_only=True)
class NotebookRow:
    """An executed notebook on record, without its content."""

    content_hash: str
    strategy: str
    name: str
    kind: Literal["research", "nightly"]
    run_id: str | None
    size_bytes: int
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class SuspensionRow:
    """A human's or the kill switch's word that a strategy may not trade, or may again."""

    strategy: str
    action: Literal["suspend", "resume"]
    reason: str
    reviewer: str
    known_at: datetime

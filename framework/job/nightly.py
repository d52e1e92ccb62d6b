"""A night, as the cells of ``papermill_jobs/daily.ipynb`` call it: load, check, settle, mark, decide, record.

The order is that of the time rule. Orders that wait from earlier sessions fill at this session's open; the book is
marked at its close; the guards are asked; and only then is anything decided. What is decided fills at the next open.
Nothing is on record before `Night.record`, which appends all of it in one transaction.
"""

from datetime import datetime
from functools import cached_property

import pandas as pd

from framework.broker.paper import PaperBroker
from framework.data.bars import Bars
from framework.data.quality import check_fresh
from framework.data.sessions import close_of, next_session, session_at
from framework.errors import StaleData, UnknownSymbol
from framework.host import clock, settings
from framework.job import gate, spec
from framework.job.decision import decided
from framework.job.rows import Tonight, as_order
from framework.job.settlement import Settled, live_through, marks
from framework.ledger.connect import open_ledger
from framework.ledger.ledger import Ledger
from framework.ledger.rows import Book, SuspensionRow
from framework.strategy.base import Strategy
from framework.strategy.causality import check_causal
from framework.strategy.load import load
from framework.trading.guard import KillSwitch
from framework.trading.orders import Order

CUTS = 5
PROOF_SESSIONS = 1_260  # after the warm-up, five years: the tests prove each rule over all there is
GUARD = KillSwitch()  # always on, and the same for all
GUARD_NAME = "kill switch"


def open_night(job: str, as_of: str, run_id: str) -> "Night":
    """The night of `job` at `as_of`, on the ledger that the settings name.

    Parameters
    ----------
    job : str
        A file in ``papermill_jobs/``, without ``.yaml``.
    as_of : str
        ISO time with its zone: only what was known then is used.
    run_id : str
        The attempt that this is, already on record as started.
    """
    read = settings.read()
    ledger = open_ledger(url=read.database_url, admin_url=read.admin_database_url, home=read.home)
    return Night(spec.load(job, read.root), datetime.fromisoformat(as_of), run_id, ledger)


class Night:
    """One job, one session, a step at a time. Each step shows what it did as a table.

    Parameters
    ----------
    job : JobSpec
        What runs.
    as_of : datetime, aware
        When; the session is the last that had closed by then.
    run_id : str
        The attempt that this is.
    ledger : Ledger
        Where everything comes from and goes to.
    """

    def __init__(self, job: spec.JobSpec, as_of: datetime, run_id: str, ledger: Ledger) -> None:
        self.job = job
        self.as_of = as_of
        self.session = session_at(job.calendar, as_of)
        self.ledger = ledger
        self.rule: Strategy = load(job.strategy)
        self.before: Book = ledger.book(job.name, job.mode, capital=job.capital)
        self.orders: tuple[Order, ...] = ()
        self.target: pd.Series | None = None
        self._trusted = False
        self._tonight = Tonight(job, self.session, run_id)
        self._broker = PaperBroker(self.before.cash, self.before.holdings, job.costs.model(), venue=job.venue)

    @property
    def is_on_record(self) -> bool:
        """Whether this session's worth is on record already, from an attempt that did not come to its end."""
        return self.before.last is not None and self.before.last.session == self.session

    @cached_property
    def bars(self) -> Bars:
        """The universe's bars as they were known at `as_of`."""
        try:
            return self.ledger.vault.bars(self.rule.universe, source=self.job.data, as_of=self.as_of)
        except UnknownSymbol as error:
            raise UnknownSymbol(error.what, error.limit, "Load the bars: openbook data sync.") from error

    @cached_property
    def settled(self) -> Settled:
        """What happened since the last night on record."""
        waiting = [as_order(row) for row in self.ledger.open_orders(self.job.name, self.job.mode)]
        since = None if self.before.last is None else self.before.last.session
        return live_through(self._broker, waiting, self.bars, since)

    @property
    def worth_usd(self) -> float:
        """The book at this session's close."""
        last = self.before.last
        return last.worth_usd if self.is_on_record and last else float(self.settled.worth.iloc[-1])

    @property
    def seed_usd(self) -> float:
        """What the kill switch measures against: the capital, or what was left when a human resumed after a trip."""
        trips = [row for row in self.ledger.suspensions(self.job.name) if row.reviewer == GUARD_NAME]
        if not trips:
            return self.job.capital
        nights = self.ledger.worth(self.job.name, self.job.mode).set_index("session")["worth_usd"]
        return float(nights.loc[: session_at(self.job.calendar, trips[-1].known_at)].iloc[-1])

    @cached_property
    def suspension(self) -> SuspensionRow | None:
        """Why nothing may be decided tonight: a suspension in force, or the kill switch; None if it may."""
        in_force = self.ledger.is_suspended(self.job.name)
        if gate.is_by_gate(in_force) and self._trusted:
            in_force = None  # lifted when the night is recorded
        if in_force is not None or self.is_on_record:
            return in_force
        lowest, seed = float(self.settled.worth.min()), self.seed_usd
        if not GUARD.trips(lowest, seed):
            return None
        return SuspensionRow(
            strategy=self.job.name,
            action="suspend",
            reason=f"Worth fell to {lowest:,.2f} USD, {lowest / seed - 1.0:.1%} against {seed:,.2f} USD; "
            f"the limit is {GUARD.limit:.0%}.",
            reviewer=GUARD_NAME,
            known_at=self._tonight.known_at,
        )

    def load_bars(self) -> pd.DataFrame:
        """Load the bars; the last closes of each symbol."""
        return self.bars.close.tail(5).T.rename(columns=lambda session: f"{session:%Y-%m-%d}")

    def check(self) -> pd.DataFrame:
        """Refuse bars that a quality gate does not pass, and a rule that looks ahead.

        Raises
        ------
        StaleData
            The newest bar, or that of one symbol, is older than the session.
        UntrustedBars
            The bars since the last night have a gap, a jump, or something else that nobody should decide on.
        LooksAhead
            See `check_causal`.
        """
        self._refuse_stale()
        gate.refuse_untrusted(
            self.bars,
            self.job,
            self.ledger,
            as_of=self.as_of,
            last=None if self.before.last is None else self.before.last.session,
        )
        self._trusted = True
        newest = self.bars.since(self.bars.sessions[-self.rule.warmup - PROOF_SESSIONS :][0])
        proof = check_causal(self.rule, newest, cuts=CUTS, seed=self.session.toordinal())
        found = {
            "session": f"{self.session:%Y-%m-%d}",
            "newest bar": f"{self.bars.sessions[-1]:%Y-%m-%d}",
            "bars": f"{len(self.bars):,} sessions x {len(self.bars.symbols)} symbols, {self.bars.content_hash[:12]}",
            "causal": f"{proof.rows_compared:,} rows the same at {len(proof.cuts)} cuts",
        }
        return pd.DataFrame({"found": found})

    def settle(self) -> pd.DataFrame:
        """Fill the orders that waited, at the open after their decision."""
        columns = [
            "decided",
            "traded",
            "symbol",
            "ordered",
            "filled",
            "price",
            "commission_usd",
            "spread_usd",
        ]
        rows = [
            (
                f"{done.order.session:%Y-%m-%d}",
                f"{done.session:%Y-%m-%d}",
                done.order.symbol,
                done.order.quantity,
                done.quantity,
                done.price,
                done.commission_usd,
                done.spread_usd,
            )
            for done in self.settled.fills
        ]
        return pd.DataFrame(rows, columns=columns)

    def mark(self) -> pd.DataFrame:
        """Mark the book at this session's close."""
        worth = self.worth_usd
        found = {"worth": worth, "cash": self._broker.cash, "since the start": worth - self.job.capital}
        return pd.DataFrame({"USD": found})

    def decide(self) -> pd.DataFrame:
        """Ask the guards, then the rule; the orders for the next open. None while suspended.

        An account's first night takes over the rule's standing decision: otherwise a rule that decides once a month,
        or once ever, would leave a new account in cash until it decides again.
        """
        if not self.is_on_record and self.suspension is None:
            is_new = self.before.last is None
            self.target, self.orders = decided(
                self.rule, self.bars, self._broker, tonight=self._tonight, is_new=is_new
            )
        rows = self._tonight.order_rows(self.orders, self.target)
        columns = ["symbol", "quantity", "reference_price", "target_weight"]
        return pd.DataFrame([[getattr(row, name) for name in columns] for row in rows], columns=columns)

    def record(self) -> pd.DataFrame:
        """Append the night whole; what was appended."""
        appended = not self.is_on_record and self._append()
        why = (
            ""
            if self.suspension is None
            else f"suspended by {self.suspension.reviewer}: {self.suspension.reason}"
        )
        found = {
            "worth": "appended" if appended else "on record already",
            "orders settled": len(self.settled.fills) if appended else 0,
            "orders decided": len(self.orders),
            "guards": why or "nothing tripped",
        }
        return pd.DataFrame({"record": found})

    def positions(self) -> pd.DataFrame:
        """What the book holds at this session's close."""
        prices = marks(self.bars)
        held = pd.Series(dict(self._broker.holdings), dtype="f8", name="shares").sort_index()
        frame = held.to_frame().assign(close=held.index.map(prices).astype("f8"))
        return frame.assign(value_usd=frame["shares"] * frame["close"])

    def nights(self) -> pd.DataFrame:
        """The last nights on record."""
        columns = ["session", "worth_usd", "cash_usd", "costs_usd", "turnover", "exposure"]
        return self.ledger.worth(self.job.name, self.job.mode)[columns].tail(10).set_index("session")

    def _append(self) -> bool:
        name = self.job.name
        snapshot = self.ledger.vault.append_snapshot(
            self.bars, strategy=name, known_at=self._tonight.known_at
        )
        if self._trusted:
            gate.lift(self.ledger, self.job, self.session)
        if self.suspension is not None and self.suspension.reviewer == GUARD_NAME:
            self._append_trip(self.suspension)
        worth = self._tonight.worth_row(
            self.settled,
            self.before,
            cash=self._broker.cash,
            holdings=self._broker.holdings,
            marks=marks(self.bars),
            snapshot_hash=snapshot,
            backfilled=self._is_backfilled(),
        )
        return self.ledger.append_night(
            self._tonight.run_id,
            worth=worth,
            fills=self._tonight.event_rows(self.settled.fills),
            orders=self._tonight.order_rows(self.orders, self.target),
        )

    def _append_trip(self, tripped: SuspensionRow) -> None:
        if self.ledger.is_suspended(self.job.name) is None:
            self.ledger.append_suspension(
                tripped.strategy,
                action=tripped.action,
                reason=tripped.reason,
                reviewer=tripped.reviewer,
                known_at=tripped.known_at,
            )

    def _is_backfilled(self) -> bool:
        following = close_of(self.job.calendar, next_session(self.job.calendar, self.session))
        return clock.now() >= following

    def _refuse_stale(self) -> None:
        try:
            check_fresh(self.bars, as_of=self.as_of, calendar=self.job.calendar)
        except StaleData as error:
            newest = self.bars.sessions[-1]
            raise StaleData(
                error.what,
                error.limit,
                f"Load newer bars, or run the last session on record: --as-of {newest:%Y-%m-%d}.",
            ) from error

"""The plain engine: slow, obvious, and the specification that every other engine is held to."""

from dataclasses import dataclass, field

import pandas as pd

from framework.data.bars import Bars
from framework.simulation.result import BacktestResult, trades_frame
from framework.simulation.scenario import Prices, Row, Scenario, SizeAt, check_solvent
from framework.strategy.weights import TargetWeights
from framework.trading.actions import dividends_usd, split_holdings, split_orders
from framework.trading.costs import CostModel
from framework.trading.fills import cash_after, fill
from framework.trading.guard import Guards, KillSwitch
from framework.trading.marking import Carry, carry, cash_after_carry, equity_usd, worth_usd
from framework.trading.orders import Fill, Order
from framework.trading.quotes import FillAt
from framework.trading.rebalance import closing, rebalance
from framework.trading.venue import Venue
from framework.trading.watch import Watch


def simulate(  # noqa: PLR0913 - a backtest's settings, by name
    weights: TargetWeights,
    bars: Bars,
    costs: CostModel,
    *,
    capital: float = 100_000.0,
    fill_at: FillAt | None = None,
    size_at: SizeAt = "decision",
    whole_shares: bool = False,
    kill_switch: KillSwitch | None = None,
    venue: Venue | None = None,
    guards: Guards | None = None,
) -> BacktestResult:
    """Replay the weights over the bars, a session at a time.

    Weights decided at the close of *t* become orders that fill in *t+1* at its open, close or mean price, are carried
    over that session and marked at its close. An order that cannot fill then (in a halt: a session whose volume is
    zero) expires. A symbol that is delisted is marked at its last close and cannot be traded. Splits come before the
    open and change shares held and shares ordered; dividends are paid, on what was held at the close before, when
    the session is carried.

    Parameters
    ----------
    weights : TargetWeights
        Rows may be fewer than the bars' sessions (the others hold) and columns fewer than their symbols.
    bars : Bars
        Prices to trade at and to mark at.
    costs : CostModel
        Always on; zero is a figure that is written out.
    capital : float
        USD in cash at the close of the first session.
    fill_at : {"open", "close", "mean"}, optional
        Of the session after the decision; "mean" is that of open, high, low and close. By default the open, where
        the bars have one.
    size_at : {"decision", "fill"}
        From which equity and prices quantities follow. "fill" knows the fill's prices in advance, as paper
        and live cannot; it exists for parity with other engines.
    whole_shares : bool
        Whether positions are whole numbers of shares, truncated toward zero: short for a venue with lots of one.
    kill_switch : KillSwitch, optional
        Once tripped at a close, nothing is decided any more and the book is held.
    venue : Venue, optional
        Lots, least value of an order, no-trade band.
    guards : Guards, optional
        Stops, and a target for the volatility.

    Raises
    ------
    BadWeights, SpecError
        The inputs do not fit together (see :class:`Scenario`).
    SimulationError
        Worth fell to zero or below: no weight has a meaning from there.
    """
    scenario = Scenario(
        weights=weights,
        bars=bars,
        costs=costs,
        capital=capital,
        fill_at=fill_at,
        size_at=size_at,
        whole_shares=whole_shares,
        kill_switch=kill_switch,
        venue=venue,
        guards=guards,
    )
    return replayed(scenario)


def replayed(scenario: Scenario) -> BacktestResult:
    """The same, of a scenario that stands."""
    watch = None if scenario.stops is None else Watch(scenario.stops)
    account = _Account(scenario, Venue.of(scenario.venue, whole_shares=False), watch, cash=scenario.capital)
    for row in scenario.rows():
        account.live_through(row)
    return account.result()


@dataclass
class _Account:
    """The state that the replay carries from session to session, and the diary that it keeps."""

    scenario: Scenario
    venue: Venue
    watch: Watch | None
    cash: float
    holdings: dict[str, float] = field(default_factory=dict)
    decision: Row | None = None
    orders: tuple[Order, ...] = ()
    killed: bool = False
    fills: list[Fill] = field(default_factory=list)
    diary: list[tuple[float, ...]] = field(default_factory=list)
    positions: list[dict[str, float]] = field(default_factory=list)

    def live_through(self, row: Row) -> None:
        before = dict(self.holdings)
        self.split(row)
        self.trade(row)
        carried = self.carry_over(row, before)
        worth = worth_usd(self.cash, self.holdings, row.marks)
        check_solvent(worth, row.session)
        self.diary.append((worth, self.cash, *carried))
        self.positions.append(dict(self.holdings))
        self.decide(row, worth)

    def split(self, row: Row) -> None:
        if not row.splits:
            return
        shares = split_holdings(self.holdings, row.splits, venue=self.venue)
        self.holdings = {symbol: held for symbol, held in shares.items() if held}
        self.orders = split_orders(self.orders, row.splits, venue=self.venue)
        if self.watch:
            self.watch.split(row.splits, self.holdings)

    def trade(self, row: Row) -> None:
        orders = self.orders if self.scenario.size_at == "decision" else self.sized_now(row)
        fills = fill(
            orders,
            session=row.session,
            prices=row.quotes,
            cash=self.cash,
            costs=self.scenario.costs,
            venue=self.venue,
            impacts=row.impacts,
        )
        self.cash = cash_after(self.cash, fills)
        traded = [done for done in fills if done.quantity]
        for done in traded:
            self.hold(done.order.symbol, done.quantity, done.price)
        self.fills.extend(traded)

    def hold(self, symbol: str, quantity: float, price: float) -> None:
        before = self.holdings.get(symbol, 0.0)
        if self.watch:
            self.watch.fill(symbol, held=before, quantity=quantity, price=price)
        held = before + quantity
        if held:
            self.holdings[symbol] = held
        else:
            self.holdings.pop(symbol, None)

    def carry_over(self, row: Row, before: Prices) -> Carry:
        if not self.diary:  # the capital arrives at the first close
            return Carry(0.0, 0.0)
        received = dividends_usd(before, row.splits, row.dividends, row.closes, venue=self.venue)
        carried = carry(self.cash, self.holdings, row.marks, self.scenario.costs, dividends_usd=received)
        self.cash = cash_after_carry(self.cash, carried)
        return carried

    def decide(self, row: Row, worth: float) -> None:
        switch = self.scenario.kill_switch
        self.killed = self.killed or (switch is not None and switch.trips(worth, self.scenario.capital))
        if self.watch:
            row = row._replace(target=self.watch.close(row.closes, row.target))
        self.decision = None if self.killed else row
        sized = self.scenario.size_at == "decision" and self.decision is not None
        self.orders = self.sized(row, prices=row.closes, marks=row.marks) if sized else ()

    def sized_now(self, row: Row) -> tuple[Order, ...]:
        if self.decision is None:
            return ()
        return self.sized(self.decision, prices=row.quotes, marks=row.marks)

    def sized(self, decision: Row, *, prices: Prices, marks: Prices) -> tuple[Order, ...]:
        if decision.target is None:
            return closing(
                self.watch.out if self.watch else (),
                session=decision.session,
                holdings=self.holdings,
                prices=prices,
                venue=self.venue,
            )
        return rebalance(
            decision.target,
            session=decision.session,
            holdings=self.holdings,
            prices=prices,
            equity=equity_usd(self.cash, self.holdings, prices, marks),
            venue=self.venue,
        )

    def result(self) -> BacktestResult:
        scenario = self.scenario
        sessions, symbols = scenario.bars.sessions, scenario.bars.symbols
        diary = pd.DataFrame(
            self.diary,
            index=sessions,
            columns=["worth", "cash", "interest_usd", "borrow_usd", "dividends_usd"],
        )
        held = [[row.get(symbol, 0.0) for symbol in symbols] for row in self.positions]
        positions = pd.DataFrame(held, index=sessions, columns=list(symbols), dtype="f8")
        return scenario.result(diary, positions, _trades(self.fills), engine="plain")


def _trades(fills: list[Fill]) -> pd.DataFrame:
    return trades_frame(
        {
            "session": [done.session for done in fills],
            "decided": [done.order.session for done in fills],
            "symbol": [done.order.symbol for done in fills],
            "quantity": [done.quantity for done in fills],
            "price": [done.price for done in fills],
            "commission_usd": [done.commission_usd for done in fills],
            "spread_usd": [done.spread_usd for done in fills],
            "impact_usd": [done.impact_usd for done in fills],
        }
    )

"""The plain engine: slow, obvious, and the specification that every other engine is held to."""

from dataclasses import dataclass, field

import pandas as pd

from framework.data.bars import Bars
from framework.simulation.result import BacktestResult, trades_frame
from framework.simulation.scenario import FillAt, Prices, Row, Scenario, SizeAt, check_solvent
from framework.strategy.weights import TargetWeights
from framework.trading.costs import CostModel
from framework.trading.fills import cash_after, fill
from framework.trading.guard import KillSwitch
from framework.trading.marking import Carry, carry, cash_after_carry, equity_usd, worth_usd
from framework.trading.orders import Fill, Order
from framework.trading.rebalance import rebalance


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
) -> BacktestResult:
    """Replay the weights over the bars, a session at a time.

    Weights decided at the close of *t* become orders that fill at the open of *t+1* (at its close where
    `fill_at` is "close"), are carried over that session and marked at its close. An order that cannot fill
    then expires. A symbol that is delisted is marked at its last close and cannot be traded.

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
    fill_at : {"open", "close"}, optional
        Of the session after the decision. By default the open, where the bars have one.
    size_at : {"decision", "fill"}
        From which equity and prices quantities follow. "fill" knows the fill's prices in advance, as paper
        and live cannot; it exists for parity with other engines.
    whole_shares : bool
        Whether positions are whole numbers of shares, truncated toward zero.
    kill_switch : KillSwitch, optional
        Once tripped at a close, nothing is decided any more and the book is held.

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
    )
    account = _Account(scenario, cash=scenario.capital)
    for row in scenario.rows():
        account.live_through(row)
    return account.result()


@dataclass
class _Account:
    """The state that the replay carries from session to session, and the diary that it keeps."""

    scenario: Scenario
    cash: float
    holdings: dict[str, float] = field(default_factory=dict)
    decision: Row | None = None
    orders: tuple[Order, ...] = ()
    killed: bool = False
    fills: list[Fill] = field(default_factory=list)
    diary: list[tuple[float, float, float, float]] = field(default_factory=list)
    positions: list[dict[str, float]] = field(default_factory=list)

    def live_through(self, row: Row) -> None:
        self.trade(row)
        carried = self.carry_over(row)
        worth = worth_usd(self.cash, self.holdings, row.marks)
        check_solvent(worth, row.session)
        self.diary.append((worth, self.cash, carried.interest_usd, carried.borrow_usd))
        self.positions.append(dict(self.holdings))
        self.decide(row, worth)

    def trade(self, row: Row) -> None:
        orders = self.orders if self.scenario.size_at == "decision" else self.sized_now(row)
        fills = fill(
            orders,
            session=row.session,
            prices=row.quotes,
            cash=self.cash,
            costs=self.scenario.costs,
            whole_shares=self.scenario.whole_shares,
        )
        self.cash = cash_after(self.cash, fills)
        for done in fills:
            self.hold(done.order.symbol, done.quantity)
        self.fills.extend(done for done in fills if done.quantity)

    def hold(self, symbol: str, quantity: float) -> None:
        held = self.holdings.get(symbol, 0.0) + quantity
        if held:
            self.holdings[symbol] = held
        else:
            self.holdings.pop(symbol, None)

    def carry_over(self, row: Row) -> Carry:
        if not self.diary:  # the capital arrives at the first close
            return Carry(0.0, 0.0)
        carried = carry(self.cash, self.holdings, row.marks, self.scenario.costs)
        self.cash = cash_after_carry(self.cash, carried)
        return carried

    def decide(self, row: Row, worth: float) -> None:
        switch = self.scenario.kill_switch
        self.killed = self.killed or (switch is not None and switch.trips(worth, self.scenario.capital))
        self.decision = None if self.killed else row
        sized = self.scenario.size_at == "decision" and self.decision is not None
        self.orders = self.sized(row, prices=row.closes, marks=row.marks) if sized else ()

    def sized_now(self, row: Row) -> tuple[Order, ...]:
        if self.decision is None:
            return ()
        return self.sized(self.decision, prices=row.quotes, marks=row.marks)

    def sized(self, decision: Row, *, prices: Prices, marks: Prices) -> tuple[Order, ...]:
        if decision.target is None:
            return ()
        return rebalance(
            decision.target,
            session=decision.session,
            holdings=self.holdings,
            prices=prices,
            equity=equity_usd(self.cash, self.holdings, prices, marks),
            whole_shares=self.scenario.whole_shares,
        )

    def result(self) -> BacktestResult:
        scenario = self.scenario
        sessions, symbols = scenario.bars.sessions, scenario.bars.symbols
        diary = pd.DataFrame(
            self.diary, index=sessions, columns=["worth", "cash", "interest_usd", "borrow_usd"]
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
        }
    )

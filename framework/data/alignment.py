"""Markets side by side: exchanges of different hours, markets that never close, and currencies, on one market's clock.

A row of `Bars` is what was known at one close, so the bars of two markets are not joined by their dates: on 25 November
2022 New York closed at 18:00 UTC and São Paulo at 21:00, and the coin's day ended at midnight. Joined by date, each row
would know hours that had not happened. Here a row holds what was known of each symbol at the close of the clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from framework.data.asof import Known, known_at
from framework.data.bars import Bars
from framework.data.sessions import known_since
from framework.errors import DataError, SpecError

CAVEAT = "Prices of other markets than {} are the last that were known at its close."


@dataclass(frozen=True, eq=False)
class Market:
    """Bars, with what they do not say themselves.

    Parameters
    ----------
    bars : Bars
        Daily; those of the clock may lie within the day.
    calendar : str
        Whose sessions they have: ``XNYS``, ``24/7``, ``24/5``.
    currency : str
        In which the prices are, by its ISO code.
    pays_nothing : bool
        Whether these prices are of something that neither pays dividends nor splits, such as a coin or a pair of
        currencies: bars of it may stand beside raw prices of shares.
    """

    bars: Bars
    calendar: str
    currency: str
    pays_nothing: bool = False


def refuse_mixed(calendars: Mapping[str, str], currencies: Mapping[str, str]) -> None:
    """Refuse symbols of several calendars or currencies as columns of the same bars; both are by symbol.

    Raises
    ------
    DataError
        The message names two symbols that differ, and in what.
    """
    for kind, by_symbol, why in (
        (
            "closes with",
            calendars,
            "A row is what was known at one close; joined by date, some would know the future.",
        ),
        (
            "is priced in",
            currencies,
            "Prices of one account are in one currency, and a rate changes every day.",
        ),
    ):
        first = next(iter(by_symbol), "")
        other = next((symbol for symbol in by_symbol if by_symbol[symbol] != by_symbol[first]), None)
        if other is not None:
            raise DataError(
                f"{first} {kind} {by_symbol[first]}, {other} {kind} {by_symbol[other]}.",
                why,
                "Load each kind apart, and join them with framework.data.alignment.aligned.",
            )


def beside(*markets: Market) -> Bars:
    """The symbols of markets with one calendar and one currency as columns of the same bars, by their sessions.

    Raises
    ------
    DataError
        Their calendars or currencies differ (that is `aligned`), a symbol stands in two of them, they have features, or
        only some of them have dividends and splits.
    BadBars
        One lacks a session inside its life that another has.
    """
    _refuse_twice(markets)
    refuse_mixed(_by_symbol(markets, "calendar"), _by_symbol(markets, "currency"))
    _refuse_actions([replace(market, pays_nothing=False) for market in markets])
    _refuse_features(markets)
    named = set.intersection(*(set(market.bars.fields) for market in markets))
    sessions = pd.DatetimeIndex(np.unique(np.concatenate([market.bars.sessions for market in markets])))
    fields: dict[str, Any] = {
        name: pd.concat([getattr(market.bars, name).reindex(sessions) for market in markets], axis=1)
        for name in named
    }
    return Bars(**fields, **_about([market.bars for market in markets]))


def aligned(clock: Market, *others: Market, rates: Mapping[str, Market] | None = None) -> Bars:
    """What was known of all markets at each close of `clock`, in its currency.

    Of another market's symbol, a row holds the close of its last bar that was known by then. Nothing is filled: over a
    day on which that market was closed the last close is still the price, and the volume of the row is zero, which says
    that nothing trades; a session of its own calendar without a bar ends a life, or is refused inside one. Where
    several of its sessions lie between two closes of the clock, volumes add up, splits multiply, and dividends count
    per share of the last. Since opens are no moment of the clock, there are none: what is decided at a close fills at
    the next.

    Parameters
    ----------
    clock : Market
        Its sessions are the rows, its currency is that of the prices. Its features are kept.
    others : Market
        Daily bars.
    rates : mapping of str to Market, optional
        By currency, bars of one symbol: what one unit of it costs in the currency of `clock`. A price is converted at
        the rate that was known last at the same close.

    Raises
    ------
    SpecError
        A rate is missing, or is not one symbol in the currency of `clock`.
    DataError
        A symbol twice; others within the day, or with features; a session missing inside a life; raw prices beside
        prices that may be adjusted; or a closed day where a volume is missing, so that nothing would say so.
    """
    _refuse_twice([clock, *others])
    _refuse_actions([clock, *others])
    _refuse_features(others)
    closes = known_since(clock.calendar, clock.bars.sessions)
    with_actions = any(map(_is_raw, (clock, *others)))
    parts = [_own(clock)]
    for market in others:
        known = known_at(market.bars, calendar=market.calendar, closes=closes)
        parts.append(known.times(_rate(market.currency, clock, rates or {}, closes)))
    names = ["close", *(["dividend", "split"] if with_actions else []), *_volume(parts)]
    index = clock.bars.sessions
    fields: dict[str, Any] = {
        name: pd.concat(
            [pd.DataFrame(part.fields[name], index, list(part.symbols)) for part in parts], axis=1
        )
        for name in names
    }
    about = _about([market.bars for market in (clock, *others)])
    if others:
        about["caveat"] = f"{about['caveat']} {CAVEAT.format(clock.calendar)}".strip()
    return Bars(**fields, features=clock.bars.features, **about)


def _own(clock: Market) -> Known:
    """The clock's own bars, of which each row is new."""
    fields = {
        name: clock.bars.table(name)
        for name in ("close", "volume", "dividend", "split")
        if clock.bars.has(name)
    }
    return Known(clock.bars.symbols, fields, np.zeros(fields["close"].shape, dtype=bool)).with_actions()


def _volume(parts: Sequence[Known]) -> list[str]:
    """Whether all have a volume; without one, nothing would say that a market was closed."""
    without = [part for part in parts if "volume" not in part.fields]
    if not without:
        return ["volume"]
    for part in parts:
        if part.stale.any():
            column = int(np.argwhere(part.stale)[0][1])
            raise DataError(
                f"{part.symbols[column]} was closed on days on which the clock was not,"
                f" and {without[0].symbols[0]} has no volume.",
                "A volume of zero is what says that nothing trades; without it, orders would fill at an old price.",
                "Give every market its volume, choose the market that is closed most often as the clock, "
                "or put its closes into features.",
            )
    return []


def _rate(currency: str, clock: Market, rates: Mapping[str, Market], closes: np.ndarray) -> np.ndarray | None:
    """What one unit of `currency` cost at each close, a column; None where it is the clock's own."""
    if currency == clock.currency:
        return None
    rate = rates.get(currency)
    if rate is None:
        raise SpecError(
            f"There is no rate for {currency}.",
            f"The clock's prices are in {clock.currency}, and prices of two currencies are not compared.",
            f"Give rates={{{currency!r}: Market(bars, calendar, {clock.currency!r})}}, the price of one {currency}.",
        )
    if len(rate.bars.symbols) != 1 or rate.currency != clock.currency:
        raise SpecError(
            f"The rate for {currency} has {len(rate.bars.symbols)} symbols, in {rate.currency}.",
            f"It is the price of one {currency} in {clock.currency}, as bars of one symbol.",
            "Give that one; the other way round it is 1 / rate.",
        )
    return known_at(rate.bars, calendar=rate.calendar, closes=closes).fields["close"]


def _refuse_twice(markets: Sequence[Market]) -> None:
    names = list(chain.from_iterable(market.bars.symbols for market in markets))
    twice = next((name for position, name in enumerate(names) if name in names[:position]), None)
    if twice is not None:
        raise DataError(
            f"{twice} stands in two markets.", "Each symbol has one column.", "Rename one of them."
        )


def _refuse_actions(markets: Sequence[Market]) -> None:
    """Raw prices and prices that may be adjusted do not mean the same."""
    raw = [market for market in markets if _is_raw(market)]
    plain = [market for market in markets if not _is_raw(market) and not market.pays_nothing]
    if raw and plain:
        raise DataError(
            f"{raw[0].bars.symbols[0]} has dividends or splits beside its prices, {plain[0].bars.symbols[0]} has none.",
            "Raw prices and prices that may be adjusted do not mean the same.",
            "Take both from sources that list actions; of a coin or a pair of currencies, say pays_nothing=True.",
        )


def _is_raw(market: Market) -> bool:
    return market.bars.has("dividend") or market.bars.has("split")


def _refuse_features(markets: Sequence[Market]) -> None:
    named = next((market for market in markets if market.bars.features), None)
    if named is not None:
        raise DataError(
            f"The bars of {named.bars.symbols[0]} have features ({', '.join(named.bars.features)}).",
            "A feature belongs to the closes of its own market; at another's it would have to be asked for again.",
            "Leave them out here, and read features with the bars of the clock.",
        )


def _by_symbol(markets: Sequence[Market], what: str) -> dict[str, str]:
    return {symbol: getattr(market, what) for market in markets for symbol in market.bars.symbols}


def _about(bars: Sequence[Bars]) -> dict[str, Any]:
    between = {"source": " + ", "licence": "; ", "caveat": " "}
    return {
        name: sign.join(dict.fromkeys(getattr(one, name) for one in bars if getattr(one, name)))
        for name, sign in between.items()
    }

"""Whether timing earned anything: the same positions held at other times, in random order."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.errors import DataError

LEAST_SESSIONS = 20


@dataclass(frozen=True, eq=False)
class ChanceTest:
    """What random timing would have earned beside what the rule did.

    Parameters
    ----------
    sharpe : float
        Sharpe ratio per period of the positions where they were held.
    draws : array, shape (draws,)
        The same for each random order; 0 where an order earned nothing at all.
    p_value : float
        Share of orders, the rule's own counted with them, that did at least as well.
    """

    sharpe: float
    draws: np.ndarray
    p_value: float


def permutation_test(
    positions: pd.Series | pd.DataFrame,
    returns: pd.Series | pd.DataFrame,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> ChanceTest:
    """Positions against the same positions in any order of the sessions.

    The null hypothesis is that positions say nothing of the return of the session in which they are held; what the
    rule earns by being long in a market that rose is in every order. Shuffling breaks up long holdings, so that for
    slow rules `random_entry_test` is the fairer one. A p-value is never zero: Phipson and Smyth (2010), "Permutation
    P-values Should Never Be Zero", Statistical Applications in Genetics and Molecular Biology 9(1).

    Parameters
    ----------
    positions : Series or DataFrame, shape (sessions,) or (sessions, symbols)
        Fraction of equity held *during* each session, decided at a close before it. NaN is refused.
    returns : Series or DataFrame, same shape
        Simple returns of the symbols in the same sessions, as fractions.
    draws : int
        At least 100.
    seed : int
        The same seed gives the same answer, on every platform.

    Raises
    ------
    DataError
        Fewer than 20 sessions, shapes or sessions that differ, any NaN, no position at all, positions that are the
        same in every session, or too few draws.
    """
    held, earned = _checked(positions, returns, draws, seed)
    if not np.ptp(held, axis=0).any():
        raise DataError(
            "The positions are the same in every session.",
            "An order can only matter where something changes.",
            "There is no timing to test.",
        )
    return _tested(held, earned, draws, lambda source: _shuffled(source, len(held)), seed)


def random_entry_test(
    positions: pd.Series | pd.DataFrame,
    returns: pd.Series | pd.DataFrame,
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> ChanceTest:
    """Holdings against the same holdings entered at random times.

    A holding is a run of sessions with any position, kept as it is, its length, sizes and sides; every order of the
    holdings and the sessions without a position is as likely. Parameters are those of `permutation_test`.

    Raises
    ------
    DataError
        As `permutation_test`, or positions that are never flat: there is no other time to enter.
    """
    held, earned = _checked(positions, returns, draws, seed)
    flat = ~held.any(axis=1)
    if not flat.any():
        raise DataError(
            "There is a position in every session.",
            "Entries can move only through sessions without one.",
            "Use permutation_test.",
        )
    starts = np.flatnonzero(flat | np.concatenate(([True], flat[:-1])))
    pieces = np.split(np.arange(len(held)), starts[1:])

    def order(source: np.random.PCG64) -> np.ndarray:
        return np.concatenate([pieces[i] for i in _shuffled(source, len(pieces))])

    return _tested(held, earned, draws, order, seed)


def _tested(
    held: np.ndarray,
    earned: np.ndarray,
    draws: int,
    order: Callable[[np.random.PCG64], np.ndarray],
    seed: int,
) -> ChanceTest:
    source = np.random.PCG64(seed)
    observed = _sharpe(held, earned)
    found = np.array([_sharpe(held[order(source)], earned) for _ in range(draws)])
    as_good = int((found >= observed - 1e-12 * abs(observed)).sum())
    return ChanceTest(observed, found, (1 + as_good) / (1 + draws))


def _sharpe(held: np.ndarray, earned: np.ndarray) -> float:
    gains = np.einsum("ij,ij->i", held, earned)
    spread = gains.std(ddof=1)
    return float(gains.mean() / spread) if spread > 0.0 else 0.0


def _shuffled(source: np.random.PCG64, count: int) -> np.ndarray:
    return np.argsort(np.asarray(source.random_raw(count)), kind="stable")


def _checked(
    positions: pd.Series | pd.DataFrame, returns: pd.Series | pd.DataFrame, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    held, earned = (np.asarray(each, dtype="f8").reshape(len(each), -1) for each in (positions, returns))
    if held.shape != earned.shape or not positions.index.equals(returns.index) or len(held) < LEAST_SESSIONS:
        raise DataError(
            f"Positions have shape {held.shape} and returns {earned.shape}.",
            f"They are of the same symbols in the same sessions, at least {LEAST_SESSIONS}.",
            "Shift the decided weights to the session in which they are held, and align both.",
        )
    for name, values in (("position", held), ("return", earned)):
        _refuse_gap(name, values, positions.index)
    if not held.any() or draws < 100 or seed < 0:
        raise DataError(
            f"{int(held.any(axis=1).sum())} sessions with a position, {draws} draws and the seed {seed} were given.",
            "There is a position, there are at least 100 draws, and a seed is 0 or more.",
            "Test a rule that traded, with 1,000 draws.",
        )
    return held, earned


def _refuse_gap(name: str, values: np.ndarray, sessions: pd.Index) -> None:
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        raise DataError(
            f"The {name} at {sessions[int(np.argmax(bad))]} is not a finite number.",
            "A gap is neither skipped nor filled with zero.",
            "Cut both where the data begin and end; write 0.0 for what is not held.",
        )

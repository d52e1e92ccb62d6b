"""TargetWeights: what a strategy wants to own, a row a session."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from framework.errors import BadWeights, DataError


@dataclass(frozen=True, eq=False)
class TargetWeights:
    """Fraction of equity wanted at each close. A row is all numbers (rebalance) or all NaN (hold).

    Parameters
    ----------
    frame : DataFrame, shape (sessions, symbols)
        Signed fractions of equity: 0.25 is a quarter of the account long, -0.25 short. What the weights of a
        row leave over is cash.
    max_gross : float
        Largest sum of absolute weights that the strategy declares to need, 1.0 unless it means to borrow.

    Raises
    ------
    BadWeights
        A row partly NaN, an infinite weight, or gross above `max_gross`.
    """

    frame: pd.DataFrame
    max_gross: float = 1.0

    def __post_init__(self) -> None:
        values = np.array(self.frame, dtype="f8")
        _check(values, self.frame, self.max_gross)
        values.flags.writeable = False
        frozen = pd.DataFrame(values, index=self.frame.index, columns=self.frame.columns, copy=False)
        object.__setattr__(self, "frame", frozen)

    def at(self, session: pd.Timestamp | str) -> pd.Series:
        """The row decided at the close of `session`, shape (symbols,); all NaN means hold.

        Raises
        ------
        DataError
            There is no such session.
        """
        when = pd.Timestamp(session)
        if when not in self.frame.index:
            raise DataError(
                f"No weights were decided at {when:%Y-%m-%d}.",
                f"The rows run from {self.frame.index[0]:%Y-%m-%d} to {self.frame.index[-1]:%Y-%m-%d}.",
                "Ask for a trading session in that range.",
            )
        row = self.frame.loc[when]
        assert isinstance(row, pd.Series)  # noqa: S101 - the index is unique, as the bars' is
        return row


def _check(values: np.ndarray, frame: pd.DataFrame, max_gross: float) -> None:
    holding = np.isnan(values)
    mixed = holding.any(axis=1) & ~holding.all(axis=1)
    if mixed.any():
        row = int(np.argmax(mixed))
        missing = ", ".join(str(symbol) for symbol in frame.columns[holding[row]][:5])
        raise BadWeights(
            f"The weights at {frame.index[row]:%Y-%m-%d} are NaN for {missing} only ({int(mixed.sum())} such rows).",
            "A row is all numbers (rebalance) or all NaN (hold).",
            "Write 0.0 for what should not be held.",
        )
    gross = np.where(holding, 0.0, np.abs(values)).sum(axis=1)
    if not np.isfinite(gross).all():
        row = int(np.argmax(~np.isfinite(gross)))
        raise BadWeights(
            f"A weight at {frame.index[row]:%Y-%m-%d} is infinite.",
            "Weights are finite fractions of equity.",
            "Look for a division by zero.",
        )
    over = gross > max_gross * (1.0 + 1e-9)
    if over.any():
        row = int(np.argmax(over))
        raise BadWeights(
            f"Gross weight at {frame.index[row]:%Y-%m-%d} is {gross[row]:.4f},",
            f"above the limit of {max_gross:.2f} ({int(over.sum())} of {len(gross)} rows).",
            "Scale the row, or declare max_gross if the strategy means to borrow.",
        )

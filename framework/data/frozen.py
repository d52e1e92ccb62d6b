"""Frames that nobody can write to, whoever holds them."""

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd


class FrozenFrames:
    """Hands out its frames as copy-on-write copies, so that what is done to them stays with whoever did it.

    Read-only arrays are not enough: pandas copies them on a write as soon as any view of the frame is alive, and
    then the frame itself has changed; and columns can be added or renamed without touching an array. Such
    a copy shares all memory until it is written to, and takes some 10 microseconds.
    """

    def table(self, name: str) -> np.ndarray:
        """The numbers of one frame: a view that cannot be written to, without the price of a frame."""
        frame: pd.DataFrame = object.__getattribute__(self, name)
        return frame.to_numpy()

    def has(self, name: str) -> bool:
        """Whether there is such a frame."""
        return object.__getattribute__(self, name) is not None

    def labels(self, name: str) -> tuple[pd.Index, pd.Index]:
        """Rows and columns of one frame."""
        frame: pd.DataFrame = object.__getattribute__(self, name)
        return frame.index, frame.columns

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if isinstance(value, pd.DataFrame):
            return value.copy(deep=False)
        if isinstance(value, MappingProxyType):
            return MappingProxyType({key: frame.copy(deep=False) for key, frame in value.items()})
        return value

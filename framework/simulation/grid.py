"""The combinations of a parameter grid."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from framework.errors import SpecError

type Combination = dict[str, Any]


def combinations(
    grid: Mapping[str, Iterable[Any]],
    *,
    where: Callable[..., bool] | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> list[Combination]:
    """Every combination of the grid that is admitted, the last name varying fastest; or a random part of them.

    Parameters
    ----------
    grid : mapping of str to iterable
        The values that each parameter takes.
    where : callable, optional
        Called with a combination by name; what it denies is left out.
    samples : int, optional
        Draw so many of the admitted combinations, none twice, in grid order; all of them where there are fewer.
    seed : int
        Of that draw.

    Raises
    ------
    SpecError
        A parameter without values or with one twice, no combination admitted, or fewer than one sample.
    """
    values = {name: [_plain(value) for value in given] for name, given in grid.items()}
    for name, given in values.items():
        _check_values(name, given)
    every = [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    admitted = every if where is None else [one for one in every if where(**one)]
    if not values or not admitted:
        raise SpecError(
            f"None of the grid's {len(every) if values else 0} combinations is admitted.",
            "A sweep needs at least one.",
            "Widen the grid, or look at the condition in `where`.",
        )
    return admitted if samples is None else _drawn(admitted, samples, seed)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _check_values(name: str, given: list[Any]) -> None:
    if not given:
        raise SpecError(
            f"The grid gives {name} no value.",
            "Each parameter needs at least one.",
            "Add one, or drop the name.",
        )
    repeated = [value for place, value in enumerate(given) if value in given[:place]]
    if repeated:
        raise SpecError(
            f"The grid gives {name} the value {repeated[0]!r} twice.",
            "Each combination is one trial.",
            "Leave one of them out.",
        )


def _drawn(admitted: list[Combination], samples: int, seed: int) -> list[Combination]:
    if samples < 1:
        raise SpecError(f"{samples} samples were asked for.", "At least one is drawn.", "Ask for more.")
    if samples >= len(admitted):
        return admitted
    chosen = np.random.default_rng(seed).choice(len(admitted), samples, replace=False)
    return [admitted[place] for place in sorted(chosen.tolist())]

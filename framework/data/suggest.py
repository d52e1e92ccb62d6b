"""The last part of an error about a name: what was probably meant, or what there is."""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 8  # names listed where nothing is close


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """One sentence that helps somebody who wrote `word` where one of `known` was needed.

    Case is forgiven when looking for the nearest name, never when looking it up.

    >>> did_you_mean("ko", ["KO", "PEP"])
    "Did you mean 'KO'?"
    >>> did_you_mean("gold", ["KO", "PEP"])
    'Choose one of: KO, PEP.'
    """
    names = sorted(dict.fromkeys(known))
    by_folded = {name.casefold(): name for name in reversed(names)}
    close = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_folded[close[0]]!r}?"
    if not names:
        return "There is none to choose from."
    rest = len(names) - SHOWN
    return f"Choose one of: {', '.join(names[:SHOWN])}{f' and {rest} more' if rest > 0 else ''}."

"""How a loop becomes machine code: no lock held, no operation reordered unless asked, kept on disk where it can be.

Compiled code is kept beside its source, or under NUMBA_CACHE_DIR. Where neither can be written it is compiled anew in
each process, which takes seconds. Nothing compiled allocates memory (``_nrt=False``): counting references to arrays
would take longer than a session does. numba by itself notices an edit of a loop's own file only; here an edit of any
module of this room compiles anew, so that a loop may call those of other modules beside it. What comes from other
rooms is passed in, and never read from here.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

OPTIONS: Any = {"nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(function: Callable[..., Any]) -> Any:
    """`function` as machine code that is called from Python, kept on disk where there is a folder for it."""
    try:
        made = njit(function, cache=True, **OPTIONS)
    except RuntimeError:  # numba: no folder can be written to
        return inner(function)
    file = made._cache._cache_file  # noqa: SLF001 - numba has no name for it
    file._source_stamp = (file._source_stamp, _sources())  # noqa: SLF001
    return made


def reordered[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """`inner` for a sum of which the order does not matter: several terms are taken at a time. None may be NaN."""
    made: Callable[P, R] = njit(function, fastmath={"reassoc", "contract", "nsz", "nnan"}, **OPTIONS)
    return made


def inner[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code for what is compiled to call: it is on disk within its callers."""
    made: Callable[P, R] = njit(function, **OPTIONS)
    return made


@cache
def _sources() -> str:
    """SHA-256 (hex) over the modules of this room."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

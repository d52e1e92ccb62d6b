"""What the user is told when something went wrong."""

import errno
import sys
import traceback
from typing import Final

from framework.errors import OpenbookError

UNFORESEEN: Final = 1
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def tell(error: Exception, *, verbose: bool) -> int:
    """Tell `error` on stderr, in three parts where it has them, and return its exit code."""
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        error = _no_room(error)
    if isinstance(error, OpenbookError):
        _tell_parts(error)
        return error.exit_code
    said = " ".join(str(error).split())
    hint = "" if verbose else " Rerun with --verbose to see where."
    sys.stderr.write(f"{type(error).__name__}: {said or 'no message'}{_stopped(said)}{hint}\n")
    return UNFORESEEN


def _stopped(said: str) -> str:
    return "" if said.endswith((".", "!", "?")) else "."


def _no_room(error: OSError) -> OpenbookError:
    return OpenbookError(
        f"There is no room left for {error.filename or 'what was being written'}.",
        "A file is written whole or not at all; the record is as it was before.",
        "Free some space (openbook doctor says where), then run the command again.",
    )


def _tell_parts(error: OpenbookError) -> None:
    name = type(error).__name__
    if not sys.stderr.isatty():
        sys.stderr.write(f"{name}: {error.what}\n  limit: {error.limit}\n  next:  {error.remedy}\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_row(Text(name, style="bold red"), Text(error.what, style="bold"))
    table.add_row(Text("limit", style="dim"), Text(error.limit))
    table.add_row(Text("next", style="green"), Text(error.remedy))
    Console(stderr=True).print(table)

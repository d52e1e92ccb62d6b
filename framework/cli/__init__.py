"""The command line: a thin shell over the rooms."""

from framework.cli.program import main

__all__ = ["main"]

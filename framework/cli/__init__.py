"""The command line: a thin shell over the rooms."""

from framework.cli.main import main

__all__ = ["main"]

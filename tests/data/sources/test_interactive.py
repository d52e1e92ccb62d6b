"""One alias for ib_async and its forerunner."""

import sys
from types import ModuleType

from framework.data.sources._interactive import client


def test_it_is_ib_async_where_that_is_installed():
    assert client().__name__ == "ib_async"


def test_it_is_ib_insync_where_only_that_is(monkeypatch):
    forerunner = ModuleType("ib_insync")
    monkeypatch.setitem(sys.modules, "ib_async", None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, "ib_insync", forerunner)
    assert client() is forerunner

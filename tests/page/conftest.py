"""A record filled once a session, and the site that is built from it."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

RECORD = Path(__file__).parents[1] / "page" / "record.py"


@pytest.fixture(scope="session")
def record():
    """The module ``record.py``, once for the tests here and in tests/browser: its record is filled once."""
    if RECORD.stem not in sys.modules:
        spec = spec_from_file_location(RECORD.stem, RECORD)
        sys.modules[RECORD.stem] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[RECORD.stem])
    return sys.modules[RECORD.stem]


@pytest.fixture(scope="session")
def site(record, server, tmp_path_factory):
    """The folder of the site that is built from it."""
    return record.built(server, tmp_path_factory.getbasetemp()).out


@pytest.fixture(scope="session")
def filled(record, server):
    """The ledger of that record, and the backtests in it by strategy."""
    return record.filled(server)

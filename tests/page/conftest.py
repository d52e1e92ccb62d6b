"""The record that the site of the tests is built from."""

import pytest


@pytest.fixture(scope="session")
def filled(record, server):
    """The ledger of that record, and the backtests in it by strategy."""
    return record.filled(server)

"""What may be passed on is what says so; silence, a vendor's terms, and one closed part of several do not."""

import pytest

from framework.data.licence import FREE, may_be_passed_on
from framework.data.sources import find, names
from framework.ledger.dump import CLOSED

CLOSED_LICENCES = (
    "",
    " ",
    "personal use only",
    "BSD-3-Clause; Yahoo terms of service",
    "not said",
    "A MIT",
    "; MIT",
)


def test_the_samples_licences_are_free_and_the_vendors_are_not():
    assert may_be_passed_on(find("sample").licence)
    vendors = [name for name in names() if name not in ("sample", "parquet")]
    assert len(vendors) >= 4
    assert [name for name in vendors if may_be_passed_on(find(name).licence)] == []


@pytest.mark.parametrize("licence", CLOSED_LICENCES)
def test_one_part_that_is_not_free_closes_all(licence):
    assert not may_be_passed_on(licence)


def test_the_public_dump_withholds_the_same(ledger):
    licences = (
        *CLOSED_LICENCES,
        *FREE,
        *(f"{word}x; MIT" for word in FREE),
        "Public Domain , as said",
        "mit ;isc",
    )
    question = f"SELECT {CLOSED} FROM (SELECT %(licence)s::text AS licence) AS one"  # noqa: S608
    with ledger.transaction() as connection:
        driver = connection.connection.driver_connection
        for licence in licences:
            (closed,) = driver.execute(question, {"free": list(FREE), "licence": licence}).fetchone()
            assert closed is not may_be_passed_on(licence), licence

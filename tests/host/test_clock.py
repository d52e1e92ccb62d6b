"""The clock is aware and in UTC."""

from datetime import UTC, datetime, timedelta

from framework.host import clock


def test_now_is_aware_utc():
    before = datetime.now(UTC)
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)

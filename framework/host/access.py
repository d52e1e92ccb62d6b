"""How a venue is reached from here and now."""

from framework.access import Access, keys
from framework.host import clock, settings


def to(name: str) -> Access:
    """The time, and the keys of the venue called `name` from the folder that the settings name.

    Raises
    ------
    SpecError
        A key file that others may read.
    """
    venue = name.partition(":")[0]  # parquet:prices/minutes has no keys
    return Access(as_of=clock.now(), keys=keys.read(settings.read().keys, venue))

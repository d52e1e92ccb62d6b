"""What the client of a venue is handed by whoever may know the host: the time, the keys, how long to wait.

Sources of prices and brokers share it. It lies below `host`, which makes one, and reads neither clock nor environment.
"""

from dataclasses import dataclass, field
from datetime import datetime

from framework.access.keys import Keys
from framework.access.patience import Patience


@dataclass(frozen=True)
class Access:
    """How a venue is reached.

    Parameters
    ----------
    as_of : datetime, aware
        The time now. What a session that had not closed by then looks like is not final, and not handed out.
    keys : Keys
        Its folder of keys; one without a file, where it needs none.
    patience : Patience
        How often and how long it is asked.
    """

    as_of: datetime
    keys: Keys
    patience: Patience = field(default_factory=Patience)

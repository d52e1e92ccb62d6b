"""What can go wrong at a venue, made to order: on the wire, in the answer, or in the prices themselves.

A venue asks `take` before each answer and lets `deliver` send it; `spoil` goes over the rows that it is about to serve.
"""

import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import Enum

import pandas as pd

FOREVER = 10**9
SPOILT = 40  # which row
DRIP_SECONDS = 0.05  # between two bytes


class Fault(Enum):
    """The faults. Each venue speaks of a storm in its own words."""

    STORM = "too many requests"
    PAGE = "a web page instead of an answer"
    FORM = "an answer to another question"
    TRUNCATED = "half an answer, then a proper end"
    RESET = "half an answer, then a reset"
    DRIP = "a byte now and then"
    LOST = "what was asked is done, and nothing is said"
    DUPLICATE = "a bar twice"
    DISORDER = "two bars changed over"
    JUMP = "ten times the price"
    ZERO = "a price of zero"


ON_THE_WIRE = (Fault.STORM, Fault.PAGE, Fault.FORM, Fault.TRUNCATED, Fault.RESET, Fault.DRIP)
AFTER_THE_DEED = (
    Fault.LOST,
    Fault.TRUNCATED,
    Fault.RESET,
    Fault.DRIP,
)  # the venue has taken what it was asked
INSTEAD = (Fault.PAGE, Fault.FORM)  # it has taken nothing, and does not say so
IN_THE_PRICES = (Fault.DUPLICATE, Fault.DISORDER, Fault.JUMP, Fault.ZERO)


@dataclass
class Faults:
    """Those that are due, each so many times; safe to ask from any thread."""

    due: dict[Fault, int] = field(default_factory=dict)
    made: list[Fault] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, times: int = FOREVER) -> None:
        """Make it happen the next so many times."""
        self.due[fault] = times

    def take(self, among: tuple[Fault, ...]) -> Fault | None:
        """The next fault of these kinds, which counts as made."""
        with self._lock:
            for fault in among:
                if self.due.get(fault, 0) > 0:
                    self.due[fault] -= 1
                    self.made.append(fault)
                    return fault
        return None

    def spoil(self, prices: pd.DataFrame) -> pd.DataFrame:
        """The bars of one symbol with the fault that is due in them."""
        if len(prices) <= SPOILT + 1:
            return prices
        fault, rows = self.take(IN_THE_PRICES), list(range(len(prices)))
        if fault is Fault.DUPLICATE:
            rows.insert(SPOILT, SPOILT)
        elif fault is Fault.DISORDER:
            rows[SPOILT], rows[SPOILT + 1] = rows[SPOILT + 1], rows[SPOILT]
        spoilt = prices.iloc[rows].copy()
        if fault in {Fault.JUMP, Fault.ZERO}:
            spoilt.iloc[SPOILT, :4] *= 10.0 if fault is Fault.JUMP else 0.0
        return spoilt

    def deliver(self, connection: socket.socket, answer: bytes, fault: Fault | None) -> None:
        """Send an answer whole, or as the fault has it; the connection is of no use afterwards unless it was whole."""
        if fault is Fault.DRIP:
            for byte in answer:
                connection.sendall(bytes([byte]))
                if self.stopping.wait(DRIP_SECONDS):
                    return
        elif fault is Fault.LOST:
            connection.shutdown(socket.SHUT_RDWR)
        elif fault in {Fault.TRUNCATED, Fault.RESET}:
            connection.sendall(answer[: len(answer) // 2])
            if fault is Fault.RESET:  # closing sends RST instead of FIN
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()
        else:
            connection.sendall(answer)

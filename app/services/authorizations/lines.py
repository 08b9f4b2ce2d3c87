"""Calls stand in a line, and whoever's turn it is takes those behind it along: of all customers, or of one.

Each for itself would have a customer's row while it commits, all others would wait for that, and each would cost the
database a transaction of its own.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock

from app.services.authorizations.prepared import Prepared, Row

MOST = 32
"""How many calls go together: whoever else wants the row of one of their customers waits until all of them are done."""


@dataclass(eq=False, slots=True)
class Call:
    """What is asked, and what became of it: a row, what is to be raised, or (None) nothing.

    `again`: it may be sent twice, because it has its effect once.
    """

    statement: Prepared
    values: Sequence[bytes | None]
    again: bool
    customer_id: str = ""
    """Whose row it locks, where it goes with calls of others; empty: it stands in a line of its own customer's."""
    answer: Row | Exception | None = None
    turn: Lock = field(default_factory=Lock)
    """Closed while it waits for its turn, or for its answer."""
    is_first: bool = False
    """It is its turn: whoever is here now asks for itself and for others."""
    is_busy: bool = False
    """Somebody else has its customer's row: it was not asked, and goes where it may wait without the others."""


class Lines:
    """The lines of a process, each by what its calls are about: one of each asks, the others wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: dict[str, deque[Call]] = {}

    def settle(self, about: str, call: Call, patience: int, ask: Callable[[Sequence[Call]], None]) -> None:
        """Have the call answered: by `ask` with those that wait behind it, or by another that takes it along.

        A call whose turn did not come within so many seconds has no answer, and was not asked.
        """
        line = self._joined(about, call)
        some = [call] if call.is_first else self._waited(line, call, patience)
        if not some:
            return
        try:
            ask(some)
        finally:
            self._handed_on(about, line)
            for each in some[1:]:
                each.turn.release()

    def _joined(self, about: str, call: Call) -> deque[Call]:
        with self._lock:
            line = self._lines.get(about)
            if line is None:
                line = self._lines[about] = deque()
                call.is_first = True
            else:
                call.turn.acquire()
                line.append(call)
        return line

    def _waited(self, line: deque[Call], call: Call, patience: int) -> list[Call]:
        """Return the call with those behind it when it is its turn; nothing where it was taken along or gave up."""
        if not call.turn.acquire(timeout=patience):
            with self._lock:
                if call in line:
                    line.remove(call)
                    return []
            call.turn.acquire()  # it is on its way
        if not call.is_first:
            return []
        with self._lock:
            return [call, *(line.popleft() for _ in range(min(len(line), MOST - 1)))]

    def _handed_on(self, about: str, line: deque[Call]) -> None:
        with self._lock:
            if not line:
                del self._lines[about]
                return
            call = line.popleft()
            call.is_first = True
            call.turn.release()

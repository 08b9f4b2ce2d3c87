"""Whose turn it is to write to a SQLite database: a process's threads wait here, and one of them for SQLite's lock.

Threads that wait for SQLite's own lock sleep, ever longer, and starve beside those that ask again at once: a request
waited for as long as half a minute. Those that wait here are next when it is free.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

PATIENCE = 10
"""Seconds that a thread waits for its turn; then, as long as SQLite waits, for the lock. Callers wait for 30 in all."""
_turns: dict[str, threading.Lock] = {}
os.register_at_fork(after_in_child=_turns.clear)  # whoever has a turn in the parent never ends it in the child


@contextmanager
def writing_to(engine: Engine) -> Iterator[None]:
    """Run the block when it is its turn, or raise `OperationalError`: the database is locked. PostgreSQL needs none."""
    if engine.dialect.name != "sqlite":
        yield
        return
    turn = _turns.setdefault(engine.url.database or "", threading.Lock())
    if not turn.acquire(timeout=PATIENCE):
        raise OperationalError("begin immediate", None, sqlite3.OperationalError("database is locked"))
    try:
        yield
    finally:
        turn.release()

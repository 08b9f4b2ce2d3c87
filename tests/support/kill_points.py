"""The points of a process at which it may be killed: every SQL statement, every commit, every call to the outside.

Each is counted by its kind (`statement`, `commit`, `call`) and by its own words: `insert into grants`, `before commit`,
`after confirm_intent`.

Statements count on every connection, those of the sandbox included: killed there, the processor has done nothing.
"""

import os
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.services.payments import on_sqlite
from tests.support.crash_plan import Kill

WRITES = re.compile(r"insert into \w+|update \w+ set")


class Points(Protocol):
    """What counts."""

    def reached(self, *words: str) -> None:
        """Count one point."""


class KillPoints:
    """Counts what is reached, by its own words and by its kind, and kills itself (kill -9) at the given point."""

    def __init__(self, kill: Kill | None) -> None:
        self._kill, self.seen = kill, Counter[str]()

    def reached(self, *words: str) -> None:
        """Count one point under each of its words."""
        self.seen.update(words)
        if self._kill and self._kill.what in words and self.seen[self._kill.what] == self._kill.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """Something outside whose every call is a point before and a point after."""

    def __init__(self, outside: object, kill_points: Points) -> None:
        self._outside, self._kill_points = outside, kill_points

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._outside, name)

        def watched(*args: object, **kwargs: object) -> object:
            self._kill_points.reached("call", f"before {name}")
            answer = call(*args, **kwargs)
            self._kill_points.reached("call", f"after {name}")
            return answer

        return watched


class WatchedCursor:
    """SQLite's own cursor, on which a transaction is written past SQLAlchemy: its statements and commits are points."""

    def __init__(self, cursor: sqlite3.Cursor, kill_points: Points) -> None:
        self._cursor, self._kill_points = cursor, kill_points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run the statement, which is a point before it; a commit is one after it, too."""
        if statement != "COMMIT":
            self._kill_points.reached("statement", " ".join(statement.lower().split()[:3]))
            return self._cursor.execute(statement, *values)
        self._kill_points.reached("commit", "before commit")
        done = self._cursor.execute(statement)
        self._kill_points.reached("commit", "after commit")
        return done


def watch_cursors(kill_points: Points) -> None:
    """Count what is written on SQLite past SQLAlchemy."""
    opened = on_sqlite.cursor_of

    @contextmanager
    def watched() -> Iterator[Any]:
        with opened() as cursor:
            yield WatchedCursor(cursor, kill_points)

    on_sqlite.cursor_of = watched


def watch(app: Flask, kill: Kill | None) -> KillPoints:
    """Count the kill points of this process from here on."""
    kill_points = KillPoints(kill)
    app.extensions["purser.gateway"] = Watched(app.extensions["purser.gateway"], kill_points)
    event.listen(Session, "before_commit", lambda _session: kill_points.reached("commit", "before commit"))
    event.listen(Session, "after_commit", lambda _session: kill_points.reached("commit", "after commit"))
    watch_cursors(kill_points)

    @event.listens_for(Engine, "before_cursor_execute")
    def about_to_execute(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said = " ".join(statement.lower().split())
        parts = WRITES.findall(said) if said.startswith("with ") else []  # one that writes several tables
        kill_points.reached("statement", *(parts or [" ".join(said.split()[:3])]))

    return kill_points

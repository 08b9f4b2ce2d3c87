"""Counting the SQL statements of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine

# What a transaction begins with, and what finds the browser's session, is no part of a page.
_OWN = ("set_config", "browser_sessions")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements of the page itself that any engine runs inside the block."""
    seen: list[str] = []

    def saw(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "select")) and not any(
            each in statement for each in _OWN
        ):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", saw)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", saw)

"""Statements that a transaction is known to ask, sent in one round trip: each is answered from it when it is asked.

PostgreSQL runs them one after the other, each with a snapshot of its own, so that one behind a lock reads what the lock
protects. An answer is used once, for the same values, in the same transaction, and only as long as nothing is written
that its statement reads; without one the statement is asked as ever. On SQLite, which is no trip away, nothing is sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.later import later

if TYPE_CHECKING:
    import psycopg
else:
    psycopg = later("psycopg")

_AHEAD = "purser_ahead"
Values = Mapping[str, Any]


_Found = dict[Any, tuple[Values, "psycopg.Cursor[Any]"]]
"""By the statement that a module keeps: the values that it was asked with, and the cursor that has its rows."""
_OF_TRANSACTIONS: WeakKeyDictionary[Any, _Found] = WeakKeyDictionary()


@dataclass(frozen=True)
class _Compiled:
    text: str
    fixed: Values
    wanted: frozenset[str]


_COMPILED: dict[Any, _Compiled] = {}


def ask(session: Session, statements: Sequence[Any], values: Values) -> None:
    """Send all of these, in this order, each with those of the values that it wants."""
    connection = session.connection()
    if connection.dialect.name != "postgresql" or not statements:
        return
    driver: psycopg.Connection[Any] = connection.connection.dbapi_connection  # type: ignore[assignment]  # it is
    found: _Found = {}
    try:
        with driver.pipeline():
            for statement in statements:
                compiled, cursor = _compiled(connection.dialect, statement), driver.cursor()
                own = {name: values[name] for name in compiled.wanted}
                cursor.execute(compiled.text, {**compiled.fixed, **own})
                found[statement] = own, cursor
    except psycopg.Error as problem:
        wrapped = DBAPIError.instance(None, None, problem, psycopg.Error, True, dialect=connection.dialect)
        raise wrapped from problem
    session.info[_AHEAD] = _OF_TRANSACTIONS[connection.get_transaction()] = found


def forget(session: Session) -> None:
    """Use no answer that is left."""
    left: _Found | None = session.info.pop(_AHEAD, None)
    if left is not None:
        left.clear()


def forget_what(session: Session, reads: Callable[[Values], bool]) -> None:
    """Use no answer to a statement of whose execution options this is true."""
    left: _Found = session.info.get(_AHEAD, {})
    for statement in list(left):
        if reads(statement.get_execution_options()):
            del left[statement]


def _compiled(dialect: Dialect, statement: Any) -> _Compiled:
    known = _COMPILED.get(statement)
    if known is None:
        made = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        wanted = frozenset(name for name, each in made.binds.items() if each.required)
        fixed = {name: value for name, value in made.params.items() if name not in wanted}
        known = _COMPILED[statement] = _Compiled(str(made), fixed, wanted)
    return known


@event.listens_for(Engine, "do_execute")
def _answer(cursor: Any, _statement: str, _parameters: object, context: Any) -> bool:
    """Give the statement the cursor that has its rows, where there is one."""
    transaction = context.root_connection.get_transaction() if _OF_TRANSACTIONS else None
    found = _OF_TRANSACTIONS.get(transaction, {}) if transaction is not None else {}
    asked_with, having_rows = found.pop(context.invoked_statement, (None, None))
    if asked_with is None:
        return False
    said = context.compiled_parameters[0]
    if any(said.get(name) != value for name, value in asked_with.items()):
        return False
    cursor.close()
    context.cursor = having_rows
    return True

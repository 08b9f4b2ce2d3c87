"""Figures of the customer in scope, read past the ORM: what it does around a statement takes longer than most of them.

Everything else is as with `db.session.execute`: what waits is written first, and the statement is narrowed to the
customer and runs on the session's own connection, under row-level security.
"""

from typing import TypeVarTuple

from sqlalchemy import CursorResult, Select

from app.models.bulk import Row
from app.models.database import db, narrowed
from app.models.unit_of_work import waiting

Columns = TypeVarTuple("Columns")


def read(asked: Select[*Columns], values: Row) -> CursorResult[*Columns]:
    """Run a statement that is kept and asks for columns, never for objects. The caller fetches all of it at once."""
    session = db.session()
    session.flush()
    waiting.write_before(session, asked.get_execution_options())
    return session.connection().execute(narrowed(session, asked), values)

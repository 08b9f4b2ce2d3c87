"""Rows of files: what the database writes itself of them, and how some thousands are read at a time.

They are read by the place of the last one, so that no cursor waits for a slow reader.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, bindparam, literal_column, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from app.models.database import CustomerInScope, UtcDateTime, db

CHUNK = 2_000
"""What a statement costs by itself is little beside so many rows."""
Place = tuple[datetime, str]
TOP: Place = (datetime(9999, 12, 31, tzinfo=UTC), "")
"""No row stands as high."""
Rows = Sequence[Row[*tuple[Any, ...]]]
COLON: ColumnElement[str] = literal_column("':'", String())
COMMA: Any = literal_column("','", String())
"""What parts the figures of rows that a statement returns as one text: written into it, as `constant` does.

With a plain `","` as the separator of rows, SQLAlchemy would write the whole statement anew each time it is run.
"""


class WrittenMoment(ColumnElement[str]):
    """A moment in UTC, its parts of a second cut: `2026-11-30T05:16:12Z`. An object costs more than its row."""

    inherit_cache = True
    type = String()
    _traverse_internals: Any = (("moment", InternalTraversal.dp_clauseelement),)

    def __init__(self, moment: Any) -> None:
        self.moment = moment.__clause_element__() if hasattr(moment, "__clause_element__") else moment


@compiles(WrittenMoment)
def _as_text(element: WrittenMoment, compiler: SQLCompiler, **how: Any) -> str:
    """As SQLite keeps it: `2026-11-30 05:16:12.000000`, in UTC."""
    return f"replace(substr({compiler.process(element.moment, **how)}, 1, 19), ' ', 'T') || 'Z'"


@compiles(WrittenMoment, "postgresql")
def _as_moment(element: WrittenMoment, compiler: SQLCompiler, **how: Any) -> str:
    return f"""to_char({compiler.process(element.moment, **how)} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""


class ExactMoment(WrittenMoment):
    """A moment in UTC with all of its second: `2026-11-30 05:16:12.000000`. Its first ten letters are the day."""

    inherit_cache = True


@compiles(ExactMoment)
def _as_it_is(element: ExactMoment, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.moment, **how)


@compiles(ExactMoment, "postgresql")
def _as_sqlite_has_it(element: ExactMoment, compiler: SQLCompiler, **how: Any) -> str:
    return f"to_char({compiler.process(element.moment, **how)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"


def moment_of(exact: str) -> datetime:
    """Return the moment that an exact one says."""
    return datetime.fromisoformat(exact).replace(tzinfo=UTC)


def newest_first(wanted: Select[*tuple[Any, ...]], at: Any, name: Any) -> Iterator[Rows]:
    """Yield by chunks what the customer in scope has of it, the newest first, ordered by these two columns.

    Each row begins with its exact moment and its id. What else the statement joins, it joins by the customer. They are
    read past the ORM, whose work with a row takes as long as reading it; row-level security is the same.
    """
    wanted = below(wanted.where(at.class_.customer_id == CustomerInScope()), at, name)
    place = TOP
    while True:
        rows = read(wanted, place)
        yield rows
        if len(rows) < CHUNK:
            return
        place = place_of(rows[-1])


def below(wanted: Select[*tuple[Any, ...]], at: Any, name: Any) -> Select[*tuple[Any, ...]]:
    """Ask for the chunk below a place that is named when it is read."""
    place = tuple_(bindparam("at", type_=UtcDateTime()), bindparam("name"))
    return wanted.where(tuple_(at, name) < place).order_by(at.desc(), name.desc()).limit(CHUNK)


def read(wanted: Select[*tuple[Any, ...]], place: Place) -> Rows:
    """Return the chunk below the place. Whose rows they are the statement says itself."""
    return db.session.connection().execute(wanted, {"at": place[0], "name": place[1]}).all()


def place_of(row: Row[*tuple[Any, ...]]) -> Place:
    """Return where the row stands."""
    return moment_of(row[0]), row[1]

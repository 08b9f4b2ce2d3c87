"""What the database writes itself where many rows are written out as they are: a moment as files and the API say it."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal


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

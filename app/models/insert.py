"""Insert a row unless its key is there already, on both databases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.models.database import Base
from app.models.scope import ServiceScope, current


def insert_new(session: Session, model: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert one row; return False, changing nothing, when a unique key of it exists.

    It passes by the session's check of new rows, so it is for services only.
    """
    ensure(isinstance(current(), ServiceScope), "a row inserted by key outside a service")
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        key = session.execute(postgresql.insert(model).values(**values).on_conflict_do_nothing()).rowcount  # type: ignore[attr-defined]
    else:
        key = session.execute(sqlite.insert(model).values(**values).on_conflict_do_nothing()).rowcount  # type: ignore[attr-defined]
    return bool(key == 1)

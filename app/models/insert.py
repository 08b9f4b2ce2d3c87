"""Insert a row unless its key is there already, on both databases."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
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
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    (key, *_more) = inspect(model).primary_key
    # The row that comes back is what says so: an ORM statement's row count is unknown on PostgreSQL.
    added = insert(model).values(**values).on_conflict_do_nothing().returning(key)
    return session.execute(added).first() is not None

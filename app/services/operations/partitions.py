"""Months ahead: the partitions of usage events on PostgreSQL are made before anything has to go into them."""

from datetime import UTC

from sqlalchemy import func, select

from app import clock
from app.domain.periods import following
from app.models.database import db
from app.models.scope import as_service
from app.services.transaction import transaction

AHEAD = 3
"""So many months have their partition, this one included."""


def make_due(limit: int = 100) -> int:  # noqa: ARG001  # its form is that of every job
    """Make the partitions of the coming months that are missing; return how many. Nothing on SQLite.

    A month without one would lose nothing: its events go into the last partition, which takes whatever is left over.
    """
    with as_service("make partitions"):
        if db.engine.dialect.name != "postgresql":
            return 0
        first = last = clock.now().astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for _ in range(AHEAD - 1):
            last = following(last, 1)
        if db.session.scalar(select(func.to_regclass(f"public.usage_events_{last:%Y%m}").is_not(None))):
            return 0
        with transaction() as session:
            made = session.scalar(select(func.purser_add_partitions(first.date(), AHEAD)))
            return int(made or 0)

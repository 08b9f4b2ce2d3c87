"""A replica of the database, which exports are read from, and how old what it shows is.

Everything else, and all that decides, reads the primary.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import g
from sqlalchemy import Engine, create_engine, pool, text
from sqlalchemy.exc import DBAPIError

from app.config import Settings
from app.extensions import Extension
from app.models.database import READ_FROM, db, prepare

CONNECT_SECONDS = 2
"""So long an export waits for a replica that does not answer, before it reads the primary."""
_OF_PRIMARY = text(
    "select clock_timestamp() as at, system_identifier as cluster, "
    "case when pg_is_in_recovery() then null else pg_current_wal_flush_lsn()::text end as written "
    "from pg_control_system()"
)
_OF_REPLICA = text(
    "select system_identifier = :cluster as is_of_the_primary, pg_is_in_recovery() as is_replica, "
    "coalesce(pg_last_wal_replay_lsn() >= cast(:written as pg_lsn), false) as has_everything, "
    "pg_last_xact_replay_timestamp() as replayed_at from pg_control_system()"
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Replay:
    """How far a replica was when it was asked, a little after the primary was."""

    is_of_the_primary: bool
    is_replica: bool
    """Not any more once it was promoted."""
    has_everything: bool
    """Whether it had replayed all that the primary had written when the primary was asked."""
    replayed_at: datetime | None
    """When the last transaction that it has was committed, by the primary's clock; None: none since it was started."""


@dataclass(frozen=True)
class AsOf:
    """The replica shows everything that was committed until this moment, and perhaps more."""

    at: datetime


@dataclass(frozen=True)
class NotRead:
    """Why the replica is not read."""

    reason: str


def judged(replay: Replay, asked_at: datetime, oldest: timedelta) -> AsOf | NotRead:
    """Say as of when the replica shows the primary, which was asked at `asked_at`; older than `oldest` it is not read.

    A replica whose primary is idle has nothing to replay: its last transaction may be old, and it shows the present.
    """
    if not replay.is_of_the_primary:
        return NotRead("another_database")
    if not replay.is_replica:
        return NotRead("promoted")
    if replay.has_everything:
        return AsOf(asked_at)
    if replay.replayed_at is None:
        return NotRead("unknown_age")
    if asked_at - replay.replayed_at > oldest:
        return NotRead("too_old")
    return AsOf(replay.replayed_at)


@dataclass(frozen=True)
class Replica:
    """Where the replica is, and how old it may be."""

    engine: Engine
    oldest: timedelta


the_replica: Extension[Replica | None] = Extension("replica")


def of(settings: Settings) -> Replica | None:
    """Return the replica of these settings, or None. Nothing is connected yet.

    No connection is kept: exports are few, and each connects anew, so that none hangs on a replica that went away.
    """
    if not settings.replica_url:
        return None
    engine = create_engine(
        settings.replica_url,
        poolclass=pool.NullPool,
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS},
        execution_options={"postgresql_readonly": True},
    )
    prepare(engine)
    return Replica(engine, timedelta(seconds=settings.replica_max_age_seconds))


def read_from_here() -> None:
    """Read the rest of this request from the replica, if there is one that may be read; otherwise from the primary.

    What the session holds stays readable, but detached. A transaction that writes goes back to the primary.
    """
    replica = the_replica()
    if replica is None or READ_FROM in g:
        return
    found = _judged(replica)
    if isinstance(found, NotRead):
        log.warning("replica_not_read", reason=found.reason)
        return
    db.session.expunge_all()
    db.session.rollback()
    setattr(g, READ_FROM, replica.engine)
    g.read_as_of = found.at


def read_as_of() -> datetime | None:
    """Return the moment until which what this request has read is whole, or None: it read the primary."""
    at: datetime | None = g.get("read_as_of")
    return at


def _judged(replica: Replica) -> AsOf | NotRead:
    primary = db.session.execute(_OF_PRIMARY).one()
    if primary.written is None:
        return NotRead("primary_only_reads")
    about = {"cluster": primary.cluster, "written": primary.written}
    try:
        with replica.engine.connect() as connection:
            row = connection.execute(_OF_REPLICA, about).one()
    except DBAPIError as problem:
        return NotRead(type(problem.orig).__name__)
    replay = Replay(row.is_of_the_primary, row.is_replica, row.has_everything, row.replayed_at)
    return judged(replay, primary.at, replica.oldest)

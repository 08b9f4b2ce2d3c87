"""The one place that commits: a use case is one database transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.models.database import WRITING, db, read_primary
from app.models.unit_of_work import waiting
from app.services import wake_ups
from app.services.writing_turn import writing_to


@contextmanager
def transaction() -> Iterator[Session]:
    """Run the block in one transaction: committed at its end, rolled back whole when it raises.

    Earlier reads end first: on SQLite a read cannot become a write. Never nested, and never around a
    call to the outside world (`no_transaction` is asked before each).
    """
    session = db.session()
    ensure(not session.info.get("writing"), "a transaction inside a transaction")
    ensure(not session.new and not session.dirty and not session.deleted, "changes made outside a transaction")
    ensure(not waiting.has_any(session), "rows written outside a transaction")
    session.rollback()
    read_primary()  # only it takes what is written
    session.info["writing"] = True
    try:
        with writing_to(db.engine):
            yield from _written(session)
    finally:
        session.info["writing"] = False
    wake_ups.send(session)


def _written(session: Session) -> Iterator[Session]:
    try:
        session.connection(execution_options={WRITING: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        wake_ups.forget(session)
        raise


@contextmanager
def part(session: Session) -> Iterator[None]:
    """Run a part of the caller's transaction: undone by itself when it raises, so that the rest may go on."""
    waiting.write(session)  # what came before is not undone with it
    with session.begin_nested():
        yield


@contextmanager
def trial(session: Session) -> Iterator[None]:
    """Run a part of the caller's transaction to see whether it is refused: whatever comes of it, it is undone."""
    waiting.write(session)
    tried = session.begin_nested()
    try:
        yield
        waiting.write(session)  # the database may refuse it, too
    finally:
        tried.rollback()


def no_transaction() -> None:
    """Make sure that no transaction is open: called before every request to the processor. Ends a read."""
    session = db.session()
    ensure(not session.info.get("writing"), "a call to the outside world inside a database transaction")
    session.rollback()

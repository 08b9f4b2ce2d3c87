"""Rows that are due: each is claimed by one worker at a time and worked on by itself, so that a bad one stops no other.

A claim is a short transaction. It locks the row that has been due the longest, passes over what others have locked, and
sets the row's next time: the lease. The work comes after the commit, so the row of a killed worker is due again.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Select, inspect, select, tuple_

from app.models.database import Base, db
from app.services import shutdown
from app.services.transaction import transaction

log = structlog.get_logger()
Row = TypeVar("Row", bound=Base)
Claim = TypeVar("Claim")
Key = TypeVar("Key", bound=Hashable)
MOST_TRIED = 10_000
"""So many keys are tried in one pass at most, those that fail among them."""
_passed_over: ContextVar[list[Any]] = ContextVar("passed_over")
"""The rows that this pass could not claim."""


@dataclass(frozen=True)
class Done(Generic[Key]):
    """How much was done of a batch, and what could not be."""

    count: int
    failed: list[Key]


def claim(due: Select[Row], take: Callable[[Row], Claim | None]) -> Claim | None:
    """Claim the first row of `due` that nobody else has locked; return what `take` made of it, or None: none is due.

    `take` sets the row's lease. It may put the row aside for good and return None instead: then the next is claimed.
    A row that cannot be claimed stays as it is, is logged, and the next is claimed.
    """
    passed_over = _passed_over.get([])
    if passed_over:
        due = _without(due, passed_over)
    while db.session.scalar(select(due.limit(1).exists())):  # with nothing to do, nothing is locked
        row: Row | None = None
        try:
            with transaction() as session:
                row = session.scalars(
                    due.limit(1).with_for_update(skip_locked=True).execution_options(populate_existing=True)
                ).one_or_none()
                if row is None:
                    return None
                identity = inspect(row).identity
                claimed = take(row)
        except Exception:
            if row is None:
                raise
            log.exception("claim_failed", table=type(row).__tablename__, key=identity)
            passed_over.append(identity)
            due = _without(due, [identity])
            continue
        if claimed is not None:
            return claimed
    return None


def _without(due: Select[Row], identities: Sequence[Any]) -> Select[Row]:
    (entity,) = (each["entity"] for each in due.column_descriptions)
    return due.where(tuple_(*inspect(entity).primary_key).not_in(identities))


def claimed(limit: int, claim_next: Callable[[], Claim | None]) -> Iterator[Claim]:
    """Yield at most `limit` claims, each made when the one before it is done; none once the worker is to end.

    A row that cannot be claimed is tried once.
    """
    passed_over = list[Any]()
    for _ in range(limit):
        token = _passed_over.set(passed_over)
        try:
            found = None if shutdown.asked() else claim_next()
        finally:
            _passed_over.reset(token)
        if found is None:
            return
        yield found


def waiting(limit: int, find: Callable[[int, Sequence[Key]], Sequence[Key]]) -> Iterator[Key]:
    """Yield the keys of what waits, so many at a time: the next ones are looked for when these were not `enough`.

    `find` returns at most so many keys, in their order, and none of those that were tried before in this pass. So
    whatever fails takes no place: however many customers cannot be worked on, the others are.
    """
    tried = list[Key]()
    while len(tried) < MOST_TRIED:
        found = find(limit, tried)
        yield from found
        if len(found) < limit:
            return
        tried += found


def together(keys: Sequence[Key], work: Callable[[Sequence[Key]], int], *, of: str, failed: str) -> Done[Key]:
    """Do the work for all keys in one go; where that fails, for each by itself, so that a bad one stops no other.

    What fails is logged as by `each`, and is in the answer.
    """
    if not keys:
        return Done(0, [])
    try:
        return Done(work(keys), [])
    except Exception as problem:  # noqa: BLE001  # which key it was is found out, and logged, one by one
        db.session.rollback()
        log.warning("batch_failed", job=failed, kind=type(problem).__name__)
    bad = list[Key]()

    def alone(key: Key) -> int:
        try:
            return work([key])
        except Exception:
            bad.append(key)
            raise

    return Done(each(keys, alone, of=of, failed=failed), bad)


def one(work: Callable[[], int], *, failed: str, **about: str) -> int:
    """Do the work and return what it did; where it fails, log it as `failed` with what it is about, and return 0."""
    try:
        return work()
    except Exception:
        db.session.rollback()
        log.exception(failed, **about)
        return 0


def each(
    keys: Iterable[Key],
    work: Callable[[Key], int],
    *,
    of: str,
    failed: str,
    enough: int | None = None,
    raises: bool = False,
) -> int:
    """Do the work for one key after the other, until `enough` were worked on; return the sum of what each did.

    A key that fails stops no other and counts for nothing: it is logged as `failed`, with the key as what it is a key
    `of`. With `raises` the first failure is raised at the end.
    """
    done, worked_on, failures = 0, 0, list[Exception]()
    for key in keys:
        if shutdown.asked():
            break
        try:
            done += work(key)
        except Exception as problem:
            db.session.rollback()  # a read that failed would fail the next one's too
            log.exception(failed, **{of: key})
            failures.append(problem)
        else:
            worked_on += 1
            if worked_on == enough:
                break
    if failures and raises:
        raise failures[0]
    return done

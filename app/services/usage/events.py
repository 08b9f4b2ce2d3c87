"""Usage events: what hosts report, accepted once each and counted at once, whatever it costs (I17).

Usage that happened is never refused for money. A batch is one transaction of a fixed number of statements: the
customers' rows of `spending` are locked in the order of their ids, what is known is read, rating decides in memory, and
each table is written once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from sqlalchemy import BindParameter, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain import rating
from app.domain.errors import Refused, ensure
from app.domain.rating import UsageReport
from app.domain.usage_words import refused
from app.models.customers import Customer
from app.models.database import is_away
from app.models.scope import as_service
from app.services.ledger import spending
from app.services.transaction import transaction
from app.services.usage import event_rows
from app.services.usage.counting import Counting

log = structlog.get_logger()
MOST = 1000
"""The most events of one batch."""


@dataclass(frozen=True)
class Rejected:
    """A report that was not counted: its place in the batch, and why, in one word for machines."""

    index: int
    reason: str
    meter: str = field(default="", compare=False)

    @property
    def sentence(self) -> str:
        """The sentence for the host's developer."""
        return refused(self.reason, self.meter)


@dataclass(frozen=True)
class Accepted:
    """What became of a batch: how many events were counted, how many were counted before, and which never."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejected, ...] = ()


def only_one(answer: Accepted) -> Accepted:
    """Return the answer to a batch of one event, or raise why it was not counted."""
    for each in answer.rejected:
        raise Refused(each.sentence, each.reason, 409 if each.reason == "id_reused" else 422)
    return answer


def accept(reports: Sequence[UsageReport], *, now: datetime | None = None, only: str = "") -> Accepted:
    """Count each report that was not counted before, and say what became of each, in one transaction.

    A report with the id of one that was counted is a duplicate when it says the same, and rejected when it says
    anything else. `only` is the customer whose usage the caller may report; empty: anybody's.

    Where that fails, each customer's reports are counted by themselves, and the failure is raised when the others' are
    counted: whoever sends the batch again finds them counted.
    """
    ensure(len(reports) <= MOST, f"more than {MOST} events at once")
    try:
        return _counted(reports, now, only)
    except Exception as problem:
        named = list(dict.fromkeys(each.customer for each in reports))
        if len(named) == 1 or is_away(problem):
            raise
        log.exception("batch_failed", job="usage_not_counted")
    parts = [[place for place, each in enumerate(reports) if each.customer == name] for name in named]
    return _put_together([(part, _or_failure([reports[place] for place in part], now, only)) for part in parts])


def _or_failure(reports: Sequence[UsageReport], now: datetime | None, only: str) -> Accepted | Exception:
    try:
        return _counted(reports, now, only)
    except Exception as problem:
        log.exception("usage_not_counted", customer=reports[0].customer)
        return problem


def _put_together(parts: Sequence[tuple[list[int], Accepted | Exception]]) -> Accepted:
    """Return what became of a batch whose parts, at these places of it, were counted one by one; or raise why not."""
    accepted, duplicates, rejected = 0, 0, list[Rejected]()
    for places, answer in parts:
        if isinstance(answer, Exception):
            raise answer
        accepted, duplicates = accepted + answer.accepted, duplicates + answer.duplicates
        rejected += [replace(each, index=places[each.index]) for each in answer.rejected]
    return Accepted(accepted, duplicates, tuple(sorted(rejected, key=lambda each: each.index)))


def _counted(reports: Sequence[UsageReport], now: datetime | None, only: str) -> Accepted:
    with as_service("accept usage"), transaction() as session:
        named = _customers(session, reports, only)
        locked = spending.lock(session, set(named.values()))
        moment = now or clock.now()  # after the lock: the day must be that of the time it counts
        return _accepted(session, Counting(session, locked, moment), reports, named)


def _accepted(session: Session, batch: Counting, reports: Sequence[UsageReport], named: Mapping[str, str]) -> Accepted:
    read = [_Read(report, named.get(report.customer, "")) for report in reports]
    known, duplicates = event_rows.known(session, {each.key for each in read if not each.problem}), 0
    fresh = [(each.customer_id, each.report) for each in read if not each.problem and each.key not in known]
    if fresh:
        batch.look_up(fresh)
    rejected: list[Rejected] = []
    for index, each in enumerate(read):
        reason, earlier = each.problem, known.get(each.key)
        if not reason and earlier is None:
            reason = batch.count(each.customer_id, each.report, each.digest, each.properties)
            if not reason:
                known[each.key] = each.digest
        elif not reason and earlier == each.digest:
            duplicates += 1
        elif not reason:
            reason = "id_reused"
        if reason:
            rejected.append(Rejected(index, reason, each.report.meter))
    batch.write()
    return Accepted(batch.counted, duplicates, tuple(rejected))


class _Read:
    """A report as it was read: whose it is, and what is wrong with it or its digest."""

    __slots__ = ("customer_id", "digest", "key", "problem", "properties", "report")

    def __init__(self, report: UsageReport, customer_id: str) -> None:
        self.report, self.customer_id, self.key = report, customer_id, (customer_id, report.id)
        self.properties = rating.properties_text(report.properties)
        self.problem = rating.malformed(report, self.properties) if customer_id else "unknown_customer"
        self.digest = "" if self.problem else rating.digest(report, self.properties)


def _customers(session: Session, reports: Sequence[UsageReport], only: str) -> dict[str, str]:
    """Return the id of each customer that is named, by what it is named: our id or the host's."""
    names = {each.customer for each in reports if each.customer.isprintable()}
    asked: dict[str, Any] = {"names": list(names)} | ({"only": only} if only else {})
    found = session.execute(_named(is_limited=bool(only)), asked).all()
    by_theirs = {theirs: ours for ours, theirs in found if theirs in names and theirs is not None}
    return by_theirs | {ours: ours for ours, _theirs in found if ours in names}


@cache
def _named(*, is_limited: bool) -> Select[*tuple[Any, ...]]:
    """Return what is asked of the customers that a batch names, put together once."""
    names: BindParameter[Any] = bindparam("names", expanding=True)
    wanted = select(Customer.customer_id, Customer.external_id).where(
        or_(Customer.customer_id.in_(names), Customer.external_id.in_(names))
    )
    return wanted.where(Customer.customer_id == bindparam("only")) if is_limited else wanted

"""What is behind one movement of the customer's credits, and the figures of the Overview added up from the rows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import Select, func, select

from app import clock, ids
from app.domain.errors import NotFound
from app.domain.grants import SOURCES
from app.domain.money import Credits
from app.models.customers import BillingPeriod
from app.models.database import db
from app.models.ledger import Grant, Transfer
from app.models.payments import PaymentMethod
from app.services import balance, overview
from app.services.entries import Entry

BACK = ("refunded", "refund_failed", "disputed", "dispute_won")
"""The kinds of rows that refunds and disputes leave in the history."""


@dataclass(frozen=True)
class Line:
    """The rows of one kind, or the part of them that counts: how many, and what they add up to."""

    kind: str
    rows: int
    total: Credits


@dataclass(frozen=True)
class Figure:
    """A figure of the Overview, and the same added up from the rows of the history by another way."""

    shown: Credits
    lines: list[Line]
    since: date | None = None
    """The first day whose rows count; None: every day."""

    @property
    def summed(self) -> Credits:
        """What the lines add up to."""
        return sum((line.total for line in self.lines), Credits(0))


def behind(transfer_id: str) -> tuple[Entry, PaymentMethod | None]:
    """Return what is behind the customer's movement and the method that paid for it, or `NotFound`."""
    if not ids.is_id(transfer_id, "txn"):
        raise NotFound("movement")
    found = balance.entry(transfer_id)
    if found.payment is None:
        return found, None
    wanted = PaymentMethod.id == found.payment.method_id
    return found, db.session.scalars(select(PaymentMethod).where(wanted)).one_or_none()


def total_credits() -> Figure:
    """Add up the rows by which credit came in; what was given and taken back again is left out."""
    voided = select(Grant.id).where(Grant.voided_at.is_not(None)).scalar_subquery()
    rows = select(Transfer.kind, func.count(), func.sum(Transfer.change_micros)).where(
        Transfer.kind.in_(SOURCES), Transfer.sequence.is_not(None), Transfer.source_id.not_in(voided)
    )
    return Figure(balance.numbers().total_credits, _lines(rows.group_by(Transfer.kind)))


def usage_this_period() -> Figure:
    """Add up the rows of usage, and what put usage right, since the open period began: nothing of it is invoiced."""
    start = db.session.scalar(select(BillingPeriod.starts_at).where(BillingPeriod.closed_at.is_(None)))
    since, kinds = (start or clock.now()).date(), ("usage", "correction")
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind.in_(kinds),
        Transfer.sequence.is_not(None),
        Transfer.booked_at >= datetime.combine(since, time(), UTC),
    )
    return Figure(balance.numbers().usage_this_period, _lines(rows.group_by(Transfer.kind)), since)


def all_usage() -> Figure:
    """Add up every row of usage, and what put usage right."""
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind.in_(("usage", "correction")), Transfer.sequence.is_not(None)
    )
    return Figure(overview.parts(balance.numbers()).used, _lines(rows.group_by(Transfer.kind)))


def sent_back() -> Figure:
    """Add up the rows by which credit went with money that was sent back or is held, and by which it returned."""
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind.in_(BACK), Transfer.sequence.is_not(None)
    )
    return Figure(overview.parts(balance.numbers()).back, _lines(rows.group_by(Transfer.kind)))


def remaining_credits() -> Figure:
    """Add up every row of the history."""
    rows = select(Transfer.kind, func.count(), func.sum(Transfer.change_micros)).where(Transfer.sequence.is_not(None))
    return Figure(balance.numbers().remaining_credits, _lines(rows.group_by(Transfer.kind)))


def _lines(question: Select[str, int, int | None]) -> list[Line]:
    found = db.session.execute(question.order_by(Transfer.kind)).all()
    return [Line(kind, rows, Credits(int(total or 0))) for kind, rows, total in found]

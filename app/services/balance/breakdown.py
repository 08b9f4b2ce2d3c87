"""What is behind one movement of the customer's credits, and the figures of the Overview added up from the rows."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, literal, literal_column, select

from app import clock, ids
from app.domain.errors import NotFound
from app.domain.grants import SOURCES
from app.domain.ledger import ACCEPTED_BEFORE
from app.domain.money import Credits
from app.models.database import db
from app.models.ledger import Grant, Transfer
from app.models.payments import PaymentMethod
from app.models.usage import UsageDay
from app.services.balance import history, overview
from app.services.balance.entry import Entry

BACK = ("refunded", "refund_failed", "disputed", "dispute_won")
"""The kinds of rows that refunds and disputes leave in the history."""
COUNTED, WAITING, OVER = "counted", "waiting", "over"
"""What is in a figure and not in the history: days of meters, of these what is not posted, and what is over."""


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
    found = history.entry(transfer_id)
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
    return Figure(history.numbers().total_credits, _lines(rows.group_by(Transfer.kind)))


def usage_this_period() -> Figure:
    """Add up what was used since the open period began, and what put usage right: nothing of it is invoiced.

    What meters have counted is added up from their days, posted or not; rows of the history are about usage that was
    taken off at once.
    """
    start = history.period_start(clock.now())
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind.in_(("usage", "correction")),
        Transfer.source_type.not_in(ACCEPTED_BEFORE),
        Transfer.sequence.is_not(None),
        Transfer.booked_at >= start,
    )
    days = select(literal(COUNTED), func.count(), func.sum(UsageDay.micros)).where(
        UsageDay.day >= start.date(), UsageDay.micros > 0
    )
    lines = [*_lines(rows.group_by(Transfer.kind)), *_lines(days)]
    return Figure(history.numbers().usage_this_period, lines, start.date())


def all_usage() -> Figure:
    """Add up every row of usage, and what no row holds yet."""
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind == "usage", Transfer.sequence.is_not(None)
    )
    used = overview.parts(history.numbers()).used
    return Figure(used, [*_lines(rows.group_by(Transfer.kind)), *_lines(_waiting(1))])


def sent_back() -> Figure:
    """Add up the rows by which credit went with money that was sent back or is held, and by which it returned."""
    rows = select(Transfer.kind, func.count(), func.sum(-Transfer.change_micros)).where(
        Transfer.kind.in_(BACK), Transfer.sequence.is_not(None)
    )
    return Figure(overview.parts(history.numbers()).back, _lines(rows.group_by(Transfer.kind)))


def remaining_credits() -> Figure:
    """Add up every row of the history, and take off what is used or over already and has no row yet."""
    rows = select(Transfer.kind, func.count(), func.sum(Transfer.change_micros)).where(Transfer.sequence.is_not(None))
    numbers = history.numbers()
    over = [Line(OVER, 1, -numbers.lapsed)] if numbers.lapsed.micros else []
    return Figure(numbers.remaining_credits, [*_lines(rows.group_by(Transfer.kind)), *_lines(_waiting(-1)), *over])


def _waiting(sign: int) -> Select[str, int, int | None]:
    """Ask for the usage that no row of the history holds yet."""
    left = UsageDay.micros - UsageDay.posted_micros
    return select(literal(WAITING), func.count(), func.sum(sign * left)).where(left > 0)


def _lines(question: Select[str, int, int | None]) -> list[Line]:
    found = db.session.execute(question.order_by(literal_column("1"))).all()
    return [Line(kind, rows, Credits(int(total or 0))) for kind, rows, total in found if rows]

"""What is billed of the time that is left of a plan period: so much, and no more, is taken off where it is not used.

Nothing is stored: the invoice of the period and the changes since say it, one after the other. After a change the time
that is left is worth what it was worth before and what was paid for the change, or less what was given back of it. An
invoice counts as far as it is owed or paid and nothing of it went back. Void, given up and disputed ones do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import LineKind, Rate
from app.domain.money import Money
from app.domain.reversals import DisputeState, RefundState
from app.domain.subscriptions import preview as rule
from app.domain.tax import kept
from app.models.documents import Document, DocumentLine
from app.models.reversals import Dispute, Refund
from app.models.subscriptions import PlanChange
from app.services.invoices import carrying
from app.services.reversals import taken_off
from app.services.subscriptions import giving_back
from app.services.subscriptions.reads import Current

OF_PERIODS = (LineKind.BASE_FEE.value, LineKind.SEATS.value)
STANDS = (State.OPEN.value, State.PAID.value)
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_ANY = Rate("O")
Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Left:
    """What is billed of time that is left, in minor units: before tax, and with the tax that it was billed with."""

    net: Fraction
    gross: Fraction
    is_whole: bool
    """Whether all of it was billed and nothing went back."""
    lines: int
    """How many lines were rounded in it."""

    def share(self, part: Fraction) -> "Left":
        """Return a part of it."""
        return Left(self.net * part, self.gross * part, self.is_whole, self.lines)


NOTHING = Left(Fraction(0), Fraction(0), is_whole=False, lines=0)


def left(session: Session, has: Current, at: datetime) -> Left:
    """Return what is billed of the time that is left of the customer's plan period at `at`."""
    orders = session.scalars(
        select(PlanChange)
        .where(
            PlanChange.customer_id == has.customer.customer_id,
            PlanChange.state == "applied",
            PlanChange.period_ends_at > has.period.starts_at,
        )
        .order_by(PlanChange.from_version.desc(), PlanChange.id.desc())
        .execution_options(populate_existing=True)
    ).all()
    history = _History(session, has)
    return history.of_period((has.period.starts_at, has.period.ends_at), orders, at)


def as_listed(found: Left, has: Current, at: datetime, percent: Decimal | None) -> Money | None:
    """Return it as the catalog lists prices; None: it is what the time costs, but for what rounding leaves over.

    It is less where nobody was billed or it went back, and more where the seller made the plan cheaper meanwhile.
    `percent`: it is taken off a price that is taxed with so much, so that what was charged for it goes off with the
    tax that it was charged with; None: it has its own.
    """
    choice = has.has
    parts = [each.price for each in (choice.base, choice.seat) if each is not None]
    costs = sum(has.period.rest(price, at).amount_minor for price in parts)
    size = found.net if percent is None else found.gross / (1 + Fraction(percent) / 100)
    if has.catalog.tax.prices == "inclusive":
        size = found.gross
    if abs(size - costs) <= found.lines + len(parts):
        return None
    return Money(round(size), choice.currency)


class _History:
    """The invoices of a customer's plan, and the changes that were paid or given back."""

    def __init__(self, session: Session, has: Current) -> None:
        self.session, self.customer_id, self.catalog = session, has.customer.customer_id, has.catalog

    def of_period(self, period: Period, orders: Sequence[PlanChange], at: datetime) -> Left:
        """Return what the period's time from `at` on is worth after these orders, of which the newest is the first."""
        starts_at, ends_at = period
        for place, order in enumerate(orders):
            is_of_period = (order.period_starts_at, order.period_ends_at) == period
            if is_of_period and not _was_scheduled(order):
                found, begun = self._after(order, orders[place + 1 :]), max(order.effective_at, starts_at)
                break
        else:
            found, begun = self._of_invoice(period), starts_at
        return found.share(Fraction((ends_at - at) // _SECOND, (ends_at - begun) // _SECOND))

    def _after(self, order: PlanChange, before: Sequence[PlanChange]) -> Left:
        """Return what the time that was left at the order is worth since."""
        if order.total_minor <= 0:
            return self._given(order, self._before(order, before))
        lines = rule.read(order.lines, _ANY, order.currency)
        off = -sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0)
        document, part = self._invoice_of(order)
        was = NOTHING
        if off:
            said = kept.read(order.treatment, Money(order.net_minor, order.currency))
            taxed = 1 + Fraction(said[0].percent if said else 0) / 100
            was = Left(Fraction(off), off * taxed, is_whole=True, lines=2)
        elif (order.plan, order.interval) == (order.from_plan, order.from_interval):
            was = self._before(order, before)
        is_first = was is NOTHING
        return Left(
            was.net + part * document.net_minor,
            was.gross + part * document.total_minor,
            is_whole=part == 1 and (was.is_whole or is_first),
            lines=was.lines + len(lines) + 1,
        )

    def _given(self, order: PlanChange, was: Left) -> Left:
        """Return what is left of the time where some of it was given back, or nothing."""
        net = Fraction(-order.net_minor)
        gross = Fraction(-order.total_minor)
        if not giving_back.is_noted(self.catalog):  # its tax stays paid, and is of no time any more
            gross = net * was.gross / was.net if was.net else net
        lines = was.lines + (2 if net else 0)
        return Left(max(Fraction(0), was.net - net), max(Fraction(0), was.gross - gross), was.is_whole, lines)

    def _before(self, order: PlanChange, before: Sequence[PlanChange]) -> Left:
        """Return what the time that was left at the order was worth until then."""
        at = order.effective_at
        if order.interval == order.from_interval:
            return self.of_period((order.period_starts_at, order.period_ends_at), before, at)
        last = next((each for each in before if each.period_ends_at > at), None)
        if last is not None:
            return self.of_period((last.period_starts_at, last.period_ends_at), before, at)
        day = at.date()
        found = self._invoiced(DocumentLine.begins_on <= day, DocumentLine.ends_on >= day)
        if not found:
            return NOTHING
        first, last_day = found[0][1].begins_on, found[0][1].ends_on
        ensure(first is not None and last_day is not None, "the fee of a period without its days")
        return self.of_period((_begin(first), _begin(last_day + _DAY)), before, at)  # type: ignore[arg-type,operator]

    def _of_invoice(self, period: Period) -> Left:
        """Return what the month's own invoice has billed of the whole period."""
        first, last = period[0].date(), (period[1] - _SECOND).date()
        found = self._invoiced(DocumentLine.begins_on == first, DocumentLine.ends_on == last)
        if not found:
            return NOTHING
        kept = {document.id: _kept(self.session, document) for document, _line in found}
        net = sum((kept[document.id] * line.net_minor for document, line in found), Fraction(0))
        gross = sum(
            (kept[document.id] * line.net_minor * (1 + Fraction(line.percent_micros, 100_000_000)))
            for document, line in found
        )
        return Left(net, Fraction(gross), all(part == 1 for part in kept.values()), len(found))

    def _invoiced(self, *days: ColumnElement[bool]) -> list[tuple[Document, DocumentLine]]:
        """Return the lines of plan periods on invoices that the month wrote, and that are owed or paid."""
        rows = self.session.execute(
            select(Document, DocumentLine)
            .join(
                DocumentLine,
                (DocumentLine.customer_id == Document.customer_id) & (DocumentLine.document_id == Document.id),
            )
            .where(
                Document.customer_id == self.customer_id,
                Document.kind == Kind.INVOICE.value,
                Document.state.in_(STANDS),
                Document.is_corrected.is_(False),
                DocumentLine.kind.in_(OF_PERIODS),
                *days,
            )
            .execution_options(populate_existing=True)
        ).all()
        return [(document, line) for document, line in rows]

    def _invoice_of(self, order: PlanChange) -> tuple[Document, Fraction]:
        """Return the invoice of an order that was charged, as it stands, and the share of it that counts."""
        made = self.session.get_one(Document, order.document_id, populate_existing=True)
        document, _names = taken_off.standing(self.session, made)
        return document, _kept(self.session, document) if document.state in STANDS else Fraction(0)


def _was_scheduled(order: PlanChange) -> bool:
    """Say whether it waited for the period's end: then the month's own invoice has billed what it changed to."""
    return order.created_at < order.effective_at


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _kept(session: Session, document: Document) -> Fraction:
    """Return the share of the invoice that did not go back."""
    if not document.total_minor:
        return Fraction(1)
    on_its_way = _on_its_way(session, document) if document.paid_minor else 0
    gone = document.returned_minor - _as_credit(session, document) + on_its_way
    return max(Fraction(0), 1 - Fraction(gone, document.total_minor))


def _as_credit(session: Session, document: Document) -> int:
    """Return what credit notes took off for less at once: `_given` says of which time."""
    noted = select(func.coalesce(func.sum(Document.total_minor), 0)).where(
        Document.customer_id == document.customer_id,
        Document.returns_id == document.id,
        Document.source_type == "plan_change",
        Document.state == State.ISSUED.value,
    )
    return int(session.scalar(noted) or 0)


def _on_its_way(session: Session, document: Document) -> int:
    """Return what refunds have asked for and what disputes hold of its payments: no credit note says it yet."""
    names = [each.id for each in carrying.payers(session, document)]
    asked = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.customer_id == document.customer_id,
        Refund.payment_id.in_(names),
        Refund.state == RefundState.CREATED.value,
        Refund.of_correction.is_(False),
    )
    held = select(func.coalesce(func.sum(Dispute.amount_minor), 0)).where(
        Dispute.customer_id == document.customer_id,
        Dispute.payment_id.in_(names),
        Dispute.state == DisputeState.OPEN.value,
    )
    return sum(int(session.scalar(each) or 0) for each in (asked, held))

"""What is billed of the time that is left of a plan period: so much, and no more, is taken off where it is not used.

Nothing is stored: the month's invoice of the plan period and the changes since say it, one after the other. After a
change the time that is left is worth what it was worth before and what was paid for the change, or less what was given
back of it. An invoice counts as far as it is owed or paid and nothing of it went back. Void, given up and disputed ones
do not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.invoices.documents import State
from app.domain.invoices.lines import LineKind, Rate
from app.domain.money import Money
from app.domain.reversals import DisputeState, RefundState
from app.domain.subscriptions import preview as rule
from app.domain.tax import kept
from app.models.documents import Document, DocumentLine
from app.models.plan_periods import PlanPeriod
from app.models.reversals import Dispute, Refund
from app.models.subscriptions import PlanChange
from app.services.invoices import carrying
from app.services.reversals import taken_off
from app.services.subscriptions.reads import Current

OF_PERIODS = (LineKind.BASE_FEE.value, LineKind.SEATS.value)
STANDS = (State.OPEN.value, State.PAID.value)
_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(days=400)
"""No plan period is longer: nothing that began earlier counts."""
_ANY = Rate("O")


@dataclass(frozen=True, slots=True)
class Left:
    """What is billed of time that is left, in minor units: before tax, and with the tax that it was billed with."""

    net: Fraction
    gross: Fraction
    is_whole: bool
    """Whether all of it was billed and nothing went back."""
    lines: int
    """How many lines were rounded in it."""
    is_unbilled: bool = False
    """Whether it is of a month that began suspended: what is bought in it pays for all of it."""

    def share(self, part: Fraction) -> "Left":
        """Return a part of it."""
        return Left(self.net * part, self.gross * part, self.is_whole, self.lines, self.is_unbilled)


NOTHING = Left(Fraction(0), Fraction(0), is_whole=False, lines=0)


def left(session: Session, has: Current, at: datetime) -> Left:
    """Return what is billed of the time that is left of the customer's plan period at `at`."""
    return _History(session, has, at).left(at, has.period.ends_at)


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
    if abs(size - costs) <= found.lines // 2 + 1 + len(parts):
        return None
    return Money(round(size), choice.currency)


class _History:
    """What a customer's plan periods and changes were billed, the newest first: each begins where the one before is."""

    def __init__(self, session: Session, has: Current, at: datetime) -> None:
        self.session, self.customer_id = session, has.customer.customer_id
        since = min(has.period.starts_at, at) - _LONGEST
        mine = PlanChange.customer_id == self.customer_id
        self.orders = session.scalars(
            select(PlanChange)
            .where(mine, PlanChange.state == "applied", PlanChange.effective_at >= since)
            .order_by(PlanChange.from_version.desc(), PlanChange.id.desc())
            .execution_options(populate_existing=True)
        ).all()
        self.periods = session.scalars(
            select(PlanPeriod)
            .where(PlanPeriod.customer_id == self.customer_id, PlanPeriod.starts_at >= since)
            .order_by(PlanPeriod.starts_at.desc())
        ).all()

    def left(self, at: datetime, ends_at: datetime) -> Left:
        """Return what the time from `at` on is worth, of a plan period that ends then."""
        period, orders = self._since(at)
        found, until, begun = NOTHING, at, at
        if period is not None:
            found, until, begun = self._of_invoice(period), period.ends_at, period.starts_at
        for order in reversed(orders):
            was = _at(found, begun, until, order.effective_at)
            found, until, begun = self._after(order, was), order.period_ends_at, order.effective_at
        return _at(found, begun, until, at) if until == ends_at else NOTHING

    def _since(self, at: datetime) -> tuple[PlanPeriod | None, list[PlanChange]]:
        """Return the plan period that the month billed last, and the orders since, as far back as they say something.

        An order that has taken time off and is paid whole says what there was before.
        """
        found = list[PlanChange]()
        for order in self.orders:
            period = self._period(at)
            if period is not None and period.starts_at > order.effective_at:
                return period, found
            found.append(order)
            at = order.effective_at
            if order.total_minor > 0 and (_is_new(order) or (_off(order) and self._invoice_of(order)[1] == 1)):
                return None, found
        return self._period(at), found

    def _period(self, at: datetime) -> PlanPeriod | None:
        """Return the newest plan period that the month began by then."""
        return next((each for each in self.periods if each.starts_at <= at), None)

    def _after(self, order: PlanChange, was: Left) -> Left:
        """Return what the time that was left at the order is worth since."""
        if order.total_minor <= 0:
            return _given(order, was)
        document, part = self._invoice_of(order)
        off, is_first = _off(order), _is_new(order) or was.is_unbilled
        if off:  # with the tax of the order; what of the order went back is again as it was before
            said = kept.read(order.treatment, Money(order.net_minor, order.currency))
            taxed, back = 1 + Fraction(said[0].percent if said else 0) / 100, was.share(1 - part)
            was = Left(part * off + back.net, part * off * taxed + back.gross, is_whole=True, lines=2 + back.lines)
        elif is_first:
            was = NOTHING
        lines = was.lines + len(rule.read(order.lines, _ANY, order.currency)) + 1
        is_whole = part == 1 and (was.is_whole or is_first)
        return Left(was.net + part * document.net_minor, was.gross + part * document.total_minor, is_whole, lines)

    def _of_invoice(self, period: PlanPeriod) -> Left:
        """Return what the month's invoice has billed of the whole plan period."""
        if period.document_id is None:
            return Left(Fraction(0), Fraction(0), is_whole=False, lines=0, is_unbilled=True)
        document, part = self._standing(period.document_id)
        lines = self.session.scalars(
            select(DocumentLine).where(
                DocumentLine.customer_id == self.customer_id,
                DocumentLine.document_id == document.id,
                DocumentLine.kind.in_(OF_PERIODS),
                DocumentLine.begins_on == period.starts_at.date(),
                DocumentLine.ends_on == (period.ends_at - _SECOND).date(),
            )
        ).all()
        net = sum((part * each.net_minor for each in lines), Fraction(0))
        taxed = (part * each.net_minor * (1 + Fraction(each.percent_micros, 100_000_000)) for each in lines)
        return Left(net, sum(taxed, Fraction(0)), part == 1, len(lines))

    def _invoice_of(self, order: PlanChange) -> tuple[Document, Fraction]:
        """Return the invoice of an order that was charged, as it stands, and the share of it that counts."""
        return self._standing(order.document_id or "")

    def _standing(self, document_id: str) -> tuple[Document, Fraction]:
        made = self.session.get_one(Document, document_id, populate_existing=True)
        document, _names = taken_off.standing(self.session, made)
        return document, _kept(self.session, document) if document.state in STANDS else Fraction(0)


def _at(found: Left, begun: datetime, until: datetime, at: datetime) -> Left:
    """Return what is left of it then; nothing where its period is over."""
    if found is NOTHING or at >= until:
        return NOTHING
    return found.share(Fraction((until - at) // _SECOND, (until - begun) // _SECOND))


def _off(order: PlanChange) -> Fraction:
    """Return what an order took off for time that was not used, before tax."""
    lines = rule.read(order.lines, _ANY, order.currency)
    return Fraction(-sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0))


def _is_new(order: PlanChange) -> bool:
    """Say whether it bought a plan, and nothing beside what was there: it took nothing off, and is not of seats."""
    return not _off(order) and (order.plan, order.interval) != (order.from_plan, order.from_interval)


def _given(order: PlanChange, was: Left) -> Left:
    """Return what is left of the time where some of it was given back, or nothing, as of what waited for its period."""
    if not order.total_minor:
        return was
    net, gross = Fraction(-order.net_minor), Fraction(-order.total_minor)
    if order.document_id is None:  # its tax stays paid, and is of no time any more
        gross = net * was.gross / was.net if was.net else net
    return Left(max(Fraction(0), was.net - net), max(Fraction(0), was.gross - gross), was.is_whole, was.lines + 2)


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

"""What is billed of the time that is left of a plan period: so much, and no more, is taken off where it is not used.

An invoice counts as far as it is owed or paid and nothing of it went back. Void, given up and disputed ones do not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.invoices.documents import Kind, State
from app.domain.invoices.lines import LineKind, Rate
from app.domain.money import Money
from app.domain.reversals import DisputeState, RefundState
from app.domain.subscriptions import preview as rule
from app.models.corrections import Correction
from app.models.documents import Document, DocumentLine
from app.models.reversals import Dispute, Refund
from app.models.subscriptions import PlanChange
from app.services.invoices import carrying
from app.services.subscriptions import giving_back
from app.services.subscriptions.giving_back import OF_PLANS
from app.services.subscriptions.reads import Current

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_ANY = Rate("O")


@dataclass(frozen=True)
class _Part:
    """A line of the plan period: from when it counts, and for how much, as the catalog lists prices."""

    begins_at: datetime
    listed: Fraction
    gross: Fraction = Fraction(1)
    """What is listed of one that is billed before tax."""
    taxed: Fraction = Fraction(1)
    """What one that is listed came to with its tax."""


def other_than_left(
    session: Session, has: Current, at: datetime, *, whole: bool, percent: Decimal | None
) -> Money | None:
    """Return what is billed of the time that is left; None: what it costs, but for what rounding leaves over.

    It is less where nobody was billed or it went back, and more where the seller made the plan cheaper meanwhile.

    `whole`: as it was billed, whatever of it went back since. `percent`: it is taken off a price that is taxed with so
    much, so that what was charged for it goes off with the tax that it was charged with; None: it has its own.
    """
    period, choice = has.period, has.has
    parts = [each.price for each in (choice.base, choice.seat) if each is not None]
    costs = sum(period.rest(price, at).amount_minor for price in parts)
    since = _since(session, has)
    invoiced = list(_invoiced(session, has, at, since, whole=whole))
    found = [*invoiced, *_given(session, has, since, invoiced)]
    is_own = percent is None or has.catalog.tax.prices == "inclusive"
    now, left = 1 + Fraction(percent or 0) / 100, Fraction(0)
    for each in found:
        size = each.listed if is_own else each.listed * each.taxed / now
        left += size * _share(each.begins_at, at, period.ends_at)
    if abs(left - costs) <= len(found) + len(parts):
        return None
    return Money(max(0, round(left)), choice.currency)


def _share(begins_at: datetime, at: datetime, ends_at: datetime) -> Fraction:
    """Return which share of the time is left."""
    return Fraction((ends_at - at) // _SECOND, (ends_at - begins_at) // _SECOND)


def _since(session: Session, has: Current) -> datetime:
    """Return when the customer has come to the plan period: from another interval, whose time was taken off then.

    A year that was left for a month, and is come back to in the same month, begins on the same day as before.
    """
    came = select(func.max(PlanChange.effective_at)).where(
        PlanChange.customer_id == has.customer.customer_id,
        PlanChange.state == "applied",
        PlanChange.interval != PlanChange.from_interval,
        PlanChange.period_starts_at == has.period.starts_at,
        PlanChange.period_ends_at == has.period.ends_at,
    )
    return session.scalar(came) or has.period.starts_at


def _invoiced(session: Session, has: Current, at: datetime, since: datetime, *, whole: bool) -> Iterator[_Part]:
    period, is_gross = has.period, has.catalog.tax.prices == "inclusive"
    rows = session.execute(
        select(Document, DocumentLine, PlanChange.effective_at)
        .join(
            DocumentLine,
            (DocumentLine.customer_id == Document.customer_id) & (DocumentLine.document_id == Document.id),
        )
        .outerjoin(
            PlanChange, (PlanChange.customer_id == Document.customer_id) & (PlanChange.document_id == Document.id)
        )
        .where(
            Document.customer_id == has.customer.customer_id,
            Document.kind == Kind.INVOICE.value,
            Document.state.in_([State.OPEN.value, State.PAID.value]),
            Document.is_corrected.is_(False),
            DocumentLine.kind.in_(OF_PLANS),
            DocumentLine.begins_on >= period.starts_at.date(),
            DocumentLine.ends_on == period.last_day,
        )
        .execution_options(populate_existing=True)
    ).all()
    found = {document.id: document for document, _line, _at in rows}
    kept = {each.id: Fraction(1) if whole else _kept(session, each) for each in found.values()}
    for document, line, ordered_at in rows:
        begins_at = period.starts_at
        if line.kind == LineKind.PRORATION.value and line.begins_on is not None:
            begun = ordered_at or _first_ordered_at(session, document)
            # What is of no order: its day, to the customer's good.
            begins_at = begun or min(at, begins_at + (line.begins_on - begins_at.date() + _DAY))
        if begins_at < since:
            continue
        taxed = 1 + Fraction(line.percent_micros, 100_000_000)
        gross = taxed if is_gross else Fraction(1)
        yield _Part(begins_at, line.net_minor * gross * kept[document.id], gross, taxed)


def _first_ordered_at(session: Session, document: Document) -> datetime | None:
    """Return when the invoice was ordered in whose place it came: one that took another's place names no order."""
    name, found = document.id, None
    while found is None:
        before = session.execute(
            select(Correction.corrected_id, PlanChange.effective_at)
            .outerjoin(
                PlanChange,
                (PlanChange.customer_id == Correction.customer_id)
                & (PlanChange.document_id == Correction.corrected_id),
            )
            .where(Correction.customer_id == document.customer_id, Correction.replacement_id == name)
        ).first()
        if before is None:
            return None
        name, found = before
    return found


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


def _given(session: Session, has: Current, since: datetime, invoiced: Sequence[_Part]) -> Iterator[_Part]:
    """Yield what less at once has changed: what it took off, and what it kept of the credit for another interval."""
    orders = session.scalars(
        select(PlanChange).where(
            PlanChange.customer_id == has.customer.customer_id,
            PlanChange.state == "applied",
            PlanChange.total_minor < 0,
            PlanChange.period_starts_at == has.period.starts_at,
            PlanChange.period_ends_at == has.period.ends_at,
            PlanChange.effective_at >= since,
        )
    )
    is_gross = has.catalog.tax.prices == "inclusive"
    for order in orders:
        of_another = order.from_interval != order.interval
        lines = rule.read(order.lines, _ANY, order.currency)
        taxed = _taxed(session, has, order, sum(line.net.amount_minor for line in lines), invoiced)
        gross = taxed if is_gross else Fraction(1)
        for line in lines:
            if line.ends_on == has.period.last_day and not (of_another and line.net.amount_minor < 0):
                yield _Part(order.effective_at, line.net.amount_minor * gross, gross, taxed)


def _taxed(session: Session, has: Current, order: PlanChange, net: int, invoiced: Sequence[_Part]) -> Fraction:
    """Return what one that less at once gave back came to with its tax.

    Where it was given back with its tax, the order's sums say so. Else with that of the invoices that it gave back of:
    they have one, as `giving_back.crosses_rates` says.
    """
    if giving_back.is_noted(has.catalog) and net < 0:
        return Fraction(order.total_minor, net)
    before = [each.taxed for each in invoiced if each.begins_at <= order.effective_at]
    if before:
        return max(before)
    day = order.effective_at.date()
    percent = session.scalar(
        select(func.max(DocumentLine.percent_micros))
        .join(
            Document,
            (Document.customer_id == DocumentLine.customer_id) & (Document.id == DocumentLine.document_id),
        )
        .where(
            DocumentLine.customer_id == order.customer_id,
            DocumentLine.kind.in_(OF_PLANS),
            DocumentLine.begins_on <= day,
            DocumentLine.ends_on >= day,
            Document.kind == Kind.INVOICE.value,
            Document.is_corrected.is_(False),
        )
    )
    return 1 + Fraction(int(percent or 0), 100_000_000)

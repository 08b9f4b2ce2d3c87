"""What was taken off a change of plan, for time that is not used, does not go back as money, too.

Each change that takes time off bounds what goes back of the invoices that it took it off: together they keep so much.
docs/decisions/0049-what-goes-back-is-counted-once.md says why. It goes off with the tax that it was billed with, so
that the tax of these invoices, and of the change's, stays as it is.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.amounts import money_words
from app.domain.errors import Refused
from app.domain.invoices.lines import OF_PLANS, Rate
from app.domain.language import _
from app.domain.money import Money, divided
from app.domain.subscriptions import preview as rule
from app.domain.tax import kept
from app.models.corrections import Correction
from app.models.documents import Document, DocumentLine
from app.models.payments import Payment
from app.models.subscriptions import PlanChange
from app.services.reversals import clawbacks

STATES = ("open", "paid")
REASON = "taken_off_later"
TAX_STAYS = "time_taken_off"
_ANY = Rate("O")


def most_of_payment(session: Session, payment: Payment) -> int:
    """Return the most that may go back of a payment that is locked."""
    left = clawbacks.left_of(payment)
    bounds = (kept for payers, _documents, kept in _bounds(session, payment.customer_id) if payment.id in payers)
    return max(0, min([left, *bounds]))


def most_of_document(session: Session, document: Document, due: int) -> int:
    """Return the most that a credit note takes off what is due of an invoice."""
    states = STATES if document.state in STATES else (*STATES, document.state)  # given up: owed all the same
    found = _bounds(session, document.customer_id, states=states)
    return max(0, min([due, *(kept for _payers, documents, kept in found if document.id in documents)]))


def refuse(rest: Money) -> Refused:
    """Return what to say where no more than this may go back, because a change of plan took off the rest."""
    words = f"at most {money_words(rest)} of this" if rest.amount_minor else "nothing of this"
    return Refused(
        f"Unused time of it was taken off a later change of plan, so {words} goes back. Refund that change first.",
        REASON,
        409,
        "amount",
    )


def covers(session: Session, order: PlanChange) -> bool:
    """Say whether what an order takes off is still owed or paid, but for what rounding leaves over.

    Of each invoice, and of what is taken off, two lines at most and the tax were rounded, by half a minor unit each.
    """
    bounds = _bounds(session, order.customer_id, order)
    return all(kept >= -2 * (len(documents) + 1) for _payers, documents, kept in bounds)


def tax_stays(session: Session, document: Document, seller_name: str) -> Refused | None:
    """Return why no correction changes the tax of an invoice, under the customer's books; None: one may."""
    why = _why_it_stays(session, document)
    if why is None:
        return None
    words = _(
        "{why}, so its tax stays as it is. Correct only what else is wrong, or ask {seller} about it.",
        why=why,
        seller=seller_name,
    )
    return Refused(words, TAX_STAYS)


def plan_lines(session: Session, document: Document) -> Sequence[DocumentLine]:
    """Return the lines of an invoice that are for time of a plan."""
    return session.scalars(
        select(DocumentLine).where(
            DocumentLine.customer_id == document.customer_id,
            DocumentLine.document_id == document.id,
            DocumentLine.kind.in_(OF_PLANS),
        )
    ).all()


def _why_it_stays(session: Session, document: Document) -> str | None:
    lines = plan_lines(session, document)
    if any(line.net_minor < 0 for line in lines):
        return _("This invoice takes off unused time of earlier ones, with the tax of that time")
    names = _was(session, document)
    until = {line.ends_on for line in lines if line.ends_on is not None}
    order = _that_took_off(session, document, names, until) if until else None
    if order is None:
        return None
    if order.total_minor < 0:
        return _("Unused time of the plan was given back as credit")
    later = session.get(Document, order.document_id or "", populate_existing=True)
    if later is None:
        return _("Unused time of this invoice is taken off a change of plan, with its tax")
    number = standing(session, later)[0].number
    return _("Unused time of this invoice was taken off invoice {number}, with its tax", number=number)


def _that_took_off(session: Session, document: Document, names: set[str], until: set[date]) -> PlanChange | None:
    """Return the first change that waits, or was made, and took off time of an invoice whose lines end on these days.

    What came to nothing lists nothing, and may have taken time off with its tax all the same: another plan or interval.
    """
    mine = Document.customer_id == document.customer_id, Document.id.in_(sorted(names))
    begun = session.scalar(select(func.min(Document.issued_at)).where(*mine))
    orders = session.scalars(
        select(PlanChange)
        .where(
            PlanChange.customer_id == document.customer_id,
            PlanChange.state.in_(["waiting", "applied"]),
            func.coalesce(PlanChange.ended_at, PlanChange.created_at) >= begun,
            or_(PlanChange.document_id.is_(None), PlanChange.document_id.not_in(sorted(names))),
        )
        .order_by(PlanChange.created_at, PlanChange.id)
        .execution_options(populate_existing=True)
    )
    for order in orders:
        lines = rule.read(order.lines, _ANY, order.currency)
        off = {line.ends_on for line in lines if line.net.amount_minor < 0}
        is_other = (order.plan, order.interval) != (order.from_plan, order.from_interval)
        if not lines and is_other and order.effective_at <= order.created_at:  # not one that waited for its period
            off = {day for day in until if day >= order.effective_at.date()}
        if off & until:
            return order
    return None


def _was(session: Session, document: Document) -> set[str]:
    """Return the ids of an invoice and of those in whose place it came."""
    names, name = {document.id}, document.id
    while True:
        before = session.scalar(
            select(Correction.corrected_id).where(
                Correction.customer_id == document.customer_id, Correction.replacement_id == name
            )
        )
        if before is None:
            return names
        names.add(before)
        name = before


def _bounds(
    session: Session, customer_id: str, only: PlanChange | None = None, states: Sequence[str] = STATES
) -> Iterator[tuple[set[str], set[str], int]]:
    """Yield, for each change that took time off: who paid for it, on which invoices, and what of them may go back."""
    counts = PlanChange.state.in_(["waiting", "applied"])
    wanted = select(PlanChange).where(PlanChange.customer_id == customer_id, counts)
    if only is not None:
        wanted = wanted.where(PlanChange.id == only.id)
    for order in session.scalars(wanted.execution_options(populate_existing=True)).all():
        share = _kept(session, order)
        taken = divided(_taken(order) * share.numerator, share.denominator)
        if not taken:
            continue
        found = _before(session, order, states)
        payers, documents = _payers(session, found), [document for document, _names in found]
        money = sum(clawbacks.left_of(each) for each in payers)
        owed = sum(each.credits_applied_minor + each.credit_paid_minor + _due(each) for each in documents)
        stands = sum(each.total_minor - each.returned_minor for each in documents)
        yield {each.id for each in payers}, {each.id for each in documents}, min(money + owed, stands) - taken


def _taken(order: PlanChange) -> int:
    """Return what the order took off, with the tax that it would have borne there."""
    if order.total_minor < 0:  # given back as credit: its payments say so
        return 0
    lines = rule.read(order.lines, _ANY, order.currency)
    net = -sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0)
    said = kept.read(order.treatment, Money(order.net_minor, order.currency)) if net and order.treatment else None
    percent = said[0].percent if said else Decimal(0)
    whole = 1 + Fraction(percent) / 100
    return divided(net * whole.numerator, whole.denominator)


def _kept(session: Session, order: PlanChange) -> Fraction:
    """Return which share of the change that took it off did not go back itself."""
    if order.state == "waiting":
        return Fraction(1)
    if order.payment_id is not None:
        payment = session.get_one(Payment, order.payment_id, populate_existing=True)
        whole = payment.received_minor - payment.corrected_minor
        if clawbacks.left_of(payment) <= 0:
            return Fraction(0)
        return 1 - Fraction(payment.refunded_minor + payment.disputed_minor, whole)
    if order.document_id is None:
        return Fraction(1)
    document = session.get_one(Document, order.document_id, populate_existing=True)
    if document.state not in {"open", "paid"}:
        return Fraction(0)
    return 1 - Fraction(document.returned_minor, max(1, document.total_minor))


def _before(session: Session, order: PlanChange, states: Sequence[str]) -> list[tuple[Document, set[str]]]:
    """Return the invoices before it for time that was not over then, each as it stands now, and what it was before."""
    covers = (
        select(DocumentLine.document_id)
        .where(
            DocumentLine.customer_id == Document.customer_id,
            DocumentLine.document_id == Document.id,
            DocumentLine.kind.in_(OF_PLANS),
            DocumentLine.ends_on >= order.effective_at.date(),
        )
        .exists()
    )
    found = session.scalars(
        select(Document)
        .where(
            Document.customer_id == order.customer_id,
            Document.kind == "invoice",
            Document.source_type != "correction",
            Document.state.in_(states),
            Document.id != (order.document_id or ""),
            Document.issued_at <= (order.ended_at or order.created_at),
            covers,
        )
        .execution_options(populate_existing=True)
    ).all()
    chains = (standing(session, each) for each in found)
    return [(document, names) for document, names in chains if document.state in states]


def standing(session: Session, document: Document) -> tuple[Document, set[str]]:
    """Return the invoice that stands in this one's place, and the ids of all that it was, with what collects them."""
    names = {document.id}
    while document.is_corrected:
        document = session.scalars(
            select(Document)
            .join(
                Correction,
                (Correction.customer_id == Document.customer_id) & (Correction.replacement_id == Document.id),
            )
            .where(Correction.customer_id == document.customer_id, Correction.corrected_id == document.id)
            .execution_options(populate_existing=True)
        ).one()
        names.add(document.id)
    to = document.carried_to_id
    while to is not None and to not in names:
        names.add(to)
        to = session.scalar(
            select(Document.carried_to_id).where(Document.customer_id == document.customer_id, Document.id == to)
        )
    return document, names


def _payers(session: Session, found: Sequence[tuple[Document, set[str]]]) -> Sequence[Payment]:
    if not found:
        return []
    names = sorted({name for _document, mine in found for name in mine})
    own = sorted({document.payment_id for document, _names in found if document.payment_id is not None})
    return session.scalars(
        select(Payment)
        .where(
            Payment.customer_id == found[0][0].customer_id,
            Payment.received_minor > 0,
            or_(Payment.id.in_(own), Payment.document_id.in_(names)),
        )
        .execution_options(populate_existing=True)
    ).all()


def _due(document: Document) -> int:
    return document.payable_minor - document.paid_minor - document.credited_minor

"""Write what went back of a document's payment: a credit note of an invoice, a refund receipt of a receipt."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.errors import ensure
from app.domain.invoices import credit_notes as rule
from app.domain.invoices.documents import RETURNS, Kind, State
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.totals import Taxed, of_parts
from app.domain.mails import CREDIT_NOTE, REFUND_RECEIPT
from app.domain.money import Money
from app.domain.payments import Purpose
from app.domain.tax.treatment import Category, Reason, Treatment
from app.models.documents import Document, DocumentTax
from app.models.ledger import Transfer
from app.models.payments import Payment
from app.models.reversals import Dispute, Refund
from app.services.catalog import versions
from app.services.invoices import carrying, drafting, numbering
from app.services.invoices.finalization import NO_TAX_SAID
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails

OF_PURCHASES = frozenset({"payment", "correction"})
"""The facts whose documents a payment has paid at once."""
BOOKED = ("pending", "succeeded")  # refunds whose money has gone back
OF_PERIODS = frozenset({"period", "plan_period", "interim", "correction"})
"""The facts whose documents, where no payment has paid them at once, are due."""


def write(books: Books, payment: Payment, source: tuple[str, str, str], part: Money, now: datetime) -> Document | None:
    """Write what went back; None where the payment has no document: it is older than documents, or bought nothing.

    A payment that has paid several invoices at once returns that of the last one first, each by its own credit note.
    """
    if payment.document_id is not None:
        return _of_invoices(books, payment, source, part, now)
    document = _of_payment(books, payment)
    if document is None:
        not_sold = payment.purpose == Purpose.PLAN_CHANGE  # it came too late: the plan was not given for it
        ensure(payment.settled_before_documents or not_sold, f"{payment.id} has no document")
        return None
    rest = min(part, Money(document.total_minor - document.returned_minor, document.currency))  # beside given credit
    return write_on(books, document, source, rest, now, payment.id) if rest.amount_minor else None


def write_on(
    books: Books,
    document: Document,
    source: tuple[str, str, str],
    part: Money,
    now: datetime,
    payment_id: str | None = None,
    *,
    as_credit: bool = False,
) -> Document:
    """Write what is returned of a document, taxed by parts (0024), and its mail; `as_credit`: no money goes back."""
    made = _drafted(books, document, source, part, payment_id, (part, 0) if as_credit else None)
    numbering.finalize(books.session, made, State.ISSUED, max(now, document.issued_at or now))  # not before it
    mail = CREDIT_NOTE if made.kind == Kind.CREDIT_NOTE else REFUND_RECEIPT
    to, key = books.customer.email, f"{mail}:{made.id}"
    billing_mails.write(books.session, books.customer_id, mail, key=key, to=to, document=made.id)
    return made


def parts_of(session: Session, document: Document, size: Money, *, is_net: bool) -> tuple[Taxed, ...]:
    """Return how so much of the document, before tax or with it, is taken off what its notes that stand leave."""
    invoiced = _parts(session, document)
    notes = [each for note in _standing(session, document) for each in _parts(session, note)]
    return rule.of_net(invoiced, notes, size) if is_net else rule.returned(invoiced, notes, size)


def whole(books: Books, document: Document, source: tuple[str, str, str]) -> Document:
    """Draft the credit note of all of an invoice, of which nothing was returned yet, and count it; it has no number.

    Credit that has paid the invoice, and money, are taken over by the one in its place.
    """
    whole_of_it = Money(document.total_minor, document.currency)
    applied = Money(document.credits_applied_minor, document.currency)
    return _drafted(books, document, source, whole_of_it, document.payment_id, (applied, document.paid_minor))


def void(books: Books, source: tuple[str, str], now: datetime) -> Document | None:
    """Void the document of money that went back and has come back; it keeps its number. None: there was none."""
    session, (kind, fact) = books.session, source
    notes = session.scalars(
        select(Document)
        .where(
            Document.customer_id == books.customer_id,
            Document.source_type == kind,
            or_(Document.source_id == fact, Document.source_id.startswith(f"{fact}:", autoescape=True)),
            Document.state == State.ISSUED.value,
        )
        .order_by(Document.issued_at, Document.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for note in notes:
        note.state, note.voided_at = State.VOID.value, now
        session.flush()
        invoice = session.scalars(
            select(Document).where(Document.customer_id == books.customer_id, Document.id == note.returns_id)
        ).one()
        _count(session, invoice, -note.total_minor)
    return notes[0] if notes else None


def _of_invoices(
    books: Books, payment: Payment, source: tuple[str, str, str], part: Money, now: datetime
) -> Document | None:
    """Return what was never applied, without a document; then what was paid of the invoice, and of those before."""
    document = settled_invoice(books, payment)
    invoices = [document, *reversed(carrying.collected_with(books.session, document))]
    kind, fact, why = source
    too_much = max(0, _never_applied(books.session, payment, invoices) - _gone_without(books.session, payment, fact))
    left, made = part.amount_minor - min(part.amount_minor, too_much), list[Document]()
    for each in invoices:
        stands = carrying.standing(books.session, each)
        room = min(left, stands.paid_minor + stands.credited_minor - stands.returned_minor)
        if room > 0:
            own = (kind, f"{fact}:{len(made) + 1}" if made else fact, why)
            made.append(write_on(books, stands, own, Money(room, each.currency), now, payment.id))
            left -= room
    return made[0] if made else None


def _never_applied(session: Session, payment: Payment, invoices: Sequence[Document]) -> int:
    """Return what of the payment was more than was due: payments took what was due in the order in which they came."""
    came = session.execute(
        select(Payment.id, Payment.received_minor)
        .join(
            Transfer,
            (Transfer.customer_id == Payment.customer_id)
            & (Transfer.source_type == "payment")
            & (Transfer.source_id == Payment.id)
            & (Transfer.kind == "payment"),
        )
        .where(Payment.customer_id == payment.customer_id, Payment.document_id.in_([each.id for each in invoices]))
        .order_by(Transfer.booked_at, Transfer.id)
    ).all()
    paid = sum(carrying.by_money(each) for each in invoices)
    for name, received in came:
        applied = min(received, paid)
        if name == payment.id:
            return int(received - applied)
        paid -= applied
    return 0


def _gone_without(session: Session, payment: Payment, fact: str) -> int:
    """Return what of the payment went back before this fact, and had no document."""
    own = payment.customer_id
    refunded = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.customer_id == own,
        Refund.payment_id == payment.id,
        Refund.id != fact,
        Refund.state.in_(BOOKED),
        Refund.of_correction.is_(False),
    )
    lost = select(func.coalesce(func.sum(Dispute.amount_minor), 0)).where(
        Dispute.customer_id == own, Dispute.payment_id == payment.id, Dispute.id != fact, Dispute.state == "lost"
    )
    noted = select(func.coalesce(func.sum(Document.total_minor), 0)).where(
        Document.customer_id == own,
        Document.payment_id == payment.id,
        Document.returns_id.is_not(None),
        Document.state == State.ISSUED.value,
    )
    sums = (session.scalar(each) or 0 for each in (refunded, lost, noted))
    back, taken, documented = (int(each) for each in sums)
    return back + taken - documented


def settled_invoice(books: Books, payment: Payment) -> Document:
    """Return the invoice that the payment pays."""
    return books.session.scalars(
        select(Document)
        .where(Document.customer_id == payment.customer_id, Document.id == payment.document_id)
        .execution_options(populate_existing=True)
    ).one()


def _drafted(
    books: Books,
    document: Document,
    source: tuple[str, str, str],
    part: Money,
    payment_id: str | None,
    taken_over: tuple[Money, int] | None = None,
) -> Document:
    """Draft what returns a part of the document, taxed as it was, and count the part on it."""
    (kind, fact, why), (applied, paid) = source, taken_over or (Money(0, document.currency), 0)
    taxes = _taxes(books.session, [document.id])
    standing = _standing(books.session, document)
    invoiced = _taxed(document, taxes) if taxes else [_untaxed(document.total_minor, document.currency)]
    notes = [each for note in standing for each in _parts(books.session, note)]
    parts = rule.returned(invoiced, notes, part)
    said = rule.words(kind, why, document.number or "", books.customer.language)
    lines = [Line(LineKind.RETURNED, said, each.net, each.rate) for each in parts]
    made = drafting.draft(
        books,
        versions.of(books.customer),
        RETURNS[Kind(document.kind)],
        drafting.Source(kind, fact, payment_id, document.id, why[:300], taken_over_minor=paid),
        lines,
        of_parts(parts, [applied]),
        [_treatment(row) for row in taxes],
        {name: getattr(document, name) for name in drafting.BUYER},  # as on the document that it corrects
    )
    _count(books.session, document, part.amount_minor)
    return made


def _of_payment(books: Books, payment: Payment) -> Document | None:
    """Return the payment's invoice or receipt, locked: the one that stands, where it was corrected."""
    customer_id = books.customer.customer_id  # locked before its documents, as by whoever pays or corrects one
    return books.session.scalars(
        select(Document)
        .where(
            Document.customer_id == customer_id,
            Document.payment_id == payment.id,
            Document.source_type.in_(OF_PURCHASES),
            Document.kind.in_(RETURNS),
            Document.is_corrected.is_(False),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def _standing(session: Session, document: Document) -> Sequence[Document]:
    return session.scalars(
        select(Document).where(
            Document.customer_id == document.customer_id,
            Document.returns_id == document.id,
            Document.state == State.ISSUED.value,
        )
    ).all()


def _parts(session: Session, note: Document) -> list[Taxed]:
    taxes = _taxes(session, [note.id])
    return _taxed(note, taxes) if taxes else [_untaxed(note.total_minor, note.currency)]


def _taxes(session: Session, documents: Sequence[str]) -> Sequence[DocumentTax]:
    return session.scalars(
        select(DocumentTax)
        .where(DocumentTax.document_id.in_(documents))
        .order_by(DocumentTax.category, DocumentTax.percent_micros)
    ).all()


def _taxed(document: Document, taxes: Sequence[DocumentTax]) -> list[Taxed]:
    money = document.currency
    return [
        Taxed(
            Rate(row.category, drafting.percent_of(row.percent_micros)),
            Money(row.net_minor, money),
            Money(row.tax_minor, money),
        )
        for row in taxes
    ]


def _untaxed(minor: int, currency: str) -> Taxed:
    return Taxed(NO_TAX_SAID, Money(minor, currency), Money(0, currency))


def _treatment(row: DocumentTax) -> Treatment:
    """Return how the invoice was taxed, so that its credit note says the same."""
    return Treatment(
        Category(row.category),
        drafting.percent_of(row.percent_micros),
        row.name,
        row.country,
        Reason(row.reason),
        row.buyer_number,
        row.seller_number,
    )


def _count(session: Session, document: Document, minor: int) -> None:
    """Count what of the document went back: never more than it came to, which its table refuses too."""
    counted = session.execute(
        update(Document)
        .where(
            Document.customer_id == document.customer_id,
            Document.id == document.id,
            Document.returned_minor + minor <= Document.total_minor,
        )
        .values(returned_minor=Document.returned_minor + minor)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    ensure(counted is not None, f"more than {document.number} goes back")

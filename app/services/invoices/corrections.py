"""A customer corrects an invoice: a credit note of all of it and an invoice in its place, in one transaction.

docs/decisions/0035-corrections-of-invoices.md says what holds when the process dies. The price stays; the tax is
reckoned anew by the address and number that the customer gives, as on the day of the sale.
"""

from datetime import UTC, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app import clock, ids
from app.domain.addresses import questions
from app.domain.addresses.address import NAMES
from app.domain.errors import NotFound, Refused
from app.domain.invoices import corrections as rule
from app.domain.invoices.corrections import CORRECTED_ALREADY
from app.domain.invoices.documents import Kind, State
from app.domain.language import _
from app.domain.mails import INVOICE
from app.domain.money import Money
from app.domain.reversals import RefundState
from app.models.collection import CollectionAttempt
from app.models.corrections import Correction
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment
from app.models.reversals import Refund
from app.models.scope import as_service
from app.services import audit
from app.services.catalog import versions
from app.services.customers import standing
from app.services.invoices import carrying, correction_preview, credit_notes, drafting, finalization, numbering, payers
from app.services.invoices.correction_preview import Preview, Wanted
from app.services.ledger import posting, unpaid_overage
from app.services.ledger.posting import Books
from app.services.outbox import billing_mails
from app.services.reversals import clawbacks, refunds
from app.services.transaction import transaction

PREVIEW_GONE_BY = "preview_gone_by"
_FAILED = frozenset({RefundState.FAILED.value, RefundState.CANCELED.value})


def correct(customer_id: str, document_id: str, wanted: Wanted, mark: str, *, by: str, address: str = "") -> Correction:
    """Write the credit note and the invoice in its place, and return the difference to where the payment came from.

    `mark` is that of the preview that was confirmed: where anything has changed since, it is refused (409). The same
    again returns what was made.
    """
    with as_service("correct an invoice"):
        with transaction() as session:
            known = correction_preview.found(session, customer_id, document_id)
            payments = sorted(each.id for each in carrying.payers(session, known))
            locked = {each: clawbacks.locked(session, each) for each in payments}
            books = posting.lock(session, customer_id)
            customer = books.customer  # locked before its documents, as by whoever pays, credits or voids one
            document = correction_preview.found(session, customer_id, document_id, lock=True)
            made = _made(session, document)
            if made is None:
                seen = correction_preview.reckoned(session, customer, document, wanted)
                returns_to = seen.returns_to.id if seen.returns_to else None
                if seen.mark != mark or returns_to not in {None, *locked}:
                    raise _preview_gone()
                made = _write(books, seen, locked.get(returns_to or ""), by, address, clock.now())
            elif made.preview != mark:
                raise Refused(_("This invoice was corrected meanwhile."), CORRECTED_ALREADY)
            elif not _is_same(session, document, made, wanted):
                raise _already_used()
            refund_id = made.refund_id
        if refund_id is not None:
            refunds.ask(refund_id)
    return made


def return_difference(correction_id: str, *, by: str) -> Refund:
    """Send the difference of a correction back once more, where the refund of it did not arrive."""
    with as_service("return the difference of a correction"):
        with transaction() as session:
            known = session.get(Correction, correction_id)
            if known is None:
                raise NotFound("correction")
            if known.payment_id is None:
                raise Refused("Nothing of this correction has to go back again.", "nothing_to_return")
            payment = clawbacks.locked(session, known.payment_id)
            made = session.get_one(Correction, correction_id, populate_existing=True)
            refund = session.get(Refund, made.refund_id or "")
            if refund is None or refund.state not in _FAILED:
                raise Refused("Nothing of this correction has to go back again.", "nothing_to_return")
            again = refunds.of_correction(session, payment, made.difference_minor, refund.reason, by)
            made.refund_id = again.id
        refunds.ask(again.id)
        return session.get_one(Refund, again.id, populate_existing=True)


def paid_beside(payment_id: str) -> list[tuple[str, Money]]:
    """Return what is left of each other payment that has paid the same corrected invoice, such as more tax."""
    with as_service("see what else has paid a corrected invoice"):
        payment = db.session.get_one(Payment, payment_id)
        documents = db.session.scalars(
            select(Document).where(
                Document.customer_id == payment.customer_id,
                Document.kind == Kind.INVOICE.value,
                or_(Document.payment_id == payment.id, Document.id == payment.document_id),
            )
        ).all()
        stand = {each.id: each for each in (carrying.standing(db.session(), document) for document in documents)}
        corrected = [each for each in stand.values() if each.taken_over_minor]
        payers = {each.id: each for document in corrected for each in carrying.payers(db.session(), document)}
        left = [(each.id, Money(clawbacks.left_of(each), each.currency)) for each in payers.values()]
        return [each for each in left if each[0] != payment.id and each[1].amount_minor > 0]


def _preview_gone() -> Refused:
    words = _("Something has changed since the preview, perhaps by yourself. Look at what it comes to now.")
    return Refused(words, PREVIEW_GONE_BY)


def _already_used() -> Refused:
    words = _("This form was already sent, with other values. Nothing more was changed: look at the new invoice.")
    return Refused(words, "form_already_used")


def _made(session: Session, document: Document) -> Correction | None:
    return session.scalars(
        select(Correction).where(Correction.customer_id == document.customer_id, Correction.corrected_id == document.id)
    ).one_or_none()


def _is_same(session: Session, document: Document, made: Correction, wanted: Wanted) -> bool:
    """Say whether a mark that was used comes with the values that were confirmed by it."""
    instead = session.get_one(Document, made.replacement_id)
    wants = [getattr(wanted.address, name) for name in NAMES], questions.plain(wanted.po_number)
    if wants != ([getattr(instead, f"buyer_{name}") for name in NAMES], instead.po_number):
        return False
    own, says = instead.payable_minor - instead.taken_over_minor, correction_preview.said(session, instead)
    if document.credited_minor and not own:
        return True  # what was to be paid with it then is not kept
    back, due = Money(made.difference_minor, instead.currency), Money(own + instead.carried_minor, instead.currency)
    return made.preview in {
        correction_preview.mark(document, wanted.registration_id, says, back, due, state.value)
        for state in (State.PAID, State.OPEN)
    }


def _write(books: Books, seen: Preview, payment: Payment | None, by: str, address: str, now: datetime) -> Correction:
    """Write both documents, and what goes back to the payment: all of it in the caller's transaction."""
    session, document = books.session, seen.document
    correction_id = ids.new("cor")
    note = credit_notes.whole(books, document, ("correction", correction_id, "Correction"))
    instead = drafting.draft(
        books,
        versions.of(books.customer),
        Kind.INVOICE,
        _source(books, seen, correction_id),
        seen.lines,
        seen.totals,
        [seen.treatment],
        {f"buyer_{name}": getattr(seen.wanted.address, name) for name in NAMES}
        | {"po_number": seen.wanted.po_number, "buyer_reference": document.buyer_reference},
    )
    at = max(now, document.issued_at or now)  # not before what they correct
    _number(books, document, instead, at)
    numbering.finalize(session, note, State.ISSUED, at)
    was_open = document.state == State.OPEN
    if was_open:
        _end_due(books, document, instead, now)
    refund_id = None
    if payment is not None:
        payment.corrected_minor += seen.difference.amount_minor
        words = f"Correction of {document.number}"
        refund_id = refunds.of_correction(session, payment, seen.difference.amount_minor, words, by).id
        clawbacks.restate(session, payment, now)
    made = Correction(
        id=correction_id,
        customer_id=books.customer_id,
        corrected_id=document.id,
        credit_note_id=note.id,
        replacement_id=instead.id,
        payment_id=payment.id if payment is not None else document.payment_id,
        refund_id=refund_id,
        difference_minor=seen.difference.amount_minor,
        sold_on=seen.sold_on,
        preview=seen.mark,
        created_by=by,
        created_at=now,
    )
    session.add(made)
    session.flush()
    for each in ([document] if was_open else []) + ([instead] if instead.state == State.PAID else []):
        each.paid_at, each.paid_with = payers.settled(each)
    session.flush()
    _say(books, seen, made, (note, instead), by, address)
    return made


def _source(books: Books, seen: Preview, correction_id: str) -> drafting.Source:
    """Return what the invoice in its place is made for, and what it takes over of the wrong one.

    Overage on an invoice that is paid uses the protection no more, whatever is due of the one in its place.
    """
    document, taken_over = seen.document, seen.taken_over.amount_minor
    own, was_due = seen.totals.payable.amount_minor - taken_over, document.state == State.OPEN
    return drafting.Source(
        "correction",
        correction_id,
        document.payment_id,
        paid_with=document.paid_with if taken_over or not was_due else "" if own else "Credit balance",
        carried_minor=correction_preview.carried(books.session, document) if own else 0,
        overage_micros=document.overage_micros if was_due else 0,
        taken_over_minor=taken_over,
        language=document.language,
    )


def _number(books: Books, document: Document, instead: Document, at: datetime) -> None:
    """Number the invoice in its place: paid by what it takes over, or due, and by when."""
    due = instead.payable_minor - instead.taken_over_minor
    if due and carrying.is_chargeable(due + instead.carried_minor, instead.currency):
        was, before = (document.due_on, carrying.own_due(document)) if document.state == State.OPEN else (None, 0)
        days = versions.of(books.customer).invoices.due_days
        instead.due_on = rule.due_day(was, at.astimezone(UTC).date(), days, is_more=due > before)
    books.session.flush()
    numbering.finalize(books.session, instead, State.OPEN if due else State.PAID, at, paid_at=document.paid_at)


def _end_due(books: Books, document: Document, instead: Document, now: datetime) -> None:
    """End the wrong invoice: nothing of it is due. What it collects, and the overage on it, go over to the other.

    What is paid of those that it collects stays with it: money that goes back is found by it.
    """
    session = books.session
    session.refresh(document)
    document.credited_minor += carrying.own_due(document)
    document.state = State.PAID.value
    for each in carrying.carried_to(session, document):
        if each.state != State.PAID:
            each.carried_to_id = instead.id if instead.state == State.OPEN else None
    session.flush()
    if instead.state == State.OPEN:
        _go_on_collecting(session, document, instead)
    unpaid_overage.changed(books, now)
    standing.paid(books, now)


def _go_on_collecting(session: Session, document: Document, instead: Document) -> None:
    """Hand the attempts on: who corrects an unpaid invoice does not restart its schedule."""
    mine = CollectionAttempt.customer_id == document.customer_id, CollectionAttempt.document_id == document.id
    moved = update(CollectionAttempt).where(*mine).values(document_id=instead.id)
    session.execute(moved.execution_options(synchronize_session=False))


def _say(
    books: Books, seen: Preview, made: Correction, documents: tuple[Document, Document], by: str, address: str
) -> None:
    """Write the audit entry and the events of the new documents."""
    note, instead = documents
    facts: dict[str, object] = {
        "correction": made.id,
        "invoice": made.corrected_id,
        "credit_note": note.id,
        "credit_note_number": note.number,
        "replacement": instead.id,
        "replacement_number": instead.number,
        "currency": instead.currency,
        "difference_minor": made.difference_minor,
        "refund": made.refund_id,
    }
    said = {name: getattr(seen.document, name) for name in drafting.BUYER}
    says = {name: getattr(instead, name) for name in drafting.BUYER}
    moved = [name for name in drafting.BUYER if said[name] != says[name]]
    before = {name: said[name] for name in moved} | {"tax_minor": seen.document.tax_minor}
    after = {name: says[name] for name in moved} | {"tax_minor": instead.tax_minor} | facts
    audit.record(books.session, books.customer_id, by, "invoice.corrected", made.corrected_id, before, after, address)
    is_paid_now = seen.document.credited_minor and instead.state == State.PAID
    finalization.report(books, instead, "invoice.finalized", *(["invoice.paid"] if is_paid_now else []))
    to, key = books.customer.email, f"invoice:{instead.id}"
    billing_mails.write(books.session, books.customer_id, INVOICE, key=key, to=to, document=instead.id)
    books.outbox.write("invoice.corrected", made.id, facts)

"""Where a document is, and what is to be done about it, as its page says it in a sentence."""

from app import clock, locale
from app.domain.language import _, marked
from app.domain.money import Money
from app.models.documents import Document
from app.presenters import add_credits
from app.services.customers import rests
from app.services.invoices import carrying
from app.services.invoices.reads import DocumentParts
from app.services.receivables.payments_due import PaymentDue

KEPT = marked(
    "This amount was paid by bank transfer. It was sent to no bank account: it stands under Not used yet on Bank "
    "transfers, pays what you order next, or is sent back when you ask for it."
)
_SENTENCES = {
    ("invoice", "open"): marked("This invoice has not been paid yet."),
    ("invoice", "paid"): marked("This invoice is paid."),
    ("invoice", "void"): marked("This invoice is void: nothing is to be paid. It keeps its number."),
    ("invoice", "uncollectible"): marked("This invoice was not paid, and is no longer collected."),
    ("credit_note", "issued"): marked("This amount of the invoice was returned to you."),
    ("credit_note", "seller"): marked("This amount was taken off what is to be paid of the invoice."),
    ("credit_note", "plan_change"): marked("This amount of the invoice is credit on your balance now."),
    ("credit_note", "void"): marked("This credit note is void: the money that was returned came back."),
    ("receipt", "issued"): marked("This receipt confirms your payment. It is not a tax invoice."),
    ("refund_receipt", "issued"): marked("This receipt confirms what was returned to you. It is not a tax invoice."),
    ("refund_receipt", "void"): marked("This receipt is void: the money that was returned came back."),
}


def due_sentence(due: PaymentDue) -> str:
    """Say what is to be done about an open invoice."""
    if due.payment is not None and due.is_processing:
        when = add_credits.expected(due.payment, clock.now().date())
        if not when:
            return _("Your payment of this invoice is being processed. Nothing is to be done.")
        return _("Your payment of this invoice is being processed. {when}. Nothing is to be done.", when=when)
    if due.document.carried_to_id:
        return _("This invoice was less than our payment processor charges. It is paid together with a later one.")
    if due.is_carried_over:
        return _(
            "This invoice is less than our payment processor charges. Nothing is to be paid now: "
            "it is added to your next invoice."
        )
    if rests.is_only_rest(due.document):
        return _rest_sentence(due.document, due.amount)
    if due.is_left_alone:
        disputed = _("A payment of this invoice was disputed.")
        return f"{disputed} {_rest(due.amount)}"
    if due.is_overdue and due.document.due_on:
        day = locale.day(due.document.due_on)
        return _("This invoice is overdue: it was to be paid by {day}.", day=day)
    return _open_sentence(due.document, due.amount)


def sentence(parts: DocumentParts, *, is_kept: bool = False) -> str:
    """Say where a document is, and what is to be done about it."""
    document = parts.document
    if is_kept and document.state == "issued":
        return _(KEPT)
    if document.is_corrected:
        return _("This invoice was corrected: a credit note returns all of it, and another invoice takes its place.")
    if document.kind == "credit_note" and document.source_type == "correction":
        return _("This credit note returns all of an invoice that was corrected. Another invoice takes its place.")
    if document.kind == "invoice" and document.state == "paid" and document.credited_minor:
        return _credited_sentence(document)
    if document.kind == "invoice" and document.state == "open":
        left = Money(carrying.own_due(document), document.currency)
        return _rest_sentence(document, left) if rests.is_only_rest(document) else _open_sentence(document, left)
    if document.state == "issued" and document.kind == "credit_note" and document.credits_applied_minor:
        return _(_SENTENCES["credit_note", "plan_change"])
    if document.state == "issued" and (document.kind, document.source_type) in _SENTENCES:
        return _(_SENTENCES[document.kind, document.source_type])
    return _(_SENTENCES[document.kind, document.state])


def _open_sentence(document: Document, left: Money) -> str:
    if not document.paid_minor:
        return _(_SENTENCES["invoice", "open"])
    paid = locale.exact(Money(document.paid_minor, document.currency))
    return _("{paid} of this invoice is paid, and {left} is still to be paid.", paid=paid, left=locale.exact(left))


def _rest_sentence(document: Document, left: Money) -> str:
    paid = locale.exact(Money(document.paid_minor, document.currency))
    back = _("The {paid} that was paid of this invoice went back.", paid=paid)
    return f"{back} {_rest(left)}"


def _rest(left: Money) -> str:
    return _(
        "{amount} is still to be paid: its correction added it. It is not charged by itself. "
        "Paying it adds no credit. If you do not owe it, ask the seller to take it off.",
        amount=locale.exact(left),
    )


def _credited_sentence(document: Document) -> str:
    if not document.paid_minor:
        return _("Nothing is to be paid of this invoice any more: credit notes took off what was to be paid.")
    return _("This invoice is paid: credit notes took off the rest.")


def returned_words(document: Document) -> str:
    """Return the title of the credit notes on it: what they took off what was to be paid is not called returned."""
    if document.credited_minor in {0, document.returned_minor}:
        return _("Credited") if document.credited_minor else _("Returned")
    return _("Credited and returned")


def returns_words(parts: DocumentParts) -> str:
    """Return what a credit note does with the document that it names."""
    is_whole = parts.returns is not None and parts.returns.total_minor == parts.document.total_minor
    return _("Returns all of") if is_whole else _("Returns a part of")

"""Where a document is, and what is to be done about it, as its page says it in a sentence."""

from app import clock, locale
from app.domain.money import Money
from app.models.documents import Document
from app.presenters import add_credits
from app.services.customers import rests
from app.services.invoices import carrying
from app.services.invoices.reads import DocumentParts
from app.services.receivables.payments_due import PaymentDue

KEPT = (
    "This amount was paid by bank transfer. It was sent to no bank account: it stands under Not used yet on Bank "
    "transfers, pays what you order next, or is sent back when you ask for it."
)
_SENTENCES = {
    ("invoice", "open"): "This invoice has not been paid yet.",
    ("invoice", "paid"): "This invoice is paid.",
    ("invoice", "void"): "This invoice is void: nothing is to be paid. It keeps its number.",
    ("invoice", "uncollectible"): "This invoice was not paid, and is no longer collected.",
    ("credit_note", "issued"): "This amount of the invoice was returned to you.",
    ("credit_note", "seller"): "This amount was taken off what is to be paid of the invoice.",
    ("credit_note", "plan_change"): "This amount of the invoice is credit on your balance now.",
    ("credit_note", "void"): "This credit note is void: the money that was returned came back.",
    ("receipt", "issued"): "This receipt confirms your payment. It is not a tax invoice.",
    ("refund_receipt", "issued"): "This receipt confirms what was returned to you. It is not a tax invoice.",
    ("refund_receipt", "void"): "This receipt is void: the money that was returned came back.",
}


def due_sentence(due: PaymentDue) -> str:
    """Say what is to be done about an open invoice."""
    if due.payment is not None and due.is_processing:
        when = add_credits.expected(due.payment, clock.now().date())
        return f"Your payment of this invoice is being processed. {f'{when}. ' if when else ''}Nothing is to be done."
    if due.document.carried_to_id:
        return "This invoice was less than our payment processor charges. It is paid together with a later one."
    if due.is_carried_over:
        return (
            "This invoice is less than our payment processor charges. Nothing is to be paid now: "
            "it is added to your next invoice."
        )
    if rests.is_only_rest(due.document):
        return _rest_sentence(due.document, due.amount)
    if due.is_left_alone:
        return f"A payment of this invoice was disputed. {_rest(due.amount)}"
    if due.is_overdue and due.document.due_on:
        return f"This invoice is overdue: it was to be paid by {locale.day(due.document.due_on)}."
    return _open_sentence(due.document, due.amount)


def sentence(parts: DocumentParts, *, is_kept: bool = False) -> str:
    """Say where a document is, and what is to be done about it."""
    document = parts.document
    if is_kept and document.state == "issued":
        return KEPT
    if document.is_corrected:
        return "This invoice was corrected: a credit note returns all of it, and another invoice takes its place."
    if document.kind == "credit_note" and document.source_type == "correction":
        return "This credit note returns all of an invoice that was corrected. Another invoice takes its place."
    if document.kind == "invoice" and document.state == "paid" and document.credited_minor:
        return _credited_sentence(document)
    if document.kind == "invoice" and document.state == "open":
        left = Money(carrying.own_due(document), document.currency)
        return _rest_sentence(document, left) if rests.is_only_rest(document) else _open_sentence(document, left)
    if document.state == "issued" and document.kind == "credit_note" and document.credits_applied_minor:
        return _SENTENCES["credit_note", "plan_change"]
    if document.state == "issued" and (document.kind, document.source_type) in _SENTENCES:
        return _SENTENCES[document.kind, document.source_type]
    return _SENTENCES[document.kind, document.state]


def _open_sentence(document: Document, left: Money) -> str:
    if not document.paid_minor:
        return _SENTENCES["invoice", "open"]
    paid = locale.exact(Money(document.paid_minor, document.currency))
    return f"{paid} of this invoice is paid, and {locale.exact(left)} is still to be paid."


def _rest_sentence(document: Document, left: Money) -> str:
    paid = locale.exact(Money(document.paid_minor, document.currency))
    return f"The {paid} that was paid of this invoice went back. {_rest(left)}"


def _rest(left: Money) -> str:
    return (
        f"{locale.exact(left)} is still to be paid: its correction added it. It is not charged by itself. "
        "Paying it adds no credit. If you do not owe it, ask the seller to take it off."
    )


def _credited_sentence(document: Document) -> str:
    if not document.paid_minor:
        return "Nothing is to be paid of this invoice any more: credit notes took off what was to be paid."
    return "This invoice is paid: credit notes took off the rest."

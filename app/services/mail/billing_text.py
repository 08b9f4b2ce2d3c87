"""What mails about the billing e-mail say, and to whom else mails about payments go."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app import locale
from app.domain import mails
from app.domain.invoices.documents import Kind, State
from app.domain.language import _
from app.domain.mails import INVITATION, Topic, listed
from app.domain.money import Money
from app.domain.people.deletion import member_name
from app.domain.people.members import Role
from app.extensions import settings
from app.models.corrections import Correction
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.invoicing import InvoiceNotifications, InvoiceRecipient
from app.models.members import Member
from app.models.payments import Payment
from app.models.people import Invitation
from app.models.scope import as_customer, as_service
from app.services import link_tokens, portal_links
from app.services.bank_transfers import movements
from app.services.catalog import versions
from app.services.customers import rests
from app.services.invoices import carrying, e_invoices
from app.services.mail import invoice_words
from app.services.outbox import billing_mails
from app.services.receivables import differences

PAGE, LINK = "invoice_notifications.page", "confirm_billing_email.page"


def facts(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None when it would ask what nobody wants to know any more."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        said: dict[str, Any] = {
            "seller": versions.of(customer).seller,
            "customer": customer,
            "is_sandbox": settings().payments == "sandbox",
        }
        if template == mails.BILLING_EMAIL_CHANGED:
            return said | {"new_email": str(context["new_email"]), "link": portal_links.page_or_overview(PAGE)}
        if template == mails.INVITATION:
            return _invitation(said, customer_id, str(context["email"]))
        email, is_billing = str(context["email"]), context["part"] == "billing"
        asked = _billing(customer_id, email) if is_billing else _recipient(customer_id, email)
    if asked is None:
        return None
    token, topics = asked
    link = portal_links.page(LINK, token=token)
    return said | {"email": email, "is_billing": is_billing, "topics": listed(topics), "link": link}


def _invitation(said: dict[str, Any], customer_id: str, email: str) -> dict[str, Any] | None:
    """Return what an invitation says; None when it was withdrawn or taken meanwhile."""
    with as_service("write an invitation"):
        row = db.session.get(Invitation, (customer_id, email), populate_existing=True)
        by = db.session.scalar(select(Member.name).where(Member.id == row.invited_by)) if row is not None else None
    if row is None:
        return None
    link = portal_links.page("invitation.page", token=link_tokens.token(customer_id, email, row.asked_at, INVITATION))
    name = member_name(by) if by else _("Somebody")
    return said | {"email": email, "by": name, "link": link, "role": Role(row.role).named}


def recipient(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, str] | None:
    """Return what the mail says of its recipient, if that is not the billing e-mail; None: it wants none."""
    if template not in mails.TOPICS or "email" not in context:
        return {}
    email = str(context["email"])
    with as_customer(customer_id):
        row = db.session.get(InvoiceRecipient, (customer_id, email), populate_existing=True)
    if row is None or not billing_mails.wants(row, template):
        return None
    token = link_tokens.token(customer_id, email, row.asked_at, link_tokens.INVOICE_RECIPIENT)
    return {"stop_link": portal_links.page(LINK, token=token)}


def invoice(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail about an invoice, or about that of a payment, names; None where there is none to pay."""
    found = _invoice(customer_id, context["document"]) if "document" in context else None
    found = found or invoice_of(customer_id, str(context.get("payment", "")))
    row = found["invoice"]
    if row is None or row.state == State.VOID:
        return None
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        seller = versions.of(customer).seller
        to_pay = carrying.to_collect(db.session(), row)
        replaced = _replaced(row) | {"difference": differences.of(row)}
        stands, is_paid = _stands(row, Money(to_pay, row.currency)), _is_paid(row, to_pay)
    said = {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "total": Money(row.total_minor, row.currency),
        "to_pay": Money(to_pay, row.currency) if to_pay else None,
        "carried": Money(row.carried_minor, row.currency) if row.carried_minor else None,
        "paid_before": Money(-row.taken_over_minor, row.currency) if row.taken_over_minor and to_pay else None,
        "is_carried_over": to_pay > 0 and not carrying.is_chargeable(to_pay, row.currency),
        "stands": stands,
        "is_paid": is_paid,
        **replaced,
        **found,
    }
    return said | {"said": invoice_words.of_invoice(said)}


def paid_from_credit(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail names about what credit has paid of an invoice; None where that is void by now."""
    found = invoice(customer_id, context)
    return found | {"paid": Money(int(context["minor"]), found["invoice"].currency)} if found is not None else None


def _stands(row: Document, to_pay: Money) -> str:
    """Say where the invoice is by now: the file that goes with the mail says how it was when it got its number."""
    if row.is_corrected:
        instead = carrying.standing(db.session(), row).number
        return _(
            "It was corrected since: {number} has taken its place. Nothing is to be done about this one.",
            number=instead,
        )
    if to_pay.amount_minor and not carrying.is_chargeable(to_pay.amount_minor, to_pay.currency):
        return _(
            "It is less than our payment processor charges, so nothing is to be paid now: "
            "it is added to your next invoice."
        )
    if to_pay.amount_minor and rests.is_left_alone(db.session(), row):
        return _("What was paid of it before went back or was disputed: the rest is not charged by itself.")
    if to_pay.amount_minor:
        return _("Please pay it by {day}.", day=locale.day(row.due_on)) if row.due_on else _("Please pay it.")
    if row.state == State.UNCOLLECTIBLE:
        return _("It is no longer collected.")
    if row.credited_minor and not row.paid_minor:
        return _("Nothing is to be paid of it any more: it was credited.")
    return _("It is paid.") if _was_settled(row) else _("It has been paid since.")


def _is_paid(row: Document, to_pay_minor: int) -> bool:
    """Say whether the invoice was settled when it got its number, and stands so."""
    is_closed = row.is_corrected or to_pay_minor or row.state == State.UNCOLLECTIBLE
    return not is_closed and not (row.credited_minor and not row.paid_minor) and _was_settled(row)


def _was_settled(row: Document) -> bool:
    return e_invoices.settled_minor(row) == row.payable_minor


def without_po_number(customer_id: str, document_id: str) -> dict[str, Any] | None:
    """Return what the mail names about an invoice without an order number; None where it was corrected meanwhile."""
    found = _invoice(customer_id, document_id)
    if found["invoice"] is None or found["invoice"].state == State.VOID or found["invoice"].credited_minor:
        return None
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        seller = versions.of(customer).seller
    link, sandbox = portal_links.page("invoice_address.page"), settings().payments == "sandbox"
    return {"seller": seller, "customer": customer, "is_sandbox": sandbox, "link": link, **found}


def year_files(customer_id: str, year: int) -> dict[str, Any]:
    """Return what the mail names that says that all files of a year are there. Its page asks for the sign-in."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        seller = versions.of(customer).seller
    link, sandbox = portal_links.page("invoices.year", year=str(year)), settings().payments == "sandbox"
    return {"seller": seller, "customer": customer, "is_sandbox": sandbox, "year": year, "link": link}


def returned(customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail about a credit note or refund receipt names; None where it is void by now."""
    found = _invoice(customer_id, context["document"])
    note = found.pop("invoice")
    if note is None or note.state == State.VOID:
        return None
    said = invoice(customer_id, {"document": note.returns_id})
    total = Money(note.total_minor, note.currency)
    with as_customer(customer_id):
        is_kept = movements.keeps(note)
    if said is None:
        return None
    of_invoice = note.kind == Kind.CREDIT_NOTE
    said |= {
        "note": note,
        "of_invoice": of_invoice,
        "reason": invoice_words.reason(note.reason),
        "total": total,
        "is_kept": is_kept,
        "is_only_rest": rests.is_only_rest(said["invoice"]),
        "note_link": found["invoice_link"],
    }
    return said | {"glance": invoice_words.at_a_glance(said), "said": invoice_words.of_return(said)}


def settled(customer_id: str, payment: Payment) -> dict[str, Any]:
    """Return the invoice that a payment has paid, with what it came to and what was taken off it or added."""
    found = _invoice(customer_id, payment.document_id) if payment.document_id else invoice_of(customer_id, payment.id)
    row = found["invoice"]
    parts = [
        (_("Total"), row.total_minor),
        (_("Paid by credit"), -row.credits_applied_minor - row.credit_paid_minor),
        (_("Rounding"), row.rounding_minor),
        (_("Paid before"), -row.taken_over_minor),
        (_("Credit notes"), -row.credited_minor),
        (_("Carried over"), row.carried_minor),
    ]
    shown = [(words, Money(minor, row.currency)) for words, minor in parts if minor]
    return found | {"parts": shown, "paid_at": row.paid_at or payment.updated_at}


def _replaced(row: Document) -> dict[str, Any]:
    """Return the numbers of the invoice in whose place it is and of the credit note that returns that one, if any."""
    wrong, note = aliased(Document), aliased(Document)
    numbers = db.session.execute(
        select(wrong.number, note.number)
        .select_from(Correction)
        .join(wrong, (wrong.customer_id == Correction.customer_id) & (wrong.id == Correction.corrected_id))
        .join(note, (note.customer_id == Correction.customer_id) & (note.id == Correction.credit_note_id))
        .where(Correction.customer_id == row.customer_id, Correction.replacement_id == row.id)
    ).one_or_none()
    return {"corrects": numbers[0] if numbers else "", "credit_note": numbers[1] if numbers else ""}


def _invoice(customer_id: str, document_id: object) -> dict[str, Any]:
    with as_customer(customer_id):
        row = db.session.scalars(
            select(Document)
            .where(Document.id == str(document_id), Document.number.is_not(None))
            .execution_options(populate_existing=True)
        ).one_or_none()
    link = portal_links.page("invoices.document", document_id=row.id) if row is not None else ""
    return {"invoice": row, "invoice_link": link}


def invoice_of(customer_id: str, payment_id: str) -> dict[str, Any]:
    """Return the invoice of the payment and the address of its page; nothing, where it has none."""
    with as_customer(customer_id):
        wanted = select(Document).where(
            Document.customer_id == customer_id,
            Document.payment_id == payment_id,
            Document.kind == Kind.INVOICE.value,
            Document.number.is_not(None),
            Document.is_corrected.is_(False),
        )
        row = db.session.scalars(wanted.limit(1)).first()
    link = portal_links.page("invoices.document", document_id=row.id) if row is not None else ""
    return {"invoice": row, "invoice_link": link}


def _billing(customer_id: str, email: str) -> tuple[str, frozenset[Topic]] | None:
    row = db.session.get(InvoiceNotifications, customer_id, populate_existing=True)
    if row is None or row.pending_email != email or row.asked_at is None:
        return None
    return link_tokens.token(customer_id, email, row.asked_at, link_tokens.BILLING_EMAIL), frozenset()


def _recipient(customer_id: str, email: str) -> tuple[str, frozenset[Topic]] | None:
    row = db.session.get(InvoiceRecipient, (customer_id, email), populate_existing=True)
    if row is None or row.confirmed_at is not None:
        return None
    topics = frozenset(each for each in Topic if getattr(row, each.value))
    return link_tokens.token(customer_id, email, row.asked_at, link_tokens.INVOICE_RECIPIENT), topics

"""What mails say: the facts of a payment as they are when the mail is sent, put into subject, text and HTML."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unicodedata import bidirectional

from flask import render_template
from markupsafe import escape

from app import clock, locale
from app.domain import language, mails
from app.domain.errors import ensure
from app.domain.language import _
from app.domain.money import Credits, Money
from app.domain.payments import ACTION_LIFETIME, PaymentState, Purpose, decline_sentence, method_name
from app.domain.tax import words as tax_words
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import AlertRecipient
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer
from app.services import portal_links
from app.services.catalog import versions
from app.services.link_tokens import token
from app.services.mail import (
    auto_recharge_text,
    billing_text,
    digest_text,
    notice_text,
    plan_text,
    price_text,
    sign_in_text,
    standing_text,
    tax_text,
    transfer_text,
)
from app.services.payments import purchases, resume_links

# A link that could no longer be followed in peace is not worth a mail.
LATEST = timedelta(minutes=10)
LEFT, RIGHT = "\N{LEFT-TO-RIGHT MARK}", "\N{RIGHT-TO-LEFT MARK}"
_OF_ONE_FACT = mails.OF_PAPERS | {
    mails.TRANSFER_RECEIVED,
    mails.TAX_NUMBER_REJECTED,
    mails.PO_NUMBER_MISSING,
    mails.YEAR_FILES,
    mails.PRICE_CHANGE,
    mails.PRICE_CHANGE_WITHDRAWN,
    mails.PAID_FROM_CREDIT,
}


@dataclass(frozen=True)
class Words:
    """A mail in words, and the seller it is from."""

    subject: str
    text: str
    html: str
    sender_name: str
    reply_to: str


def of(template: str, customer_id: str, context: dict[str, Any], *, attached: str = "") -> Words | None:
    """Return the mail in words, or None when what it would say is no longer so. `attached` is the name of its file."""
    if template == mails.CONFIRM_EMAIL:
        return _confirmation(customer_id, str(context["email"]))
    if template in mails.OF_SIGN_IN:
        said_to_member = sign_in_text.facts(template, customer_id, context)
        return _written(template, said_to_member) if said_to_member is not None else None
    facts = _facts_of(template, customer_id, context)
    more = billing_text.recipient(template, customer_id, context)
    said = {"attached": attached}
    return _written(template, facts | more | said) if facts is not None and more is not None else None


def _facts_of(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None when it is no longer so."""
    if template == mails.WEEKLY_DIGEST:
        return digest_text.facts(customer_id, context)
    if template in mails.OF_ADDRESSES:
        return billing_text.facts(template, customer_id, context)
    if template in _OF_ONE_FACT:
        return _of_one_fact(template, customer_id, context)
    if template == mails.INVOICE:
        return billing_text.invoice(customer_id, context)
    if template in {mails.CREDIT_NOTE, mails.REFUND_RECEIPT}:
        return billing_text.returned(customer_id, context)
    if template in mails.OF_AUTO_RECHARGE:
        return auto_recharge_text.facts(customer_id, context)
    if template in mails.OF_PLANS:
        return plan_text.facts(template, customer_id, context)
    if template in mails.OF_STANDING:
        return standing_text.facts(template, customer_id, context)
    if template in mails.OF_NOTICES:
        return notice_text.facts(customer_id, context)
    return _of_payment(template, customer_id, str(context["payment"]))


def _of_one_fact(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    if template == mails.PRO_FORMA:
        return transfer_text.order(customer_id, str(context["pro_forma"]))
    if template == mails.MANDATE:
        return transfer_text.mandate(customer_id, str(context["mandate"]))
    if template == mails.TRANSFER_RECEIVED:
        return transfer_text.facts(customer_id, str(context["movement"]))
    if template == mails.TAX_NUMBER_REJECTED:
        return tax_text.facts(customer_id, str(context["registration"]))
    if template == mails.PRICE_CHANGE:
        return price_text.facts(customer_id, context)
    if template == mails.PRICE_CHANGE_WITHDRAWN:
        return price_text.withdrawn(customer_id)
    if template == mails.PAID_FROM_CREDIT:
        return billing_text.paid_from_credit(customer_id, context)
    if template == mails.YEAR_FILES:
        return billing_text.year_files(customer_id, int(context["year"]))
    return billing_text.without_po_number(customer_id, str(context["document"]))


def _of_payment(template: str, customer_id: str, payment_id: str) -> dict[str, Any] | None:
    with as_customer(customer_id):
        facts = _facts(payment_id)
    if not _still_so(template, facts["payment"]):
        return None
    if template == mails.RECEIPT and facts["payment"].purpose != Purpose.TOP_UP:
        facts |= billing_text.settled(customer_id, facts["payment"])
    elif template == mails.RECEIPT:
        facts |= billing_text.invoice_of(customer_id, payment_id)
    if template == mails.ACTION_NEEDED:
        facts["link"] = _resume_link(customer_id, facts["payment"])
    return facts


def _written(template: str, facts: dict[str, Any]) -> Words:
    # The first line is the subject: who changes a mail sees both at once.
    seller, names = facts["seller"], (facts["seller"].name, facts["customer"].name)
    plain = closed(in_order(render_template(f"mail/{template}.txt", **facts)), *names)
    subject, _line, text = plain.partition("\n\n")
    ensure(subject.splitlines() == [subject], f"the subject of {template} is no single line")
    html = closed(render_template(f"mail/{template}.html", **facts), *(str(escape(each)) for each in names))
    return Words(subject, text, html, seller.name, facts.get("reply_to", seller.email))


def in_order(text: str) -> str:
    """Return the text so that each line of a language from right to left begins at the right, whatever it begins with.

    A program that shows mail takes the direction of a line from its first letter, which may be that of a name.
    """
    if language.direction(language.current()) == "ltr":
        return text
    return "\n".join(f"{RIGHT}{line}" if _turns(line) else line for line in text.split("\n"))


def closed(text: str, *names: str) -> str:
    """Return the text so that a sign that a name ends with stays at its end among words from right to left: `Inc.`."""
    if language.direction(language.current()) == "ltr":
        return text
    for name in names:
        if _strong(name)[-1:] == ["L"] and bidirectional(name[-1]) != "L":
            text = text.replace(name, f"{name}{LEFT}")
    return text


def _turns(line: str) -> bool:
    """Say whether the line has a letter from right to left, and one from left to right before it."""
    strong = _strong(line)
    return strong[:1] == ["L"] and len(set(strong)) > 1


def _strong(text: str) -> list[str]:
    """Return which way each letter of the text goes that goes any."""
    return [way for each in text if (way := bidirectional(each)) in {"L", "R", "AL"}]


def _confirmation(customer_id: str, email: str) -> Words | None:
    """Ask an address whether usage alerts are welcome there; None when nobody wants to know any more."""
    with as_customer(customer_id):
        row = db.session.get(AlertRecipient, (customer_id, email), populate_existing=True)
        customer = db.session.get_one(Customer, customer_id)
        seller = versions.of(customer).seller
    if row is None or row.confirmed_at is not None:
        return None
    link = portal_links.page("confirm_email.page", token=token(customer_id, email, row.asked_at))
    sandbox = settings().payments == "sandbox"
    return _written(
        mails.CONFIRM_EMAIL,
        {"seller": seller, "customer": customer, "email": email, "link": link, "is_sandbox": sandbox},
    )


def _facts(payment_id: str) -> dict[str, Any]:
    """Read the payment and everything around it that a mail may name."""
    purchase = purchases.read(payment_id)
    payment, method, row = purchase.payment, purchase.method, purchase.row
    customer = db.session.get_one(Customer, payment.customer_id)
    catalog = versions.of(customer)
    return {
        "seller": catalog.seller,
        "customer": customer,
        "unit": customer.credit_unit,
        "label": catalog.credit_unit_label,
        "payment": payment,
        "amount": Money(payment.received_minor or payment.amount_minor, payment.currency),
        "method": method_name(method.brand, method.last4) if method else method_name(payment.rail),
        "bought": Credits(row.change_micros or 0) if row else Credits(payment.credits_micros),
        "new_balance": Credits(row.balance_after_micros or 0) if row else None,
        "paid_at": row.booked_at if row else None,
        "why": _why(payment),
        "tax": _tax(payment),
        "until": payment.created_at + ACTION_LIFETIME,
        "link": portal_links.page("add_credits.payment", payment_id=payment.id),
        "again": _again(payment, method),
        "parts": [],
        "is_sandbox": settings().payments == "sandbox",
    }


def _tax(payment: Payment) -> dict[str, object] | None:
    """Return what the payment comes to before tax, and its tax by name; None where it carries none."""
    found = purchases.taxed(payment)
    if found is None or not found[1].tax.amount_minor:
        return None
    return {"net": found[1].net, "tax": found[1].tax, "title": tax_words.title(found[0], locale.number)}


def _again(payment: Payment, method: PaymentMethod | None) -> str:
    """Return the address of the form with the same choice, and with the same method while it is still saved."""
    if payment.document_id is not None:
        return portal_links.page("invoice_payment.page", document_id=payment.document_id)
    if payment.purpose == Purpose.PLAN_CHANGE:
        return portal_links.page("plan.page")
    choice = purchases.choice(payment)
    if method is None or method.removed_at is None:
        choice["method"] = payment.method_id or payment.rail
    return portal_links.page("add_credits.page", **choice)


def _still_so(template: str, payment: Payment) -> bool:
    """Say whether the payment stands as the mail would say, with time left to do what it asks for."""
    match template:
        case mails.RECEIPT:
            return payment.state in {PaymentState.SUCCEEDED, PaymentState.REFUNDED, PaymentState.DISPUTED}
        case mails.PAYMENT_FAILED:
            return payment.state in {PaymentState.FAILED, PaymentState.CANCELED}
        case _:
            ensure(template == mails.ACTION_NEEDED, f"nobody knows when {template} is so")
            in_time = clock.now() < payment.created_at + ACTION_LIFETIME - LATEST
            return payment.state == PaymentState.REQUIRES_ACTION and in_time


def _why(payment: Payment) -> str:
    if payment.state == PaymentState.FAILED:
        return decline_sentence(payment.problem, payment.rail)
    if payment.problem == "unavailable":
        return _("Our payment processor did not answer.")
    if payment.off_session:
        return _("It was not confirmed with the bank in time.")
    return _("It was not confirmed in time.")


def _resume_link(customer_id: str, payment: Payment) -> str:
    """Return a link that works once; where no mail is really sent and nobody is shown it, the page behind sign-in."""
    if not (settings().mail_url or settings().demo or settings().testing):
        return portal_links.page("add_credits.payment", payment_id=payment.id)
    token = resume_links.make(customer_id, payment.id, payment.created_at + ACTION_LIFETIME)
    return portal_links.page("resume.page", token=token)

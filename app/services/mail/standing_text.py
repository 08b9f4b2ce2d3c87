"""What mails about unpaid invoices say: that one is past due, that the account is suspended, and that it is served."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain import mails
from app.domain.dunning import standing as rule
from app.domain.dunning.standing import SUSPENDED, Unpaid
from app.domain.language import _
from app.domain.money import Money
from app.domain.payments import DUNNING, PaymentState, decline_sentence, method_name
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.models.payments import Payment, PaymentMethod
from app.models.scope import as_customer
from app.services import portal_links
from app.services.catalog import versions
from app.services.customers import standing
from app.services.invoices import carrying


def facts(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None when it is no longer so."""
    with as_customer(customer_id):
        session = db.session()
        customer = session.get_one(Customer, customer_id, populate_existing=True)
        documents = standing.due_alone(session, customer_id)
        catalog = versions.of(customer)
        said: dict[str, Any] = {
            "seller": catalog.seller,
            "customer": customer,
            "is_sandbox": settings().payments == "sandbox",
            "link": portal_links.page("invoices.page"),
            "methods_link": portal_links.page("payment_methods.page"),
        }
        if template == mails.INVOICE_UNPAID:
            document = next((each for each in documents if each.id == context["document"]), None)
            return said | _unpaid(session, document, customer) if document is not None else None
        if (template == mails.ACCOUNT_SUSPENDED) != (customer.standing == SUSPENDED):
            return None
        invoices = standing.unpaid(session, documents)
        late = [document for document, each in zip(documents, invoices, strict=True) if _is_late(each)]
        dues = [(each, Money(carrying.to_collect(session, each), each.currency)) for each in late]
        total = Money(sum(amount.amount_minor for _document, amount in dues), customer.currency)
        pages = [portal_links.page("invoice_payment.page", document_id=each.id) for each in late]
        return said | {"dues": dues, "total": total, "pay_link": pages[0] if len(pages) == 1 else said["link"]}


def _unpaid(session: Session, document: Document, customer: Customer) -> dict[str, Any]:
    invoice = standing.unpaid(session, [document])[0]
    terms = versions.of(customer).dunning
    suspends = rule.latest_suspension(terms, invoice)
    return {
        "invoice": document,
        "to_pay": Money(carrying.to_collect(session, document), document.currency),
        "why": _why(session, document),
        "next_try": rule.next_try([invoice]) if _is_charged(session, customer) else None,
        "suspends": suspends,
        "pay_link": portal_links.page("invoice_payment.page", document_id=document.id),
    }


def _why(session: Session, document: Document) -> str:
    """Say why the invoice is not paid: what the bank said to the last charge, or that nothing could be charged."""
    found = session.execute(
        select(Payment, PaymentMethod)
        .join(
            PaymentMethod, (PaymentMethod.id == Payment.method_id) & (PaymentMethod.customer_id == Payment.customer_id)
        )
        .where(
            Payment.document_id == document.id,
            Payment.created_by == DUNNING,
            Payment.state.in_([PaymentState.FAILED.value, PaymentState.CANCELED.value]),
        )
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return _("It was not paid in time.")
    payment, method = found
    name = method_name(method.brand, method.last4)
    if payment.state == PaymentState.CANCELED:
        return _("We tried to charge {method}, and the payment was not confirmed in time.", method=name)
    tried = _("We tried to charge {method}.", method=name)
    return f"{tried} {decline_sentence(payment.problem, payment.rail)}"


def _is_charged(session: Session, customer: Customer) -> bool:
    """Say whether there is a method that the next attempt charges."""
    wanted = select(PaymentMethod.id).where(PaymentMethod.is_default, PaymentMethod.removed_at.is_(None))
    return versions.of(customer).invoices.charge_automatically and session.scalar(wanted) is not None


def _is_late(invoice: Unpaid) -> bool:
    moment = rule.past_due_at(invoice)
    return moment is not None and moment <= clock.now()

"""What mails about bank accounts say: how much to send for an order, what of a transfer is left, and a mandate."""

from typing import Any

from app.domain.bank_transfers import epc
from app.domain.bank_transfers.allocation import Standing
from app.domain.money import Money
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services import portal_links
from app.services.bank_transfers import allocation, movements, orders
from app.services.catalog import versions
from app.services.invoices import reads
from app.services.payment_methods import mandates


def facts(customer_id: str, movement_id: str) -> dict[str, Any] | None:
    """Return what the mail names, as it is when it is sent; None when all was used meanwhile."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        movement = movements.one(movement_id)
        waiting, unapplied = orders.waiting(), allocation.unapplied_of(customer_id)
        seller = versions.of(customer).seller
    is_foreign = movement.currency != customer.currency
    if unapplied <= 0 and not is_foreign:
        return None
    first = waiting[0] if waiting and not is_foreign else None
    return {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "amount": Money(movement.amount_minor, movement.currency),
        "received_at": movement.moved_at,
        "unapplied": Money(max(0, unapplied), customer.currency),
        "is_foreign": is_foreign,
        "missing": Money(max(0, first.pro_forma.amount_minor - unapplied), customer.currency) if first else None,
        "order": first.amount if first else None,
        "link": portal_links.page("bank_transfers.page"),
    }


def order(customer_id: str, pro_forma_id: str) -> dict[str, Any] | None:
    """Return what the mail about an order names: what is missing for it; None when it waits for no transfer."""
    with as_customer(customer_id):
        found = orders.read(pro_forma_id)
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        row, seller = found.pro_forma, versions.of(customer).seller
        invoice = reads.head(row.document_id) if row.document_id else None
        missing = orders.missing_for(found)
    if found.standing is not Standing.WAITING or not missing:
        return None
    return {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "amount": Money(missing, row.currency),
        "reference": epc.reference(row.id),
        "invoice": invoice.number if invoice else "",
        "due_on": invoice.due_on if invoice else None,
        "until": row.valid_until,
        "link": portal_links.page("bank_transfers.pro_forma", pro_forma_id=row.id),
    }


def mandate(customer_id: str, mandate_id: str) -> dict[str, Any]:
    """Return what the mail about a mandate names. It is said also when the account is removed by now."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        found, seller = mandates.read(mandate_id), versions.of(customer).seller
    return {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "mandate": found,
        "link": portal_links.page("payment_methods.page"),
    }

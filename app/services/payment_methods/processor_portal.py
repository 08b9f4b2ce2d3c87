"""The processor's own portal, where the seller lets customers manage their methods there, and what they did in it."""

from sqlalchemy import select

from app import clock, ids
from app.domain.catalog import Catalog
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.methods import SAVED_RAILS
from app.domain.payments import MISSING, Misused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.payment_methods import changes, detaching, lost_customers, rows
from app.services.processor import customers
from app.services.processor.gateway import gateway
from app.services.transaction import transaction


def ask_offered(catalog: Catalog) -> None:
    """Refuse (404) where the seller does not offer the portal."""
    if catalog.payment_methods.manage == "purser":
        raise Refused(_("Payment methods are managed on this page."), "portal_not_offered", 404)


def address(actor: Actor, *, return_url: str) -> str:
    """Return where the portal is for one visit.

    Refuses (404) where the seller does not offer it and (503) when the processor does not answer.
    """
    with as_service("see where payment methods are managed"):
        ask_offered(versions.of(db.session.get_one(Customer, actor.customer_id)))
    owner = customers.of(actor.customer_id)
    key = f"{actor.customer_id}:portal:{ids.new_form_key()}"
    url = gateway().portal_url(processor_customer=owner, return_url=return_url, key=key)
    if isinstance(url, Misused) and url.code == MISSING:
        again = lost_customers.replaced(actor.customer_id, owner)
        if isinstance(again, str) and again != owner:
            url = gateway().portal_url(processor_customer=again, return_url=return_url, key=f"{key}:{again}")
    if not isinstance(url, str):
        raise customers.UNAVAILABLE.copied()
    return url


def came_back(customer_id: str) -> bool:
    """Take over what was added, changed and removed at the processor; return False when it could not be asked."""
    owner = customers.of(customer_id)
    with as_service("take over what was done in the processor's portal"):
        listed = gateway().list_methods(owner)
        if isinstance(listed, Misused) and listed.code == MISSING:
            return lost_customers.look(owner)
        if not isinstance(listed, list):
            return False
        saved = select(PaymentMethod).where(PaymentMethod.customer_id == customer_id)
        known = {each.processor_id: each.id for each in db.session.scalars(saved)}
        taken = versions.of(db.session.get_one(Customer, customer_id)).payment_methods.kinds
        now = clock.now()
        for method in reversed(listed):  # the processor names the newest first
            if method.processor_id not in known and method.kind in SAVED_RAILS and method.kind in taken:
                with transaction() as session:
                    rows.keep(session, customer_id, method, actor="processor", address="", now=now)
        looked = [changes.look(method_id) for method_id in known.values()]
        detaching.of_customer(customer_id)
        return all(looked)

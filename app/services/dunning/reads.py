"""How the customer in scope stands, as pages say it: the unpaid invoices, and the method that is charged next."""

from dataclasses import dataclass

from sqlalchemy import select

from app import clock
from app.domain.catalog import Catalog
from app.domain.dunning.standing import Unpaid, past_due_at
from app.domain.payments import method_name
from app.models.database import db
from app.models.payments import PaymentMethod
from app.services.customers import standing


@dataclass(frozen=True)
class Standing:
    """What asks for money, the oldest first, and what is charged for it next."""

    unpaid: tuple[Unpaid, ...]
    charged: str
    """The method that the next attempt charges; empty: nothing is charged."""

    @property
    def past_due(self) -> list[Unpaid]:
        """Return what is past due."""
        now = clock.now()
        return [each for each in self.unpaid if (moment := past_due_at(each)) is not None and moment <= now]

    @property
    def is_processing(self) -> bool:
        """Whether somebody is paying what is past due."""
        return any(each.paying_since is not None for each in self.past_due)

    def one(self, document_id: str) -> Unpaid | None:
        """Return how one invoice stands; None: it asks for nothing by itself."""
        return next((each for each in self.unpaid if each.document_id == document_id), None)


def of(customer_id: str, catalog: Catalog) -> Standing:
    """Return how the customer's unpaid invoices stand."""
    session = db.session()
    found = tuple(standing.unpaid(session, standing.due_alone(session, customer_id)))
    if not found or not catalog.invoices.charge_automatically:
        return Standing(found, "")
    method = session.scalars(
        select(PaymentMethod).where(PaymentMethod.is_default, PaymentMethod.removed_at.is_(None))
    ).one_or_none()
    is_taken = method is not None and method.kind in catalog.payment_methods.kinds
    return Standing(found, method_name(method.brand, method.last4) if method is not None and is_taken else "")

"""How auto-recharge stands for the customer in scope: what holds, what would be decided now, and what is open."""

from dataclasses import dataclass
from datetime import datetime

from app import clock
from app.domain.auto_recharge.decision import Decision, Facts, decide
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.numbers import Numbers
from app.models.auto_recharge import AutoRechargeConsent, AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment, PaymentMethod
from app.services.auto_recharge import facts as facts_of
from app.services.auto_recharge import rows


@dataclass(frozen=True)
class Standing:
    """What a page says of it."""

    now: datetime
    facts: Facts
    decision: Decision
    method: PaymentMethod | None
    """What would be charged next."""
    under_way: Payment | None
    consent: AutoRechargeConsent | None

    @property
    def terms(self) -> Terms:
        """What holds."""
        return self.facts.terms


def of(customer: Customer, catalog: Catalog, numbers: Numbers) -> Standing:
    """Return how it stands at these numbers."""
    session, now = db.session(), clock.now()
    row = session.get(AutoRechargeSettings, customer.customer_id, populate_existing=True)
    found = facts_of.read(session, customer, catalog, row, numbers.remaining_credits, now)
    consent = session.get(AutoRechargeConsent, row.consent_id) if row is not None and row.consent_id else None
    under_way = rows.open_automatic(session, customer.customer_id)
    return Standing(now, found.facts, decide(found.facts, now), found.method, under_way, consent)

"""What terms would have done to the customer's last 90 days, by the rule that charges. Nothing is kept."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import clock
from app.domain.auto_recharge import simulation as rule
from app.domain.auto_recharge import terms as terms_rule
from app.domain.auto_recharge.record import Offer
from app.domain.auto_recharge.simulation import Simulation
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.methods import SAVED_RAILS
from app.domain.spend_management import day_of
from app.models.customers import Customer
from app.models.database import db
from app.services.auto_recharge import record
from app.services.tax import decision

DAYS = 90
"""So many whole days before today are looked at."""


def of(customer: Customer, catalog: Catalog, wanted: Terms) -> Simulation | None:
    """Return what the terms would have done on the last whole days; None before the first of them is over."""
    today = day_of(clock.now()).begins
    begins = max(today - timedelta(days=DAYS), customer.created_at)
    if begins >= today:
        return None
    return between(db.session(), customer, catalog, wanted, begins, today)


def between(
    session: Session, customer: Customer, catalog: Catalog, wanted: Terms, begins: datetime, ends: datetime
) -> Simulation:
    """Return what the terms, saved at `begins`, would have done until `ends`."""
    methods = catalog.payment_methods
    taxation = decision.taxation(session, customer.customer_id, catalog, clock.now().date())  # as it would be now
    offer = Offer(
        one=terms_rule.sold(wanted, catalog, taxation),
        most=terms_rule.most_at_once(wanted, catalog),
        kinds=[kind for kind in methods.kinds if kind in SAVED_RAILS],
        top_up_only=methods.top_up_only,
    )
    return rule.simulate(wanted, offer, record.read(session, customer, wanted.threshold, begins, ends))

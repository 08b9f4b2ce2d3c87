"""Auto-recharge of the demo's customers: switched on once, by a member who accepts the sentence."""

from dataclasses import replace
from datetime import date, time, timedelta

from app.demo.stories import Recharge
from app.domain.catalog import Catalog
from app.domain.money import Money
from app.domain.people import Actor
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.services.auto_recharge import settings

DESK = time(8, 40)  # before the first report of the day


def since(recharge: Recharge, born: date, today: date) -> date:
    """Return the day on which it is switched on: the day after the customer came, at the earliest."""
    return max(born + timedelta(days=1), today - timedelta(days=recharge.on_days_ago))


def switch_on(recharge: Recharge, buyer: Actor, catalog: Catalog, method: PaymentMethod) -> None:
    """Switch it on as the customer does on the page, once."""
    with as_customer(buyer.customer_id):
        if db.session.get(AutoRechargeSettings, buyer.customer_id) is not None:
            return
        terms = settings.current(db.session.get_one(Customer, buyer.customer_id), catalog)
    wanted = replace(
        terms,
        enabled=True,
        threshold=recharge.threshold,
        amount=_money(recharge.amount, catalog),
        pack="",
        period_limit=_money(recharge.limit, catalog),
        method_id=method.id if recharge.card else "",
    )
    accepted = settings.Acceptance(buyer.member_id, "127.0.0.1", settings.sentence(wanted, catalog, method))
    settings.change(buyer.customer_id, wanted, by=buyer.member_id, accepted=accepted, address="127.0.0.1")


def _money(units: int, catalog: Catalog) -> Money:
    return Money(units * 100, catalog.currency)

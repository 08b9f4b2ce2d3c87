"""Auto-recharge rules that nothing makes possible any more: found whatever the cause, and said however much is left.

A rate that begins on a day, a certificate that ends, or a new version of the catalog changes what a purchase comes to,
and moves no credit. So enabled rules are judged in turn, from levels: one purchase with its tax, and the limit.
"""

from sqlalchemy import func, select

from app import clock
from app.domain.auto_recharge import terms
from app.models.auto_recharge import AutoRechargeSettings, due_now
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import due_rows
from app.services.auto_recharge import charging
from app.services.catalog import versions
from app.services.tax import decision
from app.services.transaction import transaction


def judge(limit: int) -> int:
    """Have customers looked at whose rule is impossible where that is not known; return how many. One stops no other.

    At most `limit` enabled rules are judged, taken at random, so that each has its turn and nothing is kept about it.
    Those who are due are left out: they are looked at anyway.
    """
    settings = AutoRechargeSettings
    wanted = (
        select(settings.customer_id)
        .where(settings.enabled, settings.look_at.is_(None))
        .order_by(func.random())
        .limit(limit)
    )
    with as_service("judge auto-recharge"):
        found = db.session.scalars(wanted).all()
        return due_rows.each(found, _judge, of="customer", failed="auto_recharge_failed")


def _judge(customer_id: str) -> int:
    session, now = db.session(), clock.now()
    customer, row = session.get_one(Customer, customer_id), session.get_one(AutoRechargeSettings, customer_id)
    catalog = versions.of(customer)
    one = terms.sold(row.terms(catalog.currency), catalog, decision.taxation(session, customer_id, catalog, now.date()))
    if one is None or one.amount.amount_minor <= row.period_limit_minor:
        return 0
    if charging.is_known_impossible(session, customer_id, row.version):
        return 0
    with transaction() as own:
        own.execute(due_now(customer_id, now))
    return 1

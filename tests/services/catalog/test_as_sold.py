"""A customer's catalog: its own version where it was sold, the newest where it is what is offered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.money import Money
from app.domain.tax.prices import UNTAXED
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.catalog import versions
from app.services.customers import billing_periods, directory, registration
from app.services.customers.directory import Change
from app.services.payments import top_ups
from tests.support import terms
from tests.support.small_catalogs import SMALL
from tests.support.statements import counted

APP = Path(__file__).resolve().parent.parent.parent.parent / "app"
NEXT = (
    SMALL.replace('title = "Small"', 'title = "Less small"')
    .replace('"0.40"', '"0.80"')
    .replace('min = "5.00"', 'min = "7.00"')
    .replace('key = "paid"', 'key = "pro"')
)
LIMITED = '\n[spend_management]\nenabled = true\ndaily_limit = "{limit}"\n'


def customer(plan: str = "paid") -> Customer:
    """A customer of the small catalog."""
    return registration.create(name="Acme", email="billing@acme.example", catalog="small", plan=plan)


def test_plans_and_prices_are_as_sold_and_what_is_for_sale_is_current(app: Flask) -> None:
    versions.apply(SMALL)
    acme = customer()
    versions.apply(NEXT)
    has = versions.of(acme)
    assert (has.version, has.title, acme.catalog_version) == (1, "Less small", 1)
    assert has.plans == versions.sold("small", 1).plans
    assert has.meters == versions.sold("small", 1).meters
    assert top_ups.priced(versions.of(acme), UNTAXED, amount=Money(700, "USD"), pack="").amount == Money(700, "USD")
    with pytest.raises(Refused):
        top_ups.priced(versions.of(acme), UNTAXED, amount=Money(500, "USD"), pack="")


def test_the_catalog_of_a_customer_takes_one_statement(app: Flask) -> None:
    versions.apply(SMALL)
    acme = customer()
    versions.apply(NEXT)
    versions.of(acme)
    with counted() as seen:
        versions.of(acme)
    assert len(seen) == 1


def test_the_daily_limit_that_spend_management_starts_with_is_as_sold(app: Flask) -> None:
    versions.apply(SMALL + LIMITED.format(limit="50"))
    acme = customer()
    versions.apply(SMALL + LIMITED.format(limit="20"))
    globex = registration.create(name="Globex", email="billing@globex.example", catalog="small")
    for one, limit in ((acme, 50), (globex, 20)):
        with as_customer(one.customer_id):
            now = history.numbers().daily_limit
        assert now is not None and now.units == limit


def test_another_plan_comes_with_the_newest_version(app: Flask) -> None:
    versions.apply(SMALL)
    acme = customer()
    versions.apply(NEXT)
    for name in ("Acme Ltd", "Acme Inc"):
        changed = directory.change(acme.customer_id, Change(name=name, plan="paid"), by="seller")
        assert (changed.plan, changed.catalog_version) == ("paid", 1), "the same plan is no other sale"
    with pytest.raises(Refused, match="no such plan"):
        customer()
    changed = terms.gives(acme, "pro")
    assert (changed.plan, changed.catalog_version) == ("pro", 2)


@pytest.mark.parametrize(("has", "given"), [("", "free"), ("free", ""), ("", ""), ("free", "free")])
def test_the_default_plan_by_its_name_or_by_none_is_the_plan_in_force(app: Flask, has: str, given: str) -> None:
    versions.apply(SMALL)
    acme = customer(plan=has)
    versions.apply(NEXT)
    changed = directory.change(acme.customer_id, Change(plan=given), by="seller")
    assert (changed.plan, changed.catalog_version) == (has, 1), "nothing was sold"
    with as_service("test"):
        assert not db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.changed")).all()


def test_another_default_plan_is_no_other_plan_for_who_has_the_default_of_its_own_version(app: Flask) -> None:
    versions.apply(SMALL)
    acme = customer(plan="")
    versions.apply(NEXT.replace('"free"', '"starter"'))
    for given in ("free", ""):
        assert directory.change(acme.customer_id, Change(plan=given), by="seller").catalog_version == 1
    changed = terms.gives(acme, "starter")
    assert (changed.plan, changed.catalog_version) == ("starter", 2)


def test_a_plan_that_is_offered_no_longer_cannot_be_given(app: Flask) -> None:
    versions.apply(SMALL)
    acme = customer(plan="free")
    versions.apply(NEXT)
    with pytest.raises(Refused, match="Version 2 of small has no plan paid"):
        terms.gives(acme, "paid")


def test_a_closed_period_keeps_the_version_and_the_plan(app: Flask) -> None:
    with clock.at(datetime(2026, 11, 2, tzinfo=UTC)):
        versions.apply(SMALL)
        acme = customer()
    versions.apply(NEXT)
    with clock.at(datetime(2026, 12, 3, tzinfo=UTC)):
        assert billing_periods.roll_due() == 1
        terms.gives(acme, "pro")
    with as_customer(acme.customer_id):
        rows = db.session.scalars(select(BillingPeriod).order_by(BillingPeriod.number)).all()
    assert [(row.catalog_version, row.plan) for row in rows] == [(1, "paid"), (None, None)]


def test_a_customer_of_a_version_that_is_not_there_has_no_catalog(app: Flask) -> None:
    versions.apply(SMALL)
    with pytest.raises(NotFound):
        versions.of(Customer(catalog="small", catalog_version=9))


OFFERED_FOR = {
    "demo/customers.py": "what new customers of the demo get",
    "services/catalog/cautions.py": "what the seller should look at in the newest version",
    "services/catalog/in_use.py": "what the newest version drops",
    "services/customers/directory.py": "what is offered",
    "services/customers/pay_later.py": "which methods are charged, which is always current",
    "services/receivables/from_credit.py": "whether credit pays invoices, which is always current",
    "blueprints/plan.py": "what is offered",
    "blueprints/plan_cancellation.py": "what a cancelled plan is followed by",
    "blueprints/plan_change.py": "what is offered",
    "services/credit_codes/making.py": "what a code is made for",
    "services/mail/plan_text.py": "what is offered",
    "services/month_end/price_changes.py": "what prices are announced for",
    "services/month_end/renewal.py": "what a cancelled plan is followed by",
    "services/subscriptions/plan_requests.py": "what is sold on request",
    "services/subscriptions/preview.py": "what another plan costs",
    "services/customers/plan_moves.py": "what customers are moved to",
    "services/customers/registration.py": "what a new customer gets",
    "services/notices/expiring_credit.py": "how early expiry is noticed, which is always current",
    "services/payment_methods/rows.py": "which methods are taken, which is always current",
    "services/usage/cloud_events.py": "which meter counts a type of events, which is always current",
}


def test_the_newest_version_is_read_where_something_is_offered_and_nowhere_as_a_customers_terms() -> None:
    found = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if "versions.offered(" in path.read_text()}
    assert found == set(OFFERED_FOR)

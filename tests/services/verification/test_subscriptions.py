"""`verify` names a subscription that is not there, a plan that nobody ordered and a change without its payment."""

import pytest
import sqlalchemy as sa
from flask import Flask

from app.models.customers import Customer
from app.services.verification.verify import verify
from tests.support import months, plans
from tests.support.databases import Database
from tests.support.plans import confirms, target
from tests.support.shop import GOOD, add_method


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer who has paid for a team of five."""
    made = plans.customer()
    alice = plans.manager(made)
    confirms(alice, target("team", 5), add_method(alice, GOOD).id)
    months.runs(months.at(2027, 7, 1))
    months.begins(plans.BEGIN, "personal")
    months.runs(months.at(2027, 7, 1))
    assert verify() == []
    return made


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("delete from subscriptions", "a customer has no subscription"),
        ("update customers set plan = 'personal'", "another plan or interval than the last order"),
        ("update subscriptions set interval = 'annual'", "another plan or interval than the last order"),
        ("update subscriptions set period_ends_at = '2027-07-02 00:00:00'", "does not begin with a billing period"),
        ("update plan_changes set payment_id = null", "has not its own invoice"),
        ("update plan_changes set total_minor = total_minor + 1, net_minor = net_minor + 1", "has not its own invoice"),
        ("update payments set received_minor = 1", "without its payment"),
        ("update payments set problem = 'not_applied'", "money for one that was not made stays"),
        ("delete from period_runs where number = 1", "was passed over by the monthly run"),
        ("update subscriptions set run_at = '2027-07-02 00:00:00'", "was passed over by the monthly run"),
        ("delete from plan_periods", "one lists a plan that was not begun"),
        ("update plan_periods set price_minor = 1", "its invoice does not list it"),
        (
            (
                "insert into plan_periods select customer_id, 9, '2027-06-02', ends_at, plan, catalog_version, interval, "
                "seats, currency, price_minor, outcome, document_id from plan_periods where number = 1"
            ),
            "a plan period was billed twice",
        ),
    ],
)
def test_damage_is_named(acme: Customer, database: Database, damage: str, words: str) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("pragma foreign_keys = off"))
        for trigger in ("plan_changes_are_final", "plan_changes_are_kept"):
            connection.execute(sa.text(f"drop trigger {trigger}"))
        connection.execute(sa.text(damage))
    assert any(words in found.sentence for found in verify()), [found.sentence for found in verify()]

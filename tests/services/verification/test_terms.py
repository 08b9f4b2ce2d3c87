"""What a customer was given is what the audit trail says, whichever way its terms changed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.services import jobs
from app.services.catalog import versions
from app.services.customers import directory, plan_moves
from app.services.customers.directory import Change
from app.services.verification.verify import verify
from tests.support import meters, terms
from tests.support.databases import Database

WHY = {"by": "ops@metered.example", "reason": "New prices"}


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer who had three plans and two versions, there and back again, and two periods that closed by them."""
    started = clock.now()
    with clock.at(started):
        meters.apply()
        made = meters.customer("Acme", plan="paid")
        directory.change(made.customer_id, Change(name="Acme Ltd"), by="test")
        terms.gives(made, "free")
    with clock.at(started + timedelta(days=32)):
        jobs.run_due(names=["periods_rolled"])
        terms.gives(made, "paid")
        versions.apply(meters.METERED.format(burn="realtime").replace('"0.40"', '"0.80"'))
        moves, _stay = plan_moves.planned("metered")
        assert list(plan_moves.move_each(moves, **WHY)) == [None]
    with clock.at(started + timedelta(days=64)):
        jobs.run_due(names=["periods_rolled"])
        terms.gives(made, "free")
    return made


def test_terms_that_went_there_and_back_again_pass(acme: Customer) -> None:
    assert verify() == []
    assert verify(acme.customer_id) == []


@pytest.mark.parametrize(
    ("damage", "row"),
    [
        ("update customers set plan = 'paid'", "plan"),
        ("update customers set plan = ''", "plan"),
        ("update customers set catalog_version = 1", "catalog_version"),
        ("update billing_periods set plan = 'scale' where number = 1", "period 1"),
        ("update billing_periods set catalog_version = 3 where number = 2", "period 2"),
    ],
)
def test_terms_that_nobody_gave_are_named(
    acme: Customer, globex: Customer, database: Database, damage: str, row: str
) -> None:
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(damage)
    mine = [str(each) for each in verify(acme.customer_id) if each.invariant == "terms"]
    assert [each for each in mine if each.endswith(f"({row})") and ("was given" in each or "never had" in each)], mine
    assert mine == [
        str(each) for each in verify() if each.invariant == "terms" and each.customer_id == acme.customer_id
    ]

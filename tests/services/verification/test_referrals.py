"""What `verify` says of referrals: each figure is reckoned again from the invoices, and damage is named."""

import pytest
import sqlalchemy as sa
from flask import Flask

from app.models.customers import Customer
from app.services.verification.verify import verify
from tests.support import referred, tiers
from tests.support.databases import Database
from tests.support.periods import OVER, USED
from tests.support.referred import invited, inviter
from tests.support.reversals import buys

DAMAGES = (
    "update referral_earnings set net_minor = 2499",
    "update referral_earnings set net_minor = 2501, most_minor = 2501",
    "delete from referral_earnings",
    "update referrers set granted_micros = granted_micros + 1 where granted_micros > 0",
    "update referral_credits set micros = micros + 1",
    "delete from referral_credits",
    "update referral_earnings set document_id = 'inv_of_nobody'",
    "update referrals set is_oneself = true",
)


@pytest.fixture
def ours(app: Flask) -> Customer:
    """An inviter who was given credit for what one customer has paid."""
    made = inviter()
    with referred.on(USED):
        buys(app, referred.manager(invited(made), "Mallory"), 2500)
    assert referred.gives(OVER) == 1
    return made


@pytest.mark.parametrize("damage", tiers.some(3, DAMAGES))
def test_a_figure_that_is_not_what_the_invoices_say_is_named(ours: Customer, database: Database, damage: str) -> None:
    assert verify() == []
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(damage))
    engine.dispose()
    found = {(each.invariant, each.customer_id) for each in verify(ours.customer_id)}
    assert found == {("referrals", ours.customer_id)}

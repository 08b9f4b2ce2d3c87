"""A customer is moved as what is due leaves it: by no credit that is over, and with credit that has begun."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.support import meters

BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
GIFT = {"kind": "promotional", "granted_by": "test", "reason": "Test"}
pytestmark = pytest.mark.both_databases


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer with one credit, whose call of 2,000 requests may cost 0.40 of it, and by the new prices 4.00."""
    with clock.at(BEGIN):
        meters.apply()
        made = meters.customer("Acme", plan="paid")
        grants.give(made.customer_id, credits=Credits(MICROS), **GIFT)
        assert holds.authorize(AuthorizationRequest(made.customer_id, "requests", 2_000, ttl_seconds=80_000)).allowed
        versions.apply(meters.METERED.format(burn="realtime").replace('"0.40"', '"4.00"'))
    return made


def moved() -> list[str]:
    """Move everybody; return why who stays."""
    moves, _stay = plan_moves.planned("metered")
    return [each.why for each in plan_moves.move_each(moves, by="ops", reason="New prices") if each is not None]


def test_credit_that_is_over_makes_no_room_for_what_is_held(acme: Customer) -> None:
    with clock.at(BEGIN):
        grants.give(acme.customer_id, credits=Credits(9 * MICROS), expires_at=BEGIN + HOUR, **GIFT)
    with clock.at(BEGIN + 2 * HOUR):  # no job has looked
        (why,) = moved()
    assert why.startswith("What is held may cost 4.00 by the new terms, more than may be spent.")
    assert verify() == []


def test_credit_that_has_begun_makes_room_for_it(acme: Customer) -> None:
    with clock.at(BEGIN):
        grants.give(acme.customer_id, credits=Credits(9 * MICROS), effective_at=BEGIN + HOUR, **GIFT)
        (why,) = moved()
        assert why.startswith("What is held may cost 4.00 by the new terms, more than may be spent.")
    with clock.at(BEGIN + 2 * HOUR):
        assert moved() == []
    assert verify() == []

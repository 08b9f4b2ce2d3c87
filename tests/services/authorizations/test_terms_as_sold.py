"""What was sold stays as it was sold: a new version of the catalog is for new customers, and for those who are moved."""

from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.ledger import grants
from app.services.usage import meters as usage_meters
from app.services.verification.verify import verify
from tests.support import meters
from tests.support.meters import accept_one

BEGIN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer on the plan that includes 1,000 requests, allows 5,000 and has its own price of a run."""
    with clock.at(BEGIN):
        meters.apply()
        return credited("Acme", plan="paid")


def credited(name: str, *, plan: str = "") -> Customer:
    """A customer with 10 of credit."""
    made = meters.customer(name, plan=plan)
    grants.give(made.customer_id, kind="promotional", credits=Credits(10 * MICROS), granted_by="test", reason="Test")
    return made


def ask(customer: Customer, meter: str, quantity: int, **more: object) -> Authorized:
    """Ask for units of a meter."""
    return holds.authorize(AuthorizationRequest(customer.customer_id, meter, quantity, **more))  # type: ignore[arg-type]


def test_what_was_sold_keeps_its_price_allowance_limit_and_meters(acme: Customer) -> None:
    with clock.at(BEGIN):
        versions.apply(meters.dearer_without_paid_and_hours())
        assert ask(acme, "requests", 1_500).micros == 200_000, "1,000 are included, and 1,000 more cost 0.40"
        assert ask(acme, "requests", 3_501).reason == "plan_limit"
        assert ask(acme, "runs", 1, at_once=True).micros == 100_000, "the plan's own price"
        assert holds.capture(ask(acme, "hours", 10).id).micros == 200_000, "a meter that is no longer offered"
        assert accept_one(acme.customer_id, id="one", meter="hours", quantity=10).accepted == 1
        assert accept_one(acme.customer_id, id="two", meter="requests", quantity=2_000).accepted == 1
        with as_customer(acme.customer_id):
            used = usage_meters.usage(acme)
        shown = {each.meter.key: (each.used, each.included, each.cost.micros) for each in used.meters}
        assert (used.plan.title, used.catalog.version) == ("Paid", 1)
        assert shown["requests"] == (2_000, 1_000, 400_000)
        assert shown["hours"] == (20, 0, 400_000)
        meters.post_all(acme.customer_id)
    assert verify() == []


def test_a_new_customer_gets_the_new_version(acme: Customer) -> None:
    with clock.at(BEGIN):
        versions.apply(meters.dearer_without_paid_and_hours())
        globex = credited("Globex")
        assert ask(globex, "requests", 1_500).micros == 1_200_000
        with pytest.raises(Refused) as refusal:
            ask(globex, "hours", 1)
        said = "The customer's version of the catalog has no meter hours."
        assert (refusal.value.reason, refusal.value.status, str(refusal.value)) == ("unknown_meter", 422, said)
        with pytest.raises(Refused, match=said):
            accept_one(globex.customer_id, id="one", meter="hours")
        with pytest.raises(Refused, match="no such plan"):
            meters.customer("Initech", plan="paid")


def test_a_hold_of_a_meter_that_is_offered_no_longer_is_captured(acme: Customer) -> None:
    with clock.at(BEGIN):
        held = ask(acme, "hours", 10)
        versions.apply(meters.dearer_without_paid_and_hours())
        assert holds.capture(held.id).micros == held.micros == 200_000
    assert verify() == []

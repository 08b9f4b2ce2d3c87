"""While a plan is cancelled nothing is charged automatically; kept it goes on, and with the end of the plan it is off."""

import pytest
from flask import Flask

from app import clock
from app.models.scope import as_service
from app.services.auto_recharge import charging
from app.services.subscriptions import cancellation
from app.services.verification.verify import verify
from tests.support import plans, recharge, shop
from tests.support.months import at, runs
from tests.support.plans import BEGIN, HALF, confirms, target

OFFERED = ("[tax]", '[auto_recharge]\noffered = true\namount = "25.00"\nthreshold = "20"\n\n[tax]')


def looked_at(customer_id: str) -> str:
    """Let the worker look at the customer; return what came of it."""
    with as_service("look at auto-recharge"):
        return charging.look_at(customer_id).outcome


@pytest.mark.case("AC-96")
def test_a_cancelled_plan_renews_and_recharges_nothing_until_it_is_kept(app: Flask) -> None:
    acme = plans.customer(OFFERED)
    alice = plans.manager(acme)
    confirms(alice, target("personal"), shop.add_method(alice).id, at=BEGIN)
    with clock.at(HALF):
        recharge.on(alice)
        cancellation.cancel(acme.customer_id, by="alice")
        assert looked_at(acme.customer_id) == "plan_canceled"
        assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["plan_canceled"])
        cancellation.keep(acme.customer_id, by="alice")
        assert looked_at(acme.customer_id) == "charge"
        assert recharge.states(acme) == [(3125, "succeeded")]
        cancellation.cancel(acme.customer_id, by="alice")
    runs(at(2027, 7, 1))
    assert plans.subscription(acme)[0] == "free"
    assert not recharge.terms(alice).enabled
    assert verify() == []

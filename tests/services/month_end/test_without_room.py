"""Whose debt or holds have no room for the plan that begins pays what was used, and has the plan once there is room."""

from datetime import timedelta

from flask import Flask

from app import clock
from app.services.verification.verify import verify
from tests.support import months, periods, plans
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method
from tests.support.statements import counted, reads

JULY = at(2027, 7, 1)
LESS = ('protection = "20"', 'protection = "5"')
USED = ("Requests, used below zero until 30 June 2027: 37,500 requests at $0.40 per 1,000 requests", 1500)


def test_what_was_used_is_invoiced_at_once_and_the_plan_once_it_is_paid(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    periods.uses(acme, 1500, HALF)
    plans.applies(LESS)
    alice = plans.manager(acme)
    order = confirms(alice, target("personal"), "", at=HALF)
    assert runs(JULY) == 0
    assert months.lines(acme)[1:] == [("open", [USED])]
    with counted() as statements:
        assert runs(JULY + timedelta(minutes=14)) == 0
    assert reads(statements, "accounts") == [], "it is tried again and again"
    way = add_method(alice, GOOD).id
    with clock.at(JULY):
        periods.pays(alice, plans.documents(acme)[1], way)
    assert runs(JULY + timedelta(minutes=15)) == 1
    assert (plans.order_of(order).state, plans.subscription(acme)[0]) == ("applied", "personal")
    assert months.lines(acme)[-1] == ("open", [("Personal, 1–31 July 2027", 1200)])
    assert (runs(JULY + timedelta(hours=1)), verify()) == (0, [])

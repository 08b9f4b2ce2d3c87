"""What was used in a trial is not billed once the customer pays for a plan."""

import pytest
from flask import Flask

from app import clock
from app.services.customers import registration
from app.services.verification.verify import verify
from tests.support import months, periods, plans
from tests.support.months import at, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method

TRIAL = ("[tax]\n", '[trial]\ncredits = "10.00"\nexpires_after_days = 30\n\n[tax]\n')


@pytest.mark.case("AC-51")
@pytest.mark.parametrize("credit", ["at_purchase", "at_use"])
def test_what_was_used_of_trial_credit_is_billed_by_nobody(app: Flask, credit: str) -> None:
    plans.applies(TRIAL, ('credits = "at_purchase"', f'credits = "{credit}"'))
    with clock.at(BEGIN):
        acme = registration.create(
            name="Trial Ltd", email="x@trial.example", catalog="plans", created_at=BEGIN, trial=True
        )
    alice = plans.manager(acme)
    periods.uses(acme, 600, BEGIN)
    confirms(alice, target("team"), add_method(alice, GOOD).id)
    assert plans.invoices(acme) == [("paid", 2450, 3063, [("Team, 16–30 June 2027", 2450)])]
    periods.uses(acme, 100, HALF)
    runs(at(2027, 7, 1))
    state, net, total, lines = plans.invoices(acme)[1]
    assert (state, net, total, sum(minor for _words, minor in lines)) == ("open", 4900, 6125, 4900)
    assert sorted(minor for _words, minor in lines) == ([4900] if credit == "at_purchase" else [-700, 700, 4900])
    assert months.periods(acme)[-1][2:] == (4900, "billed")
    assert verify() == []

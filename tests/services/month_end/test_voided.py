"""No plan period is lost unbilled, and none is billed twice, when the seller takes an invoice of the month back."""

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.services.receivables import closing, ending
from app.services.verification.verify import verify
from tests.support import months, periods, plans
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import GOOD, add_method

JULY = at(2027, 7, 1)
GIVEN = {"by": "seller", "reason": "As agreed"}


def test_an_invoice_that_bills_a_plan_is_not_voided_and_says_what_to_do(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    periods.uses(acme, 500, HALF)
    runs(JULY)
    with clock.at(JULY):
        for each in plans.documents(acme):
            with pytest.raises(Refused) as refused:
                ending.void(each.id, **GIVEN)
            assert refused.value.reason == "bills_a_plan"
            assert "Correct it, or give a credit note." in refused.value.sentence
            ending.credit(each.id, None, **GIVEN)  # the way that it says
    states = sorted(state for state, _lines in months.lines(acme))
    assert (runs(JULY), states, verify()) == (0, ["issued", "issued", "paid", "paid"], [])


def test_usage_that_is_voided_and_closed_anew_leaves_the_plans_own_invoice_alone(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    runs(BEGIN)
    periods.uses(acme, 500, HALF)
    with clock.at(JULY):
        closing.close(acme.customer_id, 1, by="seller")
    runs(JULY)
    with clock.at(JULY):
        ending.void(plans.documents(acme)[1].id, **GIVEN)
        closing.close(acme.customer_id, 1, by="seller")
    assert [state for state, _lines in months.lines(acme)] == ["open", "void", "open", "open"]
    assert [len(found) for _state, found in months.lines(acme)] == [1, 1, 1, 1]
    assert (runs(JULY), verify()) == (0, [])


def test_a_change_too_small_to_be_charged_is_not_voided_either(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    confirms(alice, target("penny"), add_method(alice, GOOD).id)
    (small,) = plans.documents(acme)
    with pytest.raises(Refused) as refused, clock.at(HALF):
        ending.void(small.id, **GIVEN)
    assert (small.state, refused.value.reason) == ("open", "bills_a_plan")

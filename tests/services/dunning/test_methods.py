"""Which method is charged: others where the seller says so, and a new one in place of what waits for the bank."""

from flask import Flask

from app import clock
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.dunning import attempts, charged, collects, events, invoiced
from tests.support.periods import OVER, manager, now_of
from tests.support.shop import ASKS, BROKE, GOOD, add_method


def test_another_saved_method_is_tried_before_the_attempt_has_failed(app: Flask) -> None:
    small = periods.customer(more="\n[dunning]\nother_methods = true\n")
    actor = manager(small)
    with clock.at(OVER):
        add_method(actor, BROKE)
        add_method(actor, GOOD)
    invoice = invoiced(small)
    collects()
    assert [state for _invoice, _amount, state, _at in charged(small)] == ["failed", "succeeded"]
    assert attempts(invoice) == [(0, "succeeded", OVER)]
    assert (now_of(invoice).state, events(small)) == ("paid", [])
    assert verify() == []


def test_a_charge_that_waits_for_the_bank_is_given_up_for_a_new_method(app: Flask) -> None:
    small = periods.customer()
    actor = manager(small)
    with clock.at(OVER):
        add_method(actor, ASKS)
    invoice = invoiced(small)
    collects()
    assert attempts(invoice) == [(0, "under_way", OVER)]
    now = OVER + dunning.MINUTE
    with clock.at(now):
        add_method(actor, GOOD)
    collects(now)
    assert sorted(state for _invoice, _amount, state, _at in charged(small)) == ["canceled", "succeeded"]
    assert [each[:2] for each in attempts(invoice)[:2]] == [(0, "not_made"), (None, "succeeded")]
    assert (now_of(invoice).state, events(small)) == ("paid", [])
    assert verify() == []

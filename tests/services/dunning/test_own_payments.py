"""A payment of the customer's own that fails begins the schedule; it is not charged once more in the same minute."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.services.verification.verify import verify
from tests.support import dunning, periods
from tests.support.dunning import DAY, attempts, charged, collects, standing
from tests.support.periods import OVER, manager, pays
from tests.support.shop import ASKS, BROKE, add_method


@pytest.mark.case("AC-23")
def test_it_is_the_first_failure(app: Flask) -> None:
    small = periods.customer()
    actor, invoice = manager(small), dunning.invoiced(small)
    with clock.at(OVER):
        card = add_method(actor, BROKE)
        assert pays(actor, invoice, card.id).state == "failed"
    later = OVER + timedelta(minutes=5)
    collects(later)
    assert attempts(invoice) == [(0, "failed", OVER), (1, "waiting", OVER + DAY)]
    assert (len(charged(small)), standing(small)) == (1, "past_due")
    collects(OVER + DAY)
    assert len(charged(small)) == 2
    assert verify() == []


def test_one_that_waits_for_the_customer_is_left_alone_until_it_has_ended(app: Flask) -> None:
    small = periods.customer()
    actor, invoice = manager(small), dunning.invoiced(small)
    with clock.at(OVER):
        card = add_method(actor, ASKS)
        assert pays(actor, invoice, card.id).state == "requires_action"
    collects(OVER + timedelta(hours=2))
    assert attempts(invoice) == [(0, "waiting", OVER)]
    assert len(charged(small)) == 1
    assert standing(small) == "good"

"""Suspended: calls are refused at once, and holds given before are captured up to what was held, and no further."""

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.services.authorizations import holds
from tests.support import dunning, periods
from tests.support.dunning import DAY
from tests.support.periods import OVER, manager
from tests.support.shop import BROKE, add_method

FIFTH = OVER + 5 * DAY


@pytest.mark.both_databases
def test_a_hold_given_before_is_captured_up_to_what_was_held(app: Flask) -> None:
    small = periods.customer()
    with clock.at(OVER):
        add_method(manager(small), BROKE)
    dunning.invoiced(small)
    for place in range(5):
        dunning.collects(OVER + place * DAY)
    with clock.at(FIFTH):
        one, other = (
            holds.authorize(AuthorizationRequest(small.customer_id, micros=2 * MICROS, ttl_seconds=600))
            for _ in range(2)
        )
        assert one.allowed
        assert other.allowed
    dunning.collects(FIFTH)
    assert dunning.standing(small) == "suspended"
    assert dunning.allowed(small, FIFTH) == "suspended"
    with clock.at(FIFTH):
        assert holds.capture(one.id, credits=Credits(2 * MICROS)).micros == 2 * MICROS
        with pytest.raises(Refused) as refused:
            holds.capture(other.id, credits=Credits(3 * MICROS))
    assert refused.value.reason == "suspended"

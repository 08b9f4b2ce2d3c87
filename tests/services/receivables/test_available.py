"""Unpaid overage uses the overage protection, whoever asks: authorizations of both databases, figures and forecasts."""

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.balance import history
from tests.support import periods
from tests.support.periods import OVER
from tests.support.spend import dollars


def allowed(small: Customer, amount: str, key: str) -> bool:
    with clock.at(OVER):
        request = AuthorizationRequest(small.customer_id, micros=dollars(amount).micros, key=key)
        return holds.authorize(request).allowed


@pytest.mark.both_databases
def test_what_may_be_used_is_the_same_before_and_after_the_invoice(app: Flask) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    with clock.at(OVER), as_customer(small.customer_id):
        before = history.numbers().available_to_use
    assert periods.closes(small) is not None
    with clock.at(OVER), as_customer(small.customer_id):
        after = history.numbers()
    assert (before, after.available_to_use, after.invoiced_overage) == (
        dollars("12.95"),
        dollars("12.95"),
        dollars("7.05"),
    )
    assert not allowed(small, "12.96", "one cent more")
    assert allowed(small, "12.95", "all of it")

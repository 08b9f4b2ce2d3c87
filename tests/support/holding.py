"""What the tests of holds share."""

import pytest
from flask import Flask

from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.verification.verify import verify

OVERAGE = 50 * MICROS
"""What the example catalog lets everybody use below zero."""


@pytest.fixture(autouse=True)
def proved(app: Flask) -> object:
    """Whatever a test did, the books hold."""
    yield
    assert verify() == []


def credit(customer: Customer, units: int) -> None:
    """Give the customer so much credit."""
    grants.give(
        customer.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test"
    )


def ask(customer: Customer, units: int = 0, **more: object) -> Authorized:
    """Ask for so many units of credit, or for what `more` says."""
    return holds.authorize(AuthorizationRequest(customer.customer_id, micros=units * MICROS, **more))  # type: ignore[arg-type]

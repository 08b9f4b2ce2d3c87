"""It is noon on a day of November, and Acme has been a customer for a while: what tests of spending begin with."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.models.customers import Customer
from app.services.customers import registration
from tests.support import cast, spend

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TODAY = "2026-11-21"
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """It is noon."""
    with clock.at(NOON):
        yield


@pytest.fixture
def since_august(catalog: str) -> Customer:
    """Acme, a customer since August, with credit."""
    return spend.since_august()


@pytest.fixture
def since_november(catalog: str) -> Customer:
    """Acme, a customer since the first of the month, with $1,000.00 of credit; its notices are sent."""
    made = of_november()
    with clock.at(NOON - timedelta(days=5)):
        spend.gives(made, "1000")
        spend.decided()
    return made


@pytest.fixture
def without_credit(catalog: str) -> Customer:
    """Acme, a customer since the first of the month."""
    return of_november()


def of_november() -> Customer:
    """Create Acme, a customer since the first of the month."""
    return registration.create(
        name="Acme",
        email="billing@acme.example",
        catalog=cast.CATALOG,
        external_id="acme",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )

"""The pages of usage, as their tests use them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from tests.support import usage_cast
from tests.support.browser import Page
from tests.support.usage_cast import USAGE


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan: 5,000 requests at most, 1,000 of them and 2 users included."""
    return usage_cast.metered()


def today() -> str:
    return clock.now().date().isoformat()


def bar(page: Page, meter: str) -> tuple[str, str, str]:
    """Return a meter's state, its figures, and what its row warns of."""
    row = f"#usage-meters .meter:has(#meter-{meter})"
    return (
        str(page.find(row)["data-state"]),
        page.texts(f"{row} .meter__of")[0],
        "".join(page.texts(f"{row} .meter__note")),
    )


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


def day_of(meter: str) -> str:
    return f"{USAGE}{meter}/{today()}"

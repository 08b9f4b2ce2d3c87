"""Overview and Add credits: how long credit lasts where a plan includes some of each billing period."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from app.services.catalog import versions
from app.services.customers import registration
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.pages.test_overview import PATH, give
from tests.support import cast, shop
from tests.support.browser import Browser
from tests.support.noon import NOON, noon
from tests.support.small_catalogs import SMALL

__all__ = ["noon"]

FORECAST = "#overview-balance .overview-now__note"
PRICED = SMALL.replace('credits = "0.40"\nper = 1000', 'credits = "1"').replace("requests = 1000", "requests = 140")
PLAN = PRICED.replace("limits = { requests = 5000 }\n", "")


def _calls(customer: Customer, since: datetime, days: int) -> None:
    """Let the customer make 10 calls on each day."""
    for day in (since + timedelta(days=number) for number in range(days)):
        with clock.at(day):
            report = UsageReport(f"{day:%m%d}", customer.customer_id, "requests", 10)
            assert events.accept([report]).accepted == 1


@pytest.fixture
def plan_customer(app: Flask) -> Customer:
    """Acme on a plan that includes 140 calls a month; it makes 10 a day since 1 November, and $250.00 is left of $310."""
    versions.apply(PLAN)
    began = datetime(2026, 10, 1, tzinfo=UTC)
    customer = registration.create(
        name="Acme", email="billing@acme.example", catalog="small", external_id="acme", plan="paid", created_at=began
    )
    with clock.at(began):
        give(customer, 310)
    return customer


def _looks(app: Flask, origin: str, customer: Customer) -> Browser:
    return cast.signed_in(app, origin, cast.make_actor(cast.ALICE, customer))


@pytest.mark.both_databases
def test_what_a_plan_includes_is_free_again_in_each_period(app: Flask, origin: str, plan_customer: Customer) -> None:
    # Free until the 14th, then $10.00 a day: $60.00 by today and $100.00 by the end of November; of the $150.00 that is
    # left then nothing is used until 14 December, and $10.00 on each of the 15 days from the 15th to the 29th.
    _calls(plan_customer, datetime(2026, 11, 1, 9, tzinfo=UTC), 20)
    page = _looks(app, origin, plan_customer).opens(PATH)
    assert page.texts("#overview-balance .lead") == ["$250.00"]
    assert page.texts(FORECAST)[0] == "Credits last until about 30 Dec 2026 at the last days’ pace."


def test_days_that_cost_nothing_yet_are_no_reason_to_say_nothing(
    app: Flask, origin: str, plan_customer: Customer
) -> None:
    _calls(plan_customer, datetime(2026, 11, 1, 9, tzinfo=UTC), 14)
    with clock.at(datetime(2026, 11, 15, 12, tzinfo=UTC)):  # $160.00 in November, $150.00 from 15 December on
        browser = _looks(app, origin, plan_customer)
        assert browser.opens(PATH).texts(FORECAST)[0] == (
            "Credits last until about 30 Dec 2026 at the last days’ pace."
        )
        asked = browser.opens(f"{shop.PATH}?amount=10").text
        assert "About 46 days, to 31 Dec" in asked, "one more day"


def test_what_the_plan_covers_lasts(app: Flask, origin: str, plan_customer: Customer) -> None:
    _calls(plan_customer, NOON - timedelta(days=3), 1)
    page = _looks(app, origin, plan_customer).opens(PATH)
    assert page.texts(FORECAST)[0] == "Credits last more than ten years at the last days’ pace."

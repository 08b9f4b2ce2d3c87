"""Usage: the events behind each number add up to it, whatever kind of meter counts them, and can all be walked through."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.authorizations import holds
from app.services.ledger import grants
from tests.support import usage_cast
from tests.support.meters import accept_one
from tests.support.usage_cast import USAGE, looks, seen, uses

DAY = "2026-11-10"


@pytest.fixture
def acme(app: Flask) -> Customer:
    """Acme on the paid plan: 5,000 requests at most, 1,000 of them and 2 users included."""
    return usage_cast.metered()


@pytest.fixture(autouse=True)
def on_the_tenth() -> Iterator[None]:
    """It is the tenth of a month, at noon."""
    with clock.at(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        yield


@pytest.mark.both_databases
def test_every_kind_of_meter_adds_up_to_its_events(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", 900, 400)
    uses(acme, "runs", 1, 1)
    uses(acme, "storage", 70, 30)
    uses(acme, "peak", 4, 9, 6)
    uses(acme, "hours", 3)
    seen(acme, "ann", "ben", "ann")
    with clock.at(clock.now() + timedelta(days=1)):
        seen(acme, "ben", "cy", "dee", "dee")
        uses(acme, "peak", 5)
        alice = looks(app, origin, acme)
        expected = {"requests": "1,300 requests", "runs": "2 runs", "storage": "30 MB", "peak": "9 machines"}
        expected |= {"hours": "3 hours", "users": "2 users"}
        for meter, quantity in expected.items():
            page = alice.opens(f"{USAGE}{meter}/2026-11-10")
            assert page.texts("#usage-counted") == page.texts("#usage-added") == [quantity], meter
            assert page.texts("#usage-counted_credits") == page.texts("#usage-added_credits")
        users = alice.opens(f"{USAGE}users/2026-11-11")
        assert users.texts("#usage-counted") == users.texts("#usage-added") == ["2 users"]
        assert users.texts("#usage-added_credits") == ["$0.10"]
        assert alice.opens(f"{USAGE}peak/2026-11-11").texts("#usage-counted") == ["5 machines"]


def test_users_add_up_on_a_day_of_no_other_meter_and_in_the_next_period(
    app: Flask, origin: str, acme: Customer
) -> None:
    uses(acme, "requests", 900)
    seen(acme, "ann", "ben")
    with clock.at(datetime(2026, 11, 11, 12, tzinfo=UTC)):
        seen(acme, "ann", "cy")
    with clock.at(datetime(2026, 12, 10, 12, tzinfo=UTC)):
        seen(acme, "ann", "ben", "eve")
        alice = looks(app, origin, acme)
        for day, users in [("2026-11-11", "1 user"), ("2026-12-10", "3 users")]:
            page = alice.opens(f"{USAGE}users/{day}")
            assert page.texts("#usage-counted") == page.texts("#usage-added") == [users]


def test_all_events_of_a_day_can_be_walked_through_once_each(app: Flask, origin: str, acme: Customer) -> None:
    uses(acme, "requests", *range(1, 61), name="one batch")
    alice, names = looks(app, origin, acme), list[str]()
    page = alice.opens(f"{USAGE}requests/{DAY}")
    names += page.texts(".table--events code")
    while page.soup.select("a[rel=next]"):
        page = alice.follows(page, "a[rel=next]")
        names += page.texts(".table--events code")
    assert names == [f"one batch-requests-{number}" for number in range(59, -1, -1)]
    assert alice.follows(page, ".pager a:not([rel])").texts(".table--events code")[0] == names[0]


def test_an_event_shows_all_that_it_said(app: Flask, origin: str, acme: Customer) -> None:
    said = {"model": "large", "tags": ["a", "<b>"]}
    time = clock.now() - timedelta(hours=30)
    accept_one(acme.customer_id, id="<i>1", meter="requests", quantity=1500, subject="ann", time=time, properties=said)
    page = looks(app, origin, acme).opens(f"{USAGE}requests/{DAY}")
    row = page.texts(".table--events tbody tr")[0]
    assert "<i>1" in row and '["a", "<b>"]' in row
    assert "9 Nov 2026, 06:00 UTC 10 Nov 2026, 12:00 UTC ann 1,500 $0.20" in row
    assert page.soup.select(".table--events i, .table--events b") == []


def test_credit_taken_without_a_meter_has_its_own_line(app: Flask, origin: str, acme: Customer) -> None:
    grants.give(acme.customer_id, kind="promotional", credits=Credits(10**8), granted_by="seller", reason="Welcome")
    holds.authorize(AuthorizationRequest(acme.customer_id, micros=2_500_000, at_once=True))
    alice = looks(app, origin, acme)
    page = alice.opens(USAGE)
    assert page.texts(".table--meters tbody tr:last-child td")[-1] == "$2.50"
    assert page.texts("#usage-cost") == ["$2.50"]
    detail = alice.follows(page, ".table--meters tbody tr:last-child a.rowlink")
    assert "$2.50" in detail.texts("section[aria-labelledby=usage-days-title] tbody tr")[0]
    assert alice.opens(f"{USAGE}-/{DAY}").texts("#usage-added_credits") == ["$2.50"]

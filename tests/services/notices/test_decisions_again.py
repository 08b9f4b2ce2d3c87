"""Notices that come again on a day on which they had cleared: each is told, under a key of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.models.customers import Customer
from app.services.customers import registration
from tests.support import cast, spend

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TODAY = "2026-11-21"
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def acme(catalog: str) -> Customer:
    """Acme, a customer since the first of the month, with $1,000.00 of credit; what that tells is sent."""
    made = registration.create(
        name="Acme",
        email="billing@acme.example",
        catalog=cast.CATALOG,
        external_id="acme",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    with clock.at(NOON - timedelta(days=5)):
        spend.gives(made, "1000")
        spend.decided()
    return made


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """It is noon."""
    with clock.at(NOON):
        yield


def test_a_raised_limit_that_is_reached_the_same_day_is_told_again(acme: Customer) -> None:
    for number, limit in enumerate(["25", "60", "70"]):
        with clock.at(NOON + timedelta(minutes=number)):
            spend.chooses(acme, limit)
            spend.decided()
            spend.uses(acme, "35" if number == 1 else "25" if number == 0 else "10")
            spend.decided()
            spend.decided()
    again = [TODAY, f"{TODAY}:2", f"{TODAY}:3"]
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit"] == again
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit_reset"] == again[:2]
    sent = [data for event, data in spend.events(acme) if event == "spend.daily_limit_reached"]
    assert [(data["utc_date"], data["limit"]) for data in sent] == [
        (TODAY, "25.00"),
        (TODAY, "60.00"),
        (TODAY, "70.00"),
    ]
    assert [template for template, _to in spend.mailed(acme)] == ["spend_limit"] * 3
    with clock.at(MIDNIGHT):
        spend.decided()
    assert spend.events(acme)[-1][1]["reason"] == "new_day"
    assert [occasion for rule, occasion in spend.given(acme) if rule == "daily_limit_reset"] == again


def test_a_balance_that_is_used_up_again_the_same_day_is_told_again(acme: Customer) -> None:
    for number, (gift, use) in enumerate([("100", "1110"), ("150", "135"), ("25", "50")]):
        with clock.at(NOON + timedelta(minutes=number)):
            spend.gives(acme, gift)
            spend.decided()
            spend.uses(acme, use)
            spend.decided()
            spend.decided()
    assert [event for event, _data in spend.events(acme)] == [
        "balance.depleted",
        "balance.recovered",
        "balance.low",
        "balance.recovered",
        "balance.depleted",
    ]
    assert [template for template, _to in spend.mailed(acme)] == ["balance_depleted", "balance_low", "balance_depleted"]
    assert {data["utc_date"] for _event, data in spend.events(acme)} == {TODAY}

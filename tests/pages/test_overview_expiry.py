"""Overview: credit that expires is in the forecast, and the next expiry is named with its amount and its day."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.ledger import grants
from app.services.usage import recording
from tests.pages.test_overview import PATH, give
from tests.support import cast, spend
from tests.support.browser import Browser, Page
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme
from tests.support.statements import counted

__all__ = ["acme", "noon"]

NOTE = "#overview-balance .lead ~ p:not(#overview-used), #overview-expiry"


def promised(customer: Customer, units: int, ends: datetime | None, *, priority: int = 50) -> None:
    """Give credit that expires."""
    grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(units * 10**6),
        granted_by="seller",
        reason="For autumn",
        expires_at=ends,
        priority=priority,
    )


def uses_daily(customer: Customer, units: int) -> None:
    """Use so much on each of the last 14 whole days."""
    for days in range(14, 0, -1):
        with clock.at(NOON - timedelta(days=days)):
            recording.record(
                customer.customer_id, key=f"d{days}", credits=Credits(units * 10**6), description="Requests"
            )


@pytest.mark.both_databases
def test_the_forecast_counts_what_expires_and_the_next_expiry_is_named(alice: Browser, acme: Customer) -> None:
    uses_daily(acme, 10)  # of the 1,000.00 that Acme began with 860.00 is left
    assert alice.opens(PATH).texts(NOTE) == ["Credits last until about 15 Feb 2027 at the last days’ pace."], (
        "nothing expires"
    )
    promised(acme, 300, datetime(2026, 12, 1, tzinfo=UTC))
    assert alice.opens(PATH).texts(NOTE) == [
        "Credits last until about 25 Feb 2027 at the last days’ pace.",  # ten days of it are used, 200.00 is lost
        "Next to expire: $300.00 on 1 Dec 2026; at the last days’ pace about $200.00 of it is not used by then.",
    ]
    promised(acme, 40, datetime(2026, 11, 26, tzinfo=UTC))
    assert alice.opens(PATH).texts(NOTE)[1] == (
        "Next to expire: $40.00 on 26 Nov 2026; at the last days’ pace it is used before that."
    )
    promised(acme, 5, datetime(2026, 11, 23, tzinfo=UTC), priority=90)
    assert alice.opens(PATH).texts(NOTE)[1] == (
        "Next to expire: $5.00 on 23 Nov 2026; at the last days’ pace none of it is used before that."
    )


def test_usage_that_waits_is_taken_off_what_expires_and_what_is_over_is_not_named(
    app: Flask, origin: str, acme: Customer, alice_actor: Actor
) -> None:
    def looks() -> Page:
        return cast.signed_in(app, origin, alice_actor).opens(PATH)

    promised(acme, 30, NOON + timedelta(hours=1))
    promised(acme, 50, NOON + timedelta(days=3))
    spend.uses(acme, "35")
    assert "$45.00 on 24 Nov 2026" in looks().texts(NOTE)[1]
    with clock.at(NOON + timedelta(days=2)):
        promised(acme, 7, NOON + timedelta(days=2, hours=1))
        assert "$7.00 on 23 Nov 2026" in looks().texts(NOTE)[1]
    with clock.at(NOON + timedelta(days=2, hours=2)):  # no job has run
        assert "$45.00 on 24 Nov 2026" in looks().texts(NOTE)[1]
    with clock.at(NOON + timedelta(days=4)):
        assert len(looks().texts(NOTE)) == 1


def test_one_statement_more_reads_what_expires(alice: Browser, acme: Customer) -> None:
    for _ in range(5):  # enough for the latest movements, which else are looked for further back
        give(acme, 5)
    with counted() as lasting:
        alice.opens(PATH)
    for number in range(8):
        promised(acme, 5, NOON + timedelta(days=3 + number))
    with counted() as expiring:
        alice.opens(PATH)
    assert (len(lasting), len(expiring)) == (7, 8), "\n".join(expiring)

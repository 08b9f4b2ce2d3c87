"""Series of numbers: one for each year, in the order of their dates, whatever the clock does. Money never waits for it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.verification.verify import verify
from tests.support.documents import documents_of
from tests.support.reversals import buys, sends_back

LAST_SECOND = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.both_databases
def test_the_year_turns_at_midnight_and_a_clock_that_goes_back_blocks_nothing(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    for moment in (LAST_SECOND, LAST_SECOND + SECOND, LAST_SECOND, LAST_SECOND - SECOND, LAST_SECOND + 3 * SECOND):
        with clock.at(moment):
            payment = buys(app, alice_actor, 2500)
            assert payment.state == "succeeded"
    with clock.at(LAST_SECOND - 5 * SECOND):
        sends_back(payment, 700)
    assert [(each.number, each.issued_at, each.paid_at) for each in documents_of(acme)] == [
        ("RG-2026-000001", LAST_SECOND, LAST_SECOND),
        ("RG-2027-000001", LAST_SECOND + SECOND, LAST_SECOND + SECOND),
        ("RG-2026-000002", LAST_SECOND, LAST_SECOND),
        ("RG-2026-000003", LAST_SECOND, LAST_SECOND - SECOND),
        ("RG-2027-000002", LAST_SECOND + 3 * SECOND, LAST_SECOND + 3 * SECOND),
        ("RGCN-2027-000001", LAST_SECOND + 3 * SECOND, None),
    ]
    assert verify() == []

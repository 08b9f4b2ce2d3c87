"""What the remaining credits are made of: each grant that has begun and is not over, in burn order, to the same sum."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import NotFound
from app.domain.forecast.paces import Batch
from app.domain.money import MICROS, Credits
from app.domain.numbers import Numbers, compute
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.balance import history, remaining_grants
from app.services.ledger import grants

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SOON, LATER = date(2026, 11, 25), date(2026, 12, 25)


def numbers(balance: int) -> Numbers:
    return compute(granted=0, usage=0, balance=balance, overage_limit=0, standing="good", credit_unit="USD")


@pytest.mark.parametrize(
    ("remaining", "kept"),
    [
        (60, [Batch(10, SOON), Batch(20, LATER), Batch(30)]),
        (59, [Batch(9, SOON), Batch(20, LATER), Batch(30)]),
        (50, [Batch(20, LATER), Batch(30)]),
        (45, [Batch(15, LATER), Batch(30)]),
        (1, [Batch(1)]),
        (0, []),
        (-5, []),
        (61, [Batch(10, SOON), Batch(20, LATER), Batch(30), Batch(1)]),
    ],
)
def test_what_waits_or_is_owed_is_taken_off_in_burn_order(remaining: int, kept: list[Batch]) -> None:
    found = [Batch(10, SOON), Batch(20, LATER), Batch(30)]
    assert remaining_grants.whole(found, numbers(remaining)) == kept


def give(to: Customer, units: int, expires_at: datetime | None = None, begins: datetime | None = None) -> None:
    grants.give(
        to.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test",
        expires_at=expires_at, effective_at=begins,
    )  # fmt: skip


def test_each_grant_that_has_begun_and_is_not_over_is_a_batch(app: Flask, acme: Customer, globex: Customer) -> None:
    with clock.at(NOON):
        give(globex, 7)
        give(acme, 5)
        give(acme, 4, NOON + 4 * DAY + timedelta(hours=11, minutes=30))
        give(acme, 3, NOON + DAY)
        give(acme, 2, begins=NOON + DAY)
        give(acme, 1, begins=NOON + 9 * DAY)
    with clock.at(NOON + DAY), as_customer(acme.customer_id):
        found = remaining_grants.batches(history.numbers())
    # What ends at 23:30 in UTC ends on that UTC day, wherever the machine is.
    assert found == [Batch(4 * MICROS, date(2026, 11, 25)), Batch(5 * MICROS), Batch(2 * MICROS)]


def test_usage_that_waits_is_taken_off_what_burns_first(app: Flask, acme: Customer) -> None:
    with clock.at(NOON):
        give(acme, 5)
        give(acme, 4, NOON + 4 * DAY)
        holds.authorize(AuthorizationRequest(acme.customer_id, micros=6 * MICROS, at_once=True))
        with as_customer(acme.customer_id):
            assert remaining_grants.batches(history.numbers()) == [Batch(3 * MICROS)]


def test_nobody_reads_the_numbers_of_a_customer_that_is_not_there(app: Flask) -> None:
    with as_customer("cus_none"), pytest.raises(NotFound, match=r"There is no such customer\."):
        history.numbers()

"""Holds: allowed while something is left, captured, released."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import BalanceDay
from app.models.limits import SpendSettings
from app.models.scope import as_customer, as_service
from app.models.usage import Spending, UsageDay, UsageEvent, UsageTotal
from app.services.authorizations import expiry, holds
from app.services.authorizations.refusals import NoRoom
from app.services.balance import history
from app.services.transaction import transaction
from tests.support.holding import OVERAGE, ask, credit, proved

__all__ = ["proved"]

NOON = datetime(2026, 11, 21, 12, 0, 0, 500_000, tzinfo=UTC)


def limit(customer: Customer, units: int | None, *, enabled: bool = True) -> None:
    """Set the customer's daily limit."""
    with as_service("test"), transaction() as session:
        session.merge(
            SpendSettings(
                customer_id=customer.customer_id,
                enabled=enabled,
                daily_limit_micros=None if units is None else units * MICROS,
                notify_threshold_micros=None,
                version=1,
                changed_at=clock.now(),
                changed_by="test",
            )
        )


def counters(customer: Customer) -> tuple[int, int]:
    """Return what is not posted and what is held, in micros."""
    with as_customer(customer.customer_id):
        row = db.session.scalars(select(Spending)).one()
        return row.unposted_micros, row.held_micros


def test_a_hold_leaves_less_to_use_until_it_is_released(acme: Customer) -> None:
    credit(acme, 10)
    held = ask(acme, 4)
    assert (held.allowed, held.state, held.micros) == (True, "held", 4 * MICROS)
    assert held.available_after_micros == 6 * MICROS + OVERAGE
    assert counters(acme) == (0, 4 * MICROS)
    with as_customer(acme.customer_id):
        shown = history.numbers()
    assert (shown.held.micros, shown.available_to_use.micros) == (4 * MICROS, held.available_after_micros)
    assert holds.release(held.id).state == "released"
    assert holds.release(held.id).state == "released"
    assert counters(acme) == (0, 0)


def test_what_just_reaches_the_limit_is_allowed_and_one_micro_more_is_not(acme: Customer) -> None:
    credit(acme, 10)
    refused = holds.authorize(AuthorizationRequest(acme.customer_id, micros=10 * MICROS + OVERAGE + 1))
    assert (refused.allowed, refused.reason, refused.retry_after_seconds) == (False, "insufficient_credits", None)
    assert refused.available_after_micros == 10 * MICROS + OVERAGE
    whole = ask(acme, 60)
    assert (whole.allowed, whole.available_after_micros) == (True, 0)
    assert ask(acme, 1).reason == "insufficient_credits"


def test_the_daily_limit_counts_what_is_used_and_what_is_held(acme: Customer) -> None:
    credit(acme, 100)
    limit(acme, 5)
    with clock.at(NOON):
        first = ask(acme, 3, ttl_seconds=86_400)
        ask(acme, 1, at_once=True)
        refused = ask(acme, 2)
        assert (refused.reason, refused.available_after_micros) == ("daily_limit", MICROS)
        assert refused.retry_after_seconds == 12 * 3600
        assert ask(acme, 1, ttl_seconds=86_400).allowed
        with as_customer(acme.customer_id):
            assert db.session.scalars(select(Spending)).one().dirty
    with clock.at(NOON + timedelta(hours=12)):  # yesterday's holds still count: they may be captured today
        assert ask(acme, 2).reason == "daily_limit"
        holds.release(first.id)
        assert ask(acme, 5).reason == "daily_limit"
        assert ask(acme, 4).allowed


def test_the_daily_limit_binds_only_while_spend_management_is_on(acme: Customer) -> None:
    credit(acme, 100)
    limit(acme, 5, enabled=False)
    assert ask(acme, 20).allowed
    limit(acme, None)
    assert ask(acme, 20).allowed


@pytest.mark.parametrize(("standing", "reason"), [("suspended", "suspended"), ("closed", "closed"), ("past_due", "")])
def test_the_standing_says_who_is_served(acme: Customer, standing: str, reason: str) -> None:
    credit(acme, 10)
    held = ask(acme, 1)
    with as_service("test"), transaction() as session:
        session.get_one(Customer, acme.customer_id).standing = standing
    assert ask(acme, 1).reason == reason
    assert holds.capture(held.id).micros == MICROS  # what was promised is kept


def test_a_capture_uses_what_was_held_and_writes_what_it_was(acme: Customer) -> None:
    credit(acme, 10)
    with clock.at(NOON):
        held = ask(acme, meter="requests", quantity=5_000)
        assert held.micros == 2 * MICROS
        taken = holds.capture(held.id, quantity=2_000)
    assert (taken.micros, taken.hold.state, taken.hold.captured_quantity) == (800_000, "captured", 2_000)
    assert taken.available == 10 * MICROS - 800_000 + OVERAGE
    assert counters(acme) == (800_000, 0)
    with as_customer(acme.customer_id):
        event = db.session.scalars(select(UsageEvent)).one()
        assert (event.id, event.quantity, event.micros, event.authorization_id) == (held.id, 2_000, 800_000, held.id)
        # On PostgreSQL what a busy machine lets the statement wait is added.
        assert NOON <= event.received_at < NOON + timedelta(hours=1) and event.day == NOON.date()
        total = db.session.scalars(select(UsageTotal)).one()
        assert (total.quantity, total.held_quantity, total.micros) == (2_000, 0, 800_000)
        day = db.session.scalars(select(UsageDay)).one()
        assert (day.quantity, day.events, day.micros, day.posted_micros) == (2_000, 1, 800_000, 0)
        assert day.due_on == NOON.date() + timedelta(days=1)
        assert db.session.get_one(BalanceDay, (acme.customer_id, NOON.date())).used_micros == 800_000


def test_a_hold_is_used_bit_by_bit(acme: Customer) -> None:
    credit(acme, 10)
    held = ask(acme, 5)
    first = holds.capture(held.id, credits=Credits(2 * MICROS), keep=True)
    assert (first.hold.state, counters(acme)) == ("held", (2 * MICROS, 3 * MICROS))
    second = holds.capture(held.id, credits=Credits(MICROS))
    assert (second.hold.state, second.hold.captures, second.hold.captured_micros) == ("captured", 2, 3 * MICROS)
    assert counters(acme) == (3 * MICROS, 0)
    with as_customer(acme.customer_id):
        assert set(db.session.scalars(select(UsageEvent.id))) == {f"{held.id}:1", f"{held.id}:2"}


def test_a_hold_that_is_used_up_bit_by_bit_is_over(acme: Customer) -> None:
    credit(acme, 10)
    held = ask(acme, meter="requests", quantity=2_000)
    holds.capture(held.id, quantity=1_500, keep=True)
    last = holds.capture(held.id, quantity=500, keep=True)
    assert (last.hold.state, counters(acme)) == ("captured", (800_000, 0))


def test_more_than_was_held_is_captured_only_where_it_is_available(acme: Customer) -> None:
    credit(acme, 10)
    held, _other = ask(acme, 5), ask(acme, 50)
    with pytest.raises(NoRoom) as refusal:
        holds.capture(held.id, credits=Credits(11 * MICROS))
    assert (refusal.value.reason, refusal.value.status, refusal.value.available) == (
        "insufficient_credits", 402, 5 * MICROS,
    )  # fmt: skip
    assert counters(acme) == (0, 55 * MICROS)
    assert holds.capture(held.id, credits=Credits(10 * MICROS)).available == 0
    assert counters(acme) == (10 * MICROS, 50 * MICROS)


def test_the_day_stops_a_capture_of_more_too(acme: Customer) -> None:
    credit(acme, 100)
    limit(acme, 5)
    with clock.at(NOON):
        held = ask(acme, 5)
        with pytest.raises(NoRoom) as refusal:
            holds.capture(held.id, credits=Credits(6 * MICROS))
        assert (refusal.value.reason, refusal.value.retry_after) == ("daily_limit", 12 * 3600)
        assert holds.capture(held.id).micros == 5 * MICROS


def test_captured_at_once_is_used_at_once(acme: Customer) -> None:
    credit(acme, 10)
    made = ask(acme, 4, at_once=True)
    assert (made.state, made.captured_micros, counters(acme)) == ("captured", 4 * MICROS, (4 * MICROS, 0))
    with pytest.raises(Refused, match="captured already"):
        holds.capture(made.id, credits=Credits(MICROS))


def test_the_last_capture_sent_again_is_answered_as_it_was(acme: Customer) -> None:
    credit(acme, 10)
    held = ask(acme, 4)
    first = holds.capture(held.id, credits=Credits(3 * MICROS))
    again = holds.capture(held.id, credits=Credits(3 * MICROS))
    assert (again.micros, again.available, again.hold) == (first.micros, first.available, first.hold)
    with pytest.raises(Refused) as refusal:
        holds.capture(held.id, credits=Credits(2 * MICROS))
    assert (refusal.value.reason, refusal.value.status) == ("authorization_captured", 409)
    assert counters(acme) == (3 * MICROS, 0)


@pytest.mark.case("AC-1")
def test_the_same_key_is_answered_in_the_same_words(acme: Customer) -> None:
    credit(acme, 10)
    first = ask(acme, 4, key="order-1")
    again = ask(acme, 4, key="order-1")
    assert again == first
    no = ask(acme, 57, key="order-2")
    credit(acme, 100)
    assert ask(acme, 57, key="order-2") == no
    assert not no.allowed
    with pytest.raises(Refused) as refusal:
        ask(acme, 5, key="order-1")
    assert (refusal.value.status, refusal.value.reason) == (409, "idempotency_key_reused")
    assert counters(acme) == (0, 4 * MICROS)


def test_a_hold_whose_time_is_over_is_released_once(acme: Customer) -> None:
    credit(acme, 10)
    with clock.at(NOON):
        short, long = ask(acme, 4, ttl_seconds=60), ask(acme, meter="requests", quantity=1_000, ttl_seconds=3600)
        assert expiry.expire_due() == 0
    with clock.at(short.expires_at):  # whatever PostgreSQL waited for while it was asked is added to it
        with pytest.raises(Refused) as refusal:
            holds.capture(short.id)
        assert refusal.value.reason == "authorization_expired"
        assert expiry.expire_due() == 1
        assert expiry.expire_due() == 0
        assert holds.find(short.id).state == "expired"
        assert counters(acme) == (0, long.micros)
    with clock.at(NOON + timedelta(hours=2)):
        assert expiry.expire_due() == 1
    with as_customer(acme.customer_id):
        assert db.session.scalars(select(UsageTotal.held_quantity)).all() == [0]

"""Credit that an open hold holds does not expire before the hold ends; the rest of it does, at its time."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app import clock
from app.domain.authorizations import Authorized
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.domain.numbers import Numbers
from app.models.customers import Customer
from app.models.database import db
from app.models.events import OutboxEvent
from app.models.ledger import Account, Grant, Transfer
from app.models.scope import as_customer, as_service
from app.services.authorizations import expiry, holds
from app.services.balance import history
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import cast, stepped, tiers
from tests.support.databases import Database
from tests.support.holding import OVERAGE, ask, proved
from tests.support.meters import post_all

__all__ = ["proved"]

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def lent(customer: Customer, units: int, lasts: timedelta | None = None, priority: int = 50) -> str:
    """Give credit that lasts so long, and return its grant."""
    return grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(units * MICROS),
        granted_by="test",
        reason="Test",
        expires_at=clock.now() + lasts if lasts else None,
        priority=priority,
    ).id


def shown(customer: Customer) -> Numbers:
    """Return what pages and the API show."""
    with as_customer(customer.customer_id):
        return history.numbers()


def rows(customer: Customer) -> list[tuple[str, int]]:
    """Return the balance history in whole credits, the oldest first."""
    with as_service("test"):
        found = db.session.scalars(
            select(Transfer)
            .where(Transfer.customer_id == customer.customer_id, Transfer.sequence.is_not(None))
            .order_by(Transfer.sequence)
        )
        return [(row.kind, (row.change_micros or 0) // MICROS) for row in found]


def left(grant_id: str) -> int:
    """Return what is left in the grant."""
    with as_service("test"):
        return db.session.get_one(Grant, grant_id, populate_existing=True).remaining_micros // MICROS


def units(value: Credits) -> int:
    return value.micros // MICROS


@pytest.mark.parametrize("job_runs", [True, False])
def test_what_is_held_is_there_when_it_is_captured_after_its_expiry(acme: Customer, job_runs: bool) -> None:
    with clock.at(NOON):
        lent(acme, 100, 4 * SECOND)
        hold = ask(acme, 100, ttl_seconds=60)
    with clock.at(NOON + 5 * SECOND):
        if job_runs:
            assert grants.expire_due() == 0
        assert units(shown(acme).remaining_credits) == 100
        assert shown(acme).available_to_use.micros == OVERAGE
        holds.capture(hold.id)
        assert shown(acme).remaining_credits.micros == 0
        post_all(acme.customer_id)
    assert rows(acme) == [("promotional", 100), ("usage", -100)]


@pytest.mark.parametrize("job_runs", [True, False])
def test_what_is_not_held_expires_at_its_time_and_the_rest_when_the_hold_ends(acme: Customer, job_runs: bool) -> None:
    with clock.at(NOON):
        given = lent(acme, 100, HOUR)
        hold = ask(acme, 30, ttl_seconds=7200)
    with clock.at(NOON + HOUR):
        assert units(shown(acme).remaining_credits) == 30
        if job_runs:
            assert grants.expire_due() == 1
            assert left(given) == 30
            assert grants.expire_due() == 0
        holds.capture(hold.id, credits=Credits(10 * MICROS), keep=True)
        assert units(shown(acme).remaining_credits) == 20
        holds.capture(hold.id, credits=Credits(5 * MICROS))
        assert shown(acme).remaining_credits.micros == 0
        assert (grants.expire_due() == 1) or not job_runs
        ask(acme, 1)
        assert left(given) == 0
        assert sum(change for kind, change in rows(acme) if kind == "expired") == -85
    with as_service("test"):
        events = [each for each in db.session.scalars(select(OutboxEvent)) if each.type == "credits.expired"]
    assert len(events) == len([kind for kind, _change in rows(acme) if kind == "expired"])


@pytest.mark.parametrize("ends", ["released", "expired"])
def test_what_a_hold_kept_expires_with_it(acme: Customer, ends: str) -> None:
    with clock.at(NOON):
        given = lent(acme, 10, HOUR)
        hold = ask(acme, 10, ttl_seconds=7200)
    with clock.at(NOON + HOUR):
        grants.expire_due()
        assert left(given) == 10
        if ends == "released":
            holds.release(hold.id)
            assert (shown(acme).remaining_credits.micros, shown(acme).available_to_use.micros) == (0, OVERAGE)
            ask(acme, 1)  # whoever asks next does what is due
            assert left(given) == 0
    with clock.at(NOON + 2 * HOUR):
        assert (shown(acme).remaining_credits.micros, shown(acme).held.micros) == (0, 0)
        grants.expire_due()
        expiry.expire_due()
        assert left(given) == 0


def test_who_asks_after_the_expiry_is_not_promised_what_a_hold_keeps_and_keeps_nothing_alive(acme: Customer) -> None:
    with clock.at(NOON):
        given = lent(acme, 10, HOUR)
        lent(acme, 4)
        before = ask(acme, 10, ttl_seconds=7200)
    with clock.at(NOON + HOUR):
        over = ask(acme, 55, ttl_seconds=7200)
        assert (over.allowed, over.reason, over.available_after_micros) == (False, "insufficient_credits", 54 * MICROS)
        after = ask(acme, 4, ttl_seconds=7200)
        assert (after.allowed, after.available_after_micros) == (True, OVERAGE)
        holds.release(before.id)
        assert (units(shown(acme).remaining_credits), shown(acme).available_to_use.micros) == (4, OVERAGE)
        grants.expire_due()
        assert left(given) == 0
        holds.capture(after.id)
        assert shown(acme).remaining_credits.micros == 0


def test_a_hold_keeps_what_expires_first_and_each_of_it_once(acme: Customer) -> None:
    with clock.at(NOON):
        first, second = lent(acme, 6, HOUR), lent(acme, 6, 2 * HOUR)
        hold = ask(acme, 8, ttl_seconds=86_400)
    with clock.at(NOON + 3 * HOUR):
        grants.expire_due()
        assert (left(first), left(second)) == (6, 2)
        holds.capture(hold.id, credits=Credits(7 * MICROS), keep=True)
        assert units(shown(acme).remaining_credits) == 1
        holds.release(hold.id)
        grants.expire_due()
        assert (left(first), left(second)) == (0, 0)


_STEPS = st.one_of(
    st.tuples(st.just("give"), st.integers(1, 9), st.sampled_from([None, 1, 2, 3])),
    st.tuples(st.just("ask"), st.integers(1, 60), st.integers(1, 4)),
    st.tuples(st.just("ask"), st.integers(1, 12), st.integers(1, 4)),
    st.tuples(st.just("capture"), st.integers(0, 3), st.integers(1, 12), st.booleans()),
    st.tuples(st.just("release"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(1, 2)),
    st.tuples(st.just("jobs")),
)


class Story:
    """A customer whose usage is all authorized."""

    def __init__(self, customer: Customer) -> None:
        self.customer, self.holds, self.hours = customer, list[Authorized](), 0

    def takes(self, step: tuple[object, ...]) -> None:
        match step:
            case ("give", int(amount), lasts):
                lent(self.customer, amount, lasts * HOUR if isinstance(lasts, int) else None)
            case ("ask", int(amount), int(hours)):
                self.holds.append(ask(self.customer, amount, ttl_seconds=hours * 3600))
            case ("capture", int(place), int(amount), bool(keep)) if place < len(self.holds):
                self._tries(lambda: holds.capture(self.holds[place].id, credits=Credits(amount * MICROS), keep=keep))
            case ("release", int(place)) if place < len(self.holds):
                self._tries(lambda: holds.release(self.holds[place].id))
            case ("wait", int(hours)):
                self.hours += hours
            case ("jobs",):
                grants.expire_due()
                expiry.expire_due()

    def _tries(self, change: Callable[[], object]) -> None:
        with suppress(Refused):  # it is over, or there is not so much
            change()


def test_no_expiry_brings_what_was_authorized_below_the_floor_whatever_the_history(
    app: Flask, catalog: str, database: Database
) -> None:
    @settings(
        max_examples=tiers.sample_of({"sqlite": 4, "postgresql": 1}[database.kind], proof=60),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(_STEPS, min_size=4, max_size=16))
    def holds_its_floor(steps: list[tuple[object, ...]]) -> None:
        with clock.at(NOON):
            story = Story(cast.make_customer(f"Customer{next(_numbers)}"))
        for step in steps:
            with clock.at(NOON + story.hours * HOUR):
                story.takes(step)
                numbers = shown(story.customer)
                assert numbers.remaining_credits.micros - numbers.held.micros >= -OVERAGE, step
                assert verify(story.customer.customer_id) == []

    holds_its_floor()


_numbers = count(1)


@pytest.mark.parametrize("job_runs", [True, False])
def test_what_a_hold_kept_stays_where_other_credit_was_used_and_later_holds_count_on_it(
    acme: Customer, job_runs: bool
) -> None:
    """The first hold kept what expires first and used the other credit, which the second was promised."""
    with as_service("test"), transaction() as session:
        session.get_one(Customer, acme.customer_id).overage_protection_micros = 0
        session.execute(
            update(Account).where(Account.customer_id == acme.customer_id, Account.floor < 0).values(floor=0)
        )
    with clock.at(NOON):
        over, other = lent(acme, 100, HOUR), lent(acme, 100, priority=10)
        first = ask(acme, 100, ttl_seconds=86_400)
    with clock.at(NOON + HOUR):
        second = ask(acme, 70, ttl_seconds=86_400)
        assert (second.allowed, second.available_after_micros) == (True, 30 * MICROS)
        holds.capture(first.id)
        assert (units(shown(acme).remaining_credits), shown(acme).available_to_use.micros) == (70, 0)
        if job_runs:
            assert grants.expire_due() == 1
            assert (left(other), left(over)) == (0, 70)
            assert grants.expire_due() == 0
        holds.capture(second.id, credits=Credits(50 * MICROS))
        assert shown(acme).remaining_credits.micros == 0
        grants.expire_due()
        assert (left(over), shown(acme).remaining_credits.micros) == (0, 0)


def test_credit_stays_for_a_meters_hold_that_others_moved_behind_the_allowance(app: Flask) -> None:
    """The hold took nothing when it was made; what was used since has its place in the allowance."""
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=1)  # 100 are included, then three cost 0.70
        over = lent(acme, 30, HOUR)
        held = ask(acme, meter="included", quantity=90, ttl_seconds=86_400)
        assert ask(acme, meter="included", quantity=100, at_once=True).captured_micros == 0
        assert (held.micros, units(shown(acme).held)) == (0, 21)
    with clock.at(NOON + HOUR):
        assert units(shown(acme).remaining_credits) == 22
        assert grants.expire_due() == 1
        assert left(over) == 21
        assert holds.capture(held.id).micros == 21 * MICROS
        assert units(shown(acme).remaining_credits) == 1


def test_a_meters_hold_made_after_a_grants_time_keeps_nothing_of_it_whatever_else_expires_later(acme: Customer) -> None:
    """Nor do holds of others, who use the same meter."""
    with clock.at(NOON):
        over, _later = lent(acme, 10, HOUR), lent(acme, 100, 9 * HOUR)
        first = ask(acme, meter="requests", quantity=25_000, ttl_seconds=86_400)
    with clock.at(NOON + HOUR):
        assert grants.expire_due() == 0
        ask(acme, meter="requests", quantity=50_000, ttl_seconds=86_400)
        holds.release(first.id)
        assert (grants.expire_due(), left(over)) == (1, 0)
        assert verify(acme.customer_id) == []

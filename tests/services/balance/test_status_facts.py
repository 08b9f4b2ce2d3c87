"""The facts of the status line come from the rows: what it says of calls is what authorizations answer."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.blocks import Block
from app.domain.money import MICROS, Credits
from app.domain.sold_terms import Terms
from app.domain.status_line import REFUSED, Kind, Status, rank
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.balance import history, status_facts
from app.services.catalog import versions
from tests.support import meters, spend
from tests.support.statements import counted

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KINDS = {"suspended": {Kind.NOT_SERVED}, "insufficient_credits": {Kind.NO_CREDIT, Kind.HELD},
         "daily_limit": {Kind.DAY_LIMIT}, "plan_limit": {Kind.PLAN_LIMIT}}  # fmt: skip
_numbers = count(1)
_names = count(1)


def line(customer: Customer) -> Status | None:
    """Return what the line says of the customer now."""
    with as_customer(customer.customer_id):
        catalog = versions.of(customer)
        found = rank(status_facts.facts(history.numbers(), Terms.of(catalog, customer.plan)))
        db.session.rollback()
    return found


def blocked(customer: Customer) -> Block | None:
    """Return what the API says that refuses the customer's calls."""
    with as_customer(customer.customer_id):
        found = status_facts.facts(history.numbers(), Terms.of(versions.of(customer), customer.plan)).blocked_by
        db.session.rollback()
    return found


def asked(customer: Customer, meter: str = "", **more: object) -> Authorized:
    """Ask for the least that can be asked for, and give it back."""
    least = {"quantity": 1} if meter else {"micros": 1}
    answer = holds.authorize(AuthorizationRequest(customer.customer_id, meter, **least | more))  # type: ignore[arg-type]
    if answer.allowed:
        holds.release(answer.id)
    return answer


def agrees(customer: Customer, meter: str) -> None:
    """See that the line says of calls what the answers are."""
    found, plain, of_meter = line(customer), asked(customer), asked(customer, meter)
    block = blocked(customer)
    if not plain.allowed:
        assert block is not None and block.reason == plain.reason
        assert found is not None and found.kind in KINDS[plain.reason]
        assert found.is_partly or not of_meter.allowed
    elif of_meter.reason == "plan_limit":
        assert block is not None and (block.reason, meter in block.meters) == ("plan_limit", True)
        assert found is not None and found.kind is Kind.PLAN_LIMIT
    else:
        assert block is None
        assert found is None or found.kind not in REFUSED


STEPS = st.lists(
    st.tuples(st.sampled_from(["give", "use", "report", "hold", "hold credit", "limit", "later"]), st.integers(1, 60)),
    min_size=1,
    max_size=7,
)


@pytest.mark.both_databases
def test_whatever_happened_the_line_says_of_calls_what_is_answered(app: Flask) -> None:
    meters.apply()

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def plays(steps: list[tuple[str, int]]) -> None:
        with clock.at(NOON):
            customer = meters.customer(f"Acme{next(_names)}", plan="paid")
        now = NOON
        for what, many in steps:
            with clock.at(now):
                if what == "give":
                    spend.gives(customer, str(many))
                elif what == "report":
                    meters.accept_one(
                        customer.customer_id, id=f"e{next(_numbers)}", meter="requests", quantity=many * 80
                    )
                elif what == "use":
                    meters.accept_one(customer.customer_id, id=f"e{next(_numbers)}", meter="hours", quantity=many * 90)
                elif what == "hold":
                    holds.authorize(AuthorizationRequest(customer.customer_id, "requests", many * 40, ttl_seconds=1800))
                elif what == "hold credit":
                    holds.authorize(AuthorizationRequest(customer.customer_id, micros=many * MICROS, ttl_seconds=1800))
                elif what == "limit":
                    spend.chooses(customer, str(many))
                else:
                    now += timedelta(minutes=many * 24)
            with clock.at(now):
                agrees(customer, "requests")

    plays()


def test_a_hold_that_is_over_is_counted_no_more_before_any_job_saw_it(app: Flask) -> None:
    meters.apply()
    with clock.at(NOON):
        customer = meters.customer("Acme", plan="paid")
        spend.gives(customer, "1000")
        holds.authorize(AuthorizationRequest(customer.customer_id, "requests", 5000, ttl_seconds=60))
        first = line(customer)
    with clock.at(NOON + timedelta(minutes=2)):
        second = line(customer)
    assert first is not None and first.kind is Kind.PLAN_LIMIT
    assert second is None


@pytest.mark.both_databases
def test_it_is_read_in_one_statement_around_the_numbers(app: Flask, acme: Customer) -> None:
    spend.gives(acme, "100")
    spend.uses(acme, "30")
    with as_customer(acme.customer_id):
        catalog, numbers = versions.of(acme), history.numbers()
        with counted() as statements:
            found = status_facts.facts(numbers, Terms.of(catalog, acme.plan))
    assert len(statements) == 1
    assert found.numbers.remaining_credits == Credits(70 * MICROS)

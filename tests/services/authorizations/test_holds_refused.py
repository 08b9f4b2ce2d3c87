"""Holds that are refused, with which reason, and what is kept of them."""

import pytest

from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import NotFound, Refused
from app.domain.money import MICROS, Credits
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.customers import registration
from tests.support.holding import OVERAGE, ask, credit, proved
from tests.support.small_catalogs import SMALL

__all__ = ["proved"]
BOUND = r"At most 999999999999\.999999 credits can be authorized"


def test_what_was_refused_is_kept_with_its_reason(acme: Customer) -> None:
    refused = ask(acme, 51)
    with as_customer(acme.customer_id):
        row = db.session.get_one(Authorization, refused.id)
        assert (row.state, row.reason, row.available_after_micros) == ("refused", "insufficient_credits", OVERAGE)
    with pytest.raises(Refused, match="refused"):
        holds.capture(refused.id)


QUANTITY = "A quantity is from 1 to 1,000,000,000,000."
TTL = "An authorization is open for 1 to 86,400 seconds."


@pytest.mark.both_databases
def test_what_cannot_be_judged_is_refused_with_words_beside_what_was_asked(acme: Customer) -> None:
    for asked, reason, field, words in (
        ({"meter": "nothing", "quantity": 1}, "unknown_meter", "meter", ""),
        ({"meter": "requests", "quantity": 0}, "quantity_out_of_range", "quantity", QUANTITY),
        ({"meter": "requests", "quantity": 10**12 + 1}, "quantity_out_of_range", "quantity", QUANTITY),
        ({"micros": 0}, "nothing_asked", "credits", "Ask for more than zero credits, or for a meter and a quantity."),
        ({"micros": 1, "ttl_seconds": 86_401}, "ttl_out_of_range", "ttl_seconds", TTL),
        ({"micros": 1, "ttl_seconds": 0}, "ttl_out_of_range", "ttl_seconds", TTL),
    ):
        with pytest.raises(Refused) as refusal:
            holds.authorize(AuthorizationRequest(acme.customer_id, **asked))  # type: ignore[arg-type]
        assert (refusal.value.reason, refusal.value.status, refusal.value.field) == (reason, 422, field)
        assert words in refusal.value.sentence
    for name in ("nobody", "no\nbody"):
        with pytest.raises(NotFound, match=r"There is no such customer\."):
            holds.authorize(AuthorizationRequest(name, micros=MICROS))


@pytest.mark.both_databases
def test_what_cannot_be_captured_is_refused_with_words_beside_what_was_asked(acme: Customer) -> None:
    credit(acme, 10)
    of_credit, of_meter = ask(acme, 1), ask(acme, meter="requests", quantity=1)
    for hold, asked, reason, field in (
        (of_credit, {"quantity": 1}, "quantity_unexpected", "quantity"),
        (of_meter, {"credits": Credits(1)}, "credits_unexpected", "credits"),
        (of_meter, {"quantity": 0}, "quantity_out_of_range", "quantity"),
        (of_meter, {"quantity": 10**12 + 1}, "quantity_out_of_range", "quantity"),
        (of_credit, {"credits": Credits(0)}, "credits_too_small", "credits"),
    ):
        with pytest.raises(Refused) as refusal:
            holds.capture(hold.id, **asked)  # type: ignore[arg-type]
        assert (refusal.value.reason, refusal.value.status, refusal.value.field) == (reason, 422, field)
    for hold_id in ("hold_00000000000000000000000000", "nothing"):
        for work in (holds.capture, holds.release, holds.find):
            with pytest.raises(NotFound, match=r"There is no such authorization\."):
                work(hold_id)
    with pytest.raises(NotFound):
        holds.find(of_credit.id, "cus_none")
    assert holds.find(of_credit.id, acme.customer_id).id == holds.find(of_credit.id).id == of_credit.id


@pytest.mark.both_databases
def test_a_number_beyond_all_credit_is_only_not_enough_and_is_answered_as_it_was_asked(acme: Customer) -> None:
    for micros in (10**17 + 1, 10**18 - 1):
        refused = holds.authorize(AuthorizationRequest(acme.customer_id, micros=micros))
        assert (refused.reason, refused.micros) == ("insufficient_credits", micros)
    refused = holds.authorize(AuthorizationRequest(acme.customer_id, meter="egress", quantity=10**12))
    assert (refused.reason, refused.micros) == ("insufficient_credits", 80 * 10**12)


@pytest.mark.both_databases
def test_what_costs_more_than_can_be_said_is_refused_with_the_bound(acme: Customer) -> None:
    versions.apply(SMALL.replace('"0.40"', '"2000"').replace("per = 1000", "per = 1"))
    small = registration.create(name="Small", email="billing@small.example", catalog="small", external_id="small")
    credit(small, 10)
    for of, asked in (
        (acme, {"micros": 10**18}),
        (acme, {"micros": 10**18, "at_once": True}),
        (small, {"meter": "requests", "quantity": 5 * 10**11}),
    ):
        with pytest.raises(Refused, match=BOUND) as refusal:
            holds.authorize(AuthorizationRequest(of.customer_id, **asked))  # type: ignore[arg-type]
        assert (refusal.value.reason, refusal.value.status) == ("credits_out_of_range", 422)
    held = holds.authorize(AuthorizationRequest(small.customer_id, micros=MICROS))
    with pytest.raises(Refused, match=BOUND):
        holds.capture(held.id, credits=Credits(10**18))


def test_the_host_may_call_the_customer_by_its_own_name(acme: Customer) -> None:
    credit(acme, 10)
    made = holds.authorize(AuthorizationRequest("acme", micros=MICROS))
    assert made.customer_id == acme.customer_id
    with pytest.raises(NotFound):
        holds.authorize(AuthorizationRequest("nobody", micros=MICROS))
    with pytest.raises(NotFound):
        holds.capture("hold_00000000000000000000000000")


def test_units_of_credit_and_units_of_a_meter_are_not_mixed(acme: Customer) -> None:
    credit(acme, 10)
    of_credit, of_meter = ask(acme, 1), ask(acme, meter="requests", quantity=1)
    with pytest.raises(Refused, match="for credits"):
        holds.capture(of_credit.id, quantity=1)
    with pytest.raises(Refused, match="for a meter"):
        holds.capture(of_meter.id, credits=Credits(1))


@pytest.mark.both_databases
def test_a_capture_with_a_key_is_done_once_and_answered_again(acme: Customer) -> None:
    credit(acme, 10)
    hold = ask(acme, 5)
    first = holds.capture(hold.id, credits=Credits(2 * MICROS), keep=True, key="one")
    again = holds.capture(hold.id, credits=Credits(2 * MICROS), keep=True, key="one")
    assert (first, again) == (again, first)
    assert (again.micros, again.hold.id, again.hold.captured_micros) == (2 * MICROS, hold.id, 2 * MICROS)
    with pytest.raises(Refused) as refusal:
        holds.capture(hold.id, credits=Credits(MICROS), keep=True, key="one")
    assert (refusal.value.reason, refusal.value.status) == ("idempotency_key_reused", 409)

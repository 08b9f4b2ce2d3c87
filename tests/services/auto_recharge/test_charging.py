"""Automatic charges: when they are made, how much, by which method, and when they are not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer, as_service
from app.services.auto_recharge import settings
from app.services.ledger import grants
from app.services.payment_methods import saved as saved_methods
from app.services.reversals import refunds
from app.services.transaction import transaction
from tests.support import recharge, shop, spend, tiers
from tests.support.outcome import Outcome, outcome
from tests.support.rails import buys

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
TRIED = (0, 1, 7, 31)
"""After so many hours a declining card is tried."""
AROUND = {60 * hours + minutes for hours in TRIED for minutes in (-20, 0, 20) if 60 * hours + minutes >= 0}
LOOKED_AT = sorted(AROUND | set(range(0, 60 * 60, tiers.sample_of(360, proof=20))))
"""The minutes at which the worker runs: around each try, and all through the sixty hours."""


@pytest.fixture(autouse=True)
def noon() -> object:
    with clock.at(NOW):
        yield


@pytest.fixture
def on(alice_actor: Actor) -> Actor:
    """Alice, whose customer has a good card and auto-recharge on: below $20, $25 at once, $50 a period."""
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    return alice_actor


@pytest.mark.case("AC-3", "AC-5")
@pytest.mark.both_databases
def test_credit_below_the_threshold_is_bought_once(app: Flask, acme: Customer, on: Actor) -> None:
    recharge.runs(app)  # nothing is left
    recharge.runs(app, NOW + timedelta(minutes=30))
    assert recharge.states(acme) == [(2500, "succeeded")]
    assert shop.remaining(acme) == 25_000_000
    assert recharge.budget(acme) == (0, 2500)
    assert recharge.decisions(acme) == ["charge"]
    assert recharge.events(acme) == ["succeeded"]
    assert outcome(app, acme.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])


def test_usage_that_falls_below_the_threshold_has_credit_bought(app: Flask, acme: Customer, on: Actor) -> None:
    spend.gives(acme, "100")
    recharge.runs(app)
    assert recharge.states(acme) == []
    spend.uses(acme, "80.01")
    recharge.runs(app, NOW + timedelta(minutes=1))
    assert recharge.states(acme) == [(2500, "succeeded")]


@pytest.mark.case("AC-3")
def test_one_charge_closes_the_gap_in_whole_multiples(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80", limit=50000)
    recharge.runs(app)
    assert recharge.states(acme) == [(10000, "succeeded")]  # 80 are missing: four times 25


@pytest.mark.case("AC-3")
def test_a_charge_is_no_more_than_the_limit_leaves(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80")
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(minutes=5))
    assert recharge.states(acme) == [(5000, "succeeded")]
    assert recharge.decisions(acme) == ["charge", "limit_reached"]
    assert recharge.events(acme) == ["limit_100", "succeeded"]
    assert [each for each in recharge.mails(acme) if each.startswith("auto")] == ["auto_recharge_limit"]


def test_the_limit_counts_anew_in_the_next_period(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor, threshold="80")
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(days=31))
    assert recharge.states(acme) == [(5000, "succeeded"), (5000, "succeeded")]
    assert recharge.budget(acme) == (0, 10000)


@pytest.mark.case("AC-4", "AC-10")
def test_a_declining_card_is_tried_at_the_stated_times_and_then_no_more(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor, shop.BROKE)
    recharge.on(alice_actor)
    for minutes in LOOKED_AT:
        recharge.runs(app, NOW + timedelta(minutes=minutes), times=2)
    begun = [each.created_at - NOW for each in recharge.automatic(acme)]
    assert begun == [timedelta(hours=hours) for hours in TRIED]
    assert recharge.states(acme) == [(2500, "failed")] * 4
    assert recharge.budget(acme) == (0, 0)
    assert recharge.events(acme) == ["failed"] * 4 + ["suspended"]
    assert recharge.mails(acme).count("payment_failed") == 4
    assert recharge.mails(acme).count("auto_recharge_stopped") == 1
    assert recharge.decisions(acme) == ["charge", "retry_later"] * 3 + ["charge", "suspended"]


@pytest.mark.case("AC-13")
def test_another_card_lifts_the_suspension_and_the_same_one_saved_again_does_not(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor, shop.BROKE)
    recharge.on(alice_actor)
    for hours in (0, 1, 7, 31):
        recharge.runs(app, NOW + timedelta(hours=hours))
    with clock.at(NOW + timedelta(hours=40)):
        shop.add_method(alice_actor, shop.BROKE)
        recharge.runs(app, NOW + timedelta(hours=41))
        assert len(recharge.automatic(acme)) == 4
        good = shop.add_method(alice_actor)
        with as_customer(acme.customer_id):
            saved_methods.make_default(alice_actor, good.id)
    recharge.runs(app, NOW + timedelta(hours=42))
    assert recharge.states(acme)[4:] == [(2500, "succeeded")]


def test_another_card_is_charged_before_the_retry_of_the_first_one_is_due(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    broke = shop.add_method(alice_actor, shop.BROKE)
    recharge.on(alice_actor)
    for hours in (0, 1, 7):
        recharge.runs(app, NOW + timedelta(hours=hours))  # the next retry is a day later
    with clock.at(NOW + timedelta(hours=8)), as_customer(acme.customer_id):
        shop.add_method(alice_actor)
        saved_methods.remove(alice_actor, broke.id)
    recharge.runs(app, NOW + timedelta(hours=8, minutes=10))
    assert recharge.states(acme)[3:] == [(2500, "succeeded")]


def test_another_method_is_charged_where_the_customer_allows_it(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    broke = shop.add_method(alice_actor, shop.BROKE)
    shop.add_method(alice_actor)
    recharge.on(alice_actor, method_id=broke.id, other_methods=True)
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(minutes=2))
    assert recharge.states(acme) == [(2500, "failed"), (2500, "succeeded")]
    assert recharge.budget(acme) == (0, 2500)


@pytest.mark.case("AC-11")
def test_a_bank_that_asks_pauses_it_at_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    recharge.on(alice_actor)
    recharge.runs(app)
    recharge.runs(app, NOW + timedelta(hours=2))
    assert recharge.states(acme) == [(2500, "requires_action")]
    assert recharge.budget(acme) == (2500, 0)
    assert "action_needed" in recharge.mails(acme)
    for hours in (25, 30, 60):
        recharge.runs(app, NOW + timedelta(hours=hours))
    assert recharge.states(acme) == [(2500, "canceled")]
    assert (recharge.budget(acme), recharge.decisions(acme)) == ((0, 0), ["charge", "suspended"])


@pytest.mark.case("AC-6", "AC-7")
@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"period_limit": Money(2000, "USD")}, "limit_below_purchase", "period_limit"),
        ({"amount": Money(100, "USD")}, "amount_out_of_bounds", "amount"),
        ({"amount": None}, "amount_or_pack", "amount"),
        ({"amount": None, "pack": "gold"}, "pack_unknown", "pack"),
        ({"threshold": Credits(-100_000_000)}, "threshold_out_of_bounds", "threshold"),
        ({"period_limit": Money(0, "USD")}, "period_limit_out_of_bounds", "period_limit"),
    ],
)
def test_a_set_that_cannot_be_kept_is_refused_whole(
    acme: Customer, alice_actor: Actor, changes: dict[str, Any], reason: str, field: str
) -> None:
    shop.add_method(alice_actor)
    before = recharge.terms(alice_actor)
    wanted = replace(before, enabled=True, **changes)
    with pytest.raises(Refused) as refused:
        settings.change(acme.customer_id, wanted, by="x", accepted=None)
    assert (refused.value.reason, refused.value.field, refused.value.status) == (reason, field, 422)
    assert recharge.terms(alice_actor) == before


def test_nothing_is_charged_after_it_is_switched_off(app: Flask, acme: Customer, on: Actor) -> None:
    recharge.chooses(on, enabled=False)
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert recharge.states(acme) == []


def test_a_refund_of_an_automatic_charge_switches_it_off(app: Flask, acme: Customer, on: Actor) -> None:
    recharge.runs(app)
    (payment,) = recharge.automatic(acme)
    refunds.refund(payment.id, reason="Wrong customer", requested_by="support")
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert recharge.terms(on).enabled is False
    assert recharge.states(acme) == [(2500, "refunded")]
    assert recharge.events(acme) == ["succeeded", "suspended"]
    assert recharge.budget(acme) == (0, 2500)
    with clock.at(NOW + timedelta(minutes=30)):
        recharge.on(on)
    recharge.runs(app, NOW + timedelta(minutes=40))
    assert recharge.states(acme) == [(2500, "refunded"), (2500, "succeeded")]


def test_a_removed_card_is_not_charged(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    card = shop.add_method(alice_actor)
    recharge.on(alice_actor)
    with as_customer(acme.customer_id):
        saved_methods.remove(alice_actor, card.id)
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["no_method"])
    shop.add_method(alice_actor)
    recharge.runs(app, NOW + timedelta(minutes=40))
    assert recharge.states(acme) == [(2500, "succeeded")]


@pytest.mark.parametrize("standing", ["suspended", "closed"])
def test_who_is_not_served_is_not_charged(app: Flask, acme: Customer, on: Actor, standing: str) -> None:
    with as_service("change a standing"), transaction() as session:
        session.get_one(Customer, acme.customer_id).standing = standing
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert (recharge.states(acme), recharge.decisions(acme)) == ([], ["not_served"])


@pytest.mark.case("AC-76")
def test_credit_that_expires_below_the_threshold_has_credit_bought(app: Flask, acme: Customer, on: Actor) -> None:
    with as_service("give"):
        grants.give(
            acme.customer_id,
            kind="promotional",
            credits=Credits(50_000_000),
            granted_by="support",
            reason="Welcome",
            expires_at=NOW + timedelta(days=2),
        )
    recharge.runs(app)
    assert recharge.states(acme) == []
    recharge.runs(app, NOW + timedelta(days=3))
    assert recharge.states(acme) == [(2500, "succeeded")]


@pytest.mark.fault("T1")
def test_the_clock_moved_a_day_back_and_forth_makes_no_charge(app: Flask, acme: Customer, on: Actor) -> None:
    recharge.runs(app)
    for days in (1, -1, 1, 0):
        recharge.runs(app, NOW + timedelta(days=days))
    assert recharge.states(acme) == [(2500, "succeeded")]


def test_consent_is_kept_word_for_word(acme: Customer, on: Actor) -> None:
    (consent,) = recharge.consents(acme)
    assert consent.sentence == (
        "I allow Relay Networks, Inc. to charge my default payment method (now Visa ending in 4242) automatically with "
        "$25.00 plus any tax, or a multiple of it, whenever my credit falls below $20.00: as much as it takes to reach it again, and "
        "at most $50.00 in each billing period. I can switch this off at any time."
    )
    assert (consent.accepted_by, consent.address, consent.wording) == (on.member_id, "203.0.113.7", "2026-11")


def test_only_what_allows_more_takes_consent(acme: Customer, on: Actor) -> None:
    recharge.chooses(on, accepts=False, threshold=Credits(15_000_000))
    recharge.chooses(on, accepts=False, period_limit=Money(2500, "USD"))
    assert len(recharge.consents(acme)) == 1
    with pytest.raises(Refused) as refused:
        recharge.chooses(on, accepts=False, period_limit=Money(5000, "USD"))
    assert (refused.value.status, refused.value.reason) == (403, "consent_missing")


@pytest.mark.case("AC-15", "AC-75")
def test_nothing_else_switches_it_on(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    buys(alice_actor, shop.add_method(alice_actor, "pm_card_mastercard").id)
    recharge.runs(app, NOW + timedelta(minutes=20))
    assert (recharge.terms(alice_actor).enabled, recharge.consents(acme), recharge.states(acme)) == (False, [], [])

"""Charges that are declined again and again: the processor hears of a few, then the next one is refused."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.domain.methods import MOST_DECLINES, MOST_DECLINES_IN_ALL
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.services.payments import settlement
from app.services.verification.verify import verify
from tests.support import rails, shop
from tests.support.rails import buys, charges

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def confirmed(settings: Settings) -> int:
    """Return how many charges the processor was asked for."""
    return len(controls.objects(settings, "charge"))


def test_a_card_that_is_declined_again_and_again_is_charged_a_few_times_an_hour(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    broke, good = (shop.add_method(alice_actor, name).id for name in (shop.BROKE, shop.GOOD))
    for second in range(12):
        with clock.at(NOON + timedelta(seconds=second)):
            if second < MOST_DECLINES:
                assert buys(alice_actor, broke).state == "failed"
                continue
            for ask in (buys, charges):  # on the page, and while nobody is there
                with pytest.raises(Refused) as refused:
                    ask(alice_actor, broke)
                assert (refused.value.reason, refused.value.status) == ("too_many_declines", 429)
                assert "Use another one, or try again in 60 minutes." in refused.value.sentence
    assert confirmed(settings) == MOST_DECLINES
    with clock.at(NOON + MINUTE):
        broke = shop.add_method(alice_actor, shop.BROKE).id  # the same card, saved once more
        assert buys(alice_actor, good).state == "succeeded", "another card pays"
        with pytest.raises(Refused):
            buys(alice_actor, broke)
    with clock.at(NOON + 61 * MINUTE):
        assert buys(alice_actor, broke).state == "failed"
    assert verify() == []


def test_a_customer_with_many_cards_is_stopped_too_until_one_has_paid(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(NOON):
        cards = [shop.add_method(alice_actor, name).id for name in (shop.BROKE, "pm_card_chargeCustomerFail")]
        cards += [shop.add_method(alice_actor, "pm_card_chargeDeclinedExpiredCard").id]
        good = shop.add_method(alice_actor, shop.GOOD).id
        for card in cards * MOST_DECLINES:
            assert buys(alice_actor, card).state == "failed"
        assert confirmed(settings) == MOST_DECLINES_IN_ALL
        with pytest.raises(Refused) as refused:
            buys(alice_actor, good)
        assert "Too many payments were declined" in refused.value.sentence
    assert confirmed(settings) == MOST_DECLINES_IN_ALL


def test_a_success_lets_the_card_be_tried_again(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    card = shop.add_method(alice_actor, shop.ASKS).id
    with clock.at(NOON):
        for approved in ([False] * (MOST_DECLINES - 1) + [True]) * 2 + [False] * MOST_DECLINES:
            payment = buys(alice_actor, card)
            controls.answer_challenge(settings, payment.processor_id or "", approved=approved)
            ended = settlement.settle(payment.id).state
            assert ended == ("succeeded" if approved else "failed")
        with pytest.raises(Refused):
            buys(alice_actor, card)


@pytest.mark.both_databases
def test_forms_sent_at_once_count_each_other(
    app: Flask, settings: Settings, acme: Customer, alice_actor: Actor
) -> None:
    broke = shop.add_method(alice_actor, shop.BROKE).id
    ready, ends = Barrier(8), list[str]()

    def asks() -> None:
        ready.wait(60)
        with app.app_context():
            try:
                ends.append(rails.buys(alice_actor, broke).state)
            except Refused as refusal:
                ends.append(refusal.reason)

    threads = [Thread(target=asks) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ends) == ["failed"] * MOST_DECLINES + ["too_many_declines"] * 3
    assert confirmed(settings) == MOST_DECLINES

"""Refunds that come back once their pack's credit is over: what another refund took elsewhere returns, and nothing twice."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.config import Settings
from app.domain.money import Credits
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants, reversal_shares
from app.services.payments import top_ups
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support import cast, rails, shop
from tests.support.reversals import fetched, later, sends_back
from tests.support.shop import remaining
from tests.support.small_catalogs import SMALL

UNIT = 1_000_000
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
PACK = """
[[packs]]
key = "month"
title = "Month"
credits = "25"
price = "25.00"
expires_after_days = 30
"""


class Story:
    """Piper has 25 credits for ever and buys 25 for 30 days."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app, self.settings, self.day = app, settings, 0
        with clock.at(START):
            versions.apply(SMALL + PACK)
            self.customer: Customer = registration.create(
                name="Piper", email="billing@piper.example", catalog="small", external_id="piper"
            )
            self.alice: Actor = cast.make_actor(cast.ALICE, self.customer)
            grants.give(
                self.customer.customer_id, kind="promotional", credits=Credits(25 * UNIT), granted_by="t", reason="T"
            )
            card = shop.add_method(self.alice).id
            with as_customer(self.customer.customer_id):
                self.payment: Payment = top_ups.buy(
                    self.alice, form_key=ids.new_form_key(), amount=None, pack="month", method_id=card,
                    return_url=rails.BACK,
                )  # fmt: skip
        assert self.left == 50

    @property
    def left(self) -> int:
        with clock.at(START + timedelta(days=self.day)):
            return remaining(self.customer) // UNIT

    def on(self, day: int) -> AbstractContextManager[None]:
        self.day = day
        return clock.at(START + timedelta(days=day))

    def uses(self, units: int, day: int = 0) -> None:
        with self.on(day):
            recording.record(
                self.customer.customer_id, key=f"u{units}", credits=Credits(units * UNIT), description="Requests"
            )

    def gives(self, units: int, day: int) -> None:
        with self.on(day):
            grants.give(
                self.customer.customer_id, kind="promotional", credits=Credits(units * UNIT), granted_by="t", reason="T"
            )

    def refunds(self, dollars: int, day: int) -> str:
        with self.on(day):
            made = sends_back(self.payment, dollars * 100, repeat=True)
        assert made.processor_id
        return made.processor_id

    def bounces(self, refund: str, day: int) -> None:
        with self.on(day):
            controls.end_refund(self.settings, refund, succeeded=False)
            later(self.app)
        assert verify() == []


@pytest.fixture
def story(app: Flask, settings: Settings) -> Story:
    return Story(app, settings)


def test_what_another_refund_took_elsewhere_returns_instead_of_expiring_once_more(story: Story) -> None:
    first = story.refunds(10, day=1)
    story.uses(15, day=2)
    second = story.refunds(15, day=40)
    assert story.left == 10, "the pack is used up or refunded, and what was used is paid from the other credit"
    story.bounces(first, day=41)
    assert story.left == 20, "as if the first refund had never been: 10 expired, of 15 refunded only 5 were used"
    story.bounces(second, day=42)
    assert story.left == 25, "nothing was refunded in the end: 15 were used, and 10 of the pack expired"


def test_the_same_without_the_refund_that_came_back(story: Story) -> None:
    story.uses(15, day=2)
    second = story.refunds(15, day=40)
    assert story.left == 20
    story.bounces(second, day=42)
    assert story.left == 25


def test_the_other_way_round(story: Story) -> None:
    first = story.refunds(10, day=1)
    story.uses(15, day=2)
    second = story.refunds(15, day=40)
    story.bounces(second, day=41)
    assert story.left == 25
    story.bounces(first, day=42)
    assert story.left == 25, "what the first one returned was over by then"


def test_what_went_into_a_debt_is_lowered_and_not_expired(story: Story) -> None:
    first = story.refunds(10, day=1)
    story.uses(15, day=2)
    story.uses(25, day=3)
    story.refunds(15, day=40)
    assert story.left == -15
    story.bounces(first, day=41)
    assert story.left == -5


def test_each_of_two_refunds_of_a_pack_gives_back_what_it_took_of_each_grant(story: Story) -> None:
    first = story.refunds(4, day=1)
    story.uses(14, day=2)
    second = story.refunds(10, day=3)
    assert story.left == 22, "7 of the second were of the pack, and 3 of the other credit"
    story.bounces(second, day=4)
    assert story.left == 32
    story.bounces(first, day=5)
    assert story.left == 36


def test_grants_that_paid_for_two_refunds_get_back_what_each_of_them_paid(story: Story) -> None:
    story.uses(26, day=2)
    story.uses(24, day=3)
    first, second = story.refunds(10, day=4), story.refunds(15, day=5)
    assert story.left == -25, "all was used before it was refunded"
    story.gives(15, day=6)
    story.gives(30, day=7)
    assert story.left == 20
    story.bounces(second, day=8)
    assert story.left == 35
    story.bounces(first, day=9)
    assert story.left == 15 + 30


def test_a_dispute_that_is_won_lets_its_credit_expire_before_the_next_refund_takes(story: Story) -> None:
    with story.on(1):
        opened = controls.dispute(story.settings, story.payment.processor_id or "", amount=1000)
        later(story.app)
    story.uses(15, day=2)
    # The bank's claim keeps Stripe from refunding: made at the processor's own desk once it is settled there.
    with story.on(40):
        controls.close_dispute(story.settings, opened, won=True)
        second = controls.refund(story.settings, story.payment.processor_id or "", amount=1500)
        later(story.app)
    assert story.left == 20
    story.bounces(second, day=42)
    assert story.left == 25
    assert fetched(story.payment).state == "succeeded"


def test_a_third_refund_is_counted_on_what_the_others_hold_now(story: Story) -> None:
    first = story.refunds(10, day=1)
    story.uses(15, day=2)
    story.refunds(15, day=40)
    story.bounces(first, day=41)
    third = story.refunds(10, day=42)
    assert story.left == 10, "all money went back: of the pack 15 were used"
    story.bounces(third, day=43)
    assert story.left == 20


def test_what_stayed_taken_is_the_other_refund_s_then_and_pays_no_debt_of_anybody(story: Story) -> None:
    first = story.refunds(10, day=1)
    story.uses(15, day=2)
    story.refunds(15, day=40)
    story.bounces(first, day=41)
    with as_service("look at the shares"):
        takings = reversal_shares.read(db.session(), story.customer.customer_id)
    bounced, standing = takings.by_transfer.values()
    assert (bounced.stands, sum(bounced.shares.values())) == (False, 0)
    assert (standing.stands, sorted(standing.shares.values())) == (True, [5 * UNIT, 10 * UNIT])
    assert not any(takings.covered(besides="").values())

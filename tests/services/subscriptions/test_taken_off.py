"""What was taken off a change of plan for time that is not used does not go back as money, too."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.errors import Refused
from app.domain.invoices.lines import Rate
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.subscriptions import preview as rule
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.models.subscriptions import PlanChange
from app.services import jobs
from app.services.payments import settlement
from app.services.receivables import ending
from app.services.reversals import refunds
from app.services.subscriptions.preview import Target
from app.services.verification.verify import verify
from tests.support import months, periods, plans
from tests.support.outcome import faults
from tests.support.plans import BEGIN, HALF, confirms, previews, target
from tests.support.shop import ASKS, GOOD, add_method

YEAR = target("team", interval="annual")
LATER = HALF + timedelta(hours=1)


def team() -> tuple[Actor, Customer, str]:
    """Return a customer who has paid 60.49 for a team of June, its manager and the payment."""
    acme = plans.customer()
    alice = plans.manager(acme)
    order = confirms(alice, target("team"), add_method(alice, GOOD).id, at=BEGIN)
    return alice, acme, order.payment_id or ""


def refunded(payment_id: str, minor: int = 0) -> int:
    """Let the seller refund so much, or all that may go back; return how much does."""
    with clock.at(LATER):
        size = Money(minor, "USD") if minor else None
        return refunds.refund(payment_id, amount=size, reason="Asked for", requested_by="seller").amount_minor


def test_what_rounding_leaves_over_between_invoices_stops_no_change(app: Flask) -> None:
    acme, at = plans.customer(), BEGIN + timedelta(minutes=12)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    billed = [confirms(alice, target("team", seats), way, at=at).total_minor for seats in (3, 4, 5)]
    assert billed == [4837 + 1209, 1481 + 370, 1481 + 370]  # each tax was rounded down by a quarter
    year = confirms(alice, target("team", 5, "annual"), way, at=at)
    assert (year.state, year.problem, verify()) == ("applied", "", [])


def test_a_change_that_would_not_be_made_is_refused_before_it_is_charged(app: Flask) -> None:
    bob = plans.manager_of(plans.customer())
    confirms(bob, target("team"), add_method(bob, GOOD).id)  # its invoice is of the 16th
    alice, acme, _june = team()  # so is this one, though a clock that went back says the 1st
    with pytest.raises(Refused) as refused:
        confirms(alice, YEAR, plans.method_of(acme), at=BEGIN + timedelta(days=1))
    assert (refused.value.reason, refused.value.status) == ("paid_back_meanwhile", 409)
    assert (len(plans.payments(acme)), len(plans.rows(PlanChange, acme)), verify()) == (1, 1, [])


def test_what_was_taken_off_does_not_go_back_as_money_until_what_it_paid_does(app: Flask) -> None:
    alice, acme, june = team()
    year = confirms(alice, YEAR, plans.method_of(acme))  # half of June is taken off: 24.50 and 25 %
    with pytest.raises(Refused) as refused:
        refunded(june, 6049)
    assert refused.value.reason == "taken_off_later"
    assert "$29.86" in str(refused.value)
    assert refunded(june) == 6049 - 3063
    with pytest.raises(Refused) as nothing:
        refunded(june)
    assert nothing.value.reason == "taken_off_later"
    assert refunded(year.payment_id or "") == year.total_minor
    assert (refunded(june), verify()) == (3063, [])


def test_what_a_part_refund_of_the_change_returns_is_free_again_by_its_share(app: Flask) -> None:
    alice, acme, june = team()
    year = confirms(alice, YEAR, plans.method_of(acme))
    refunded(year.payment_id or "", year.total_minor // 2)
    assert refunded(june) in {6049 - 1531, 6049 - 1532}
    assert verify() == []


def test_a_change_that_waits_for_the_bank_has_taken_it_off_already(app: Flask) -> None:
    alice, _acme, june = team()
    waits = confirms(alice, YEAR, add_method(alice, ASKS).id)
    assert waits.state == "waiting"
    assert refunded(june) == 6049 - 3063


def test_a_chain_of_changes_gives_back_what_was_used_alone(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    first = confirms(alice, target("personal"), way, at=BEGIN)
    second = confirms(alice, target("team"), way)  # takes 6.00 off the first
    third = confirms(alice, YEAR, way, at=HALF + timedelta(days=7, hours=12))  # takes 12.25 off both
    paid = first.total_minor + second.total_minor
    with clock.at(HALF + timedelta(days=8)):
        back = [
            refunds.refund(each.payment_id or "", reason="Asked for", requested_by="seller").amount_minor
            for each in (first, second)
        ]
    assert sum(back) == paid - 1531
    assert third.state == "applied"
    assert verify() == []


def test_what_is_about_to_be_refunded_is_not_taken_off(app: Flask) -> None:
    _alice, acme, june = team()
    with faults(app, ("create_refund", "reset_before", 50)):
        refunded(june, 3025)
        assert taken_off(acme) == -1225


QUARTER = HALF + timedelta(days=7, hours=12)
"""A quarter of June is left."""


def test_what_a_refunded_change_took_off_is_taken_off_again(app: Flask) -> None:
    acme = plans.customer()
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    june = confirms(alice, target("personal"), way, at=BEGIN)
    change = confirms(alice, target("team"), way)  # takes 6.00 off June
    assert refunded(change.payment_id or "") == change.total_minor
    third = confirms(alice, YEAR, way, at=QUARTER)
    lines = [line.net.amount_minor for line in rule.read(third.lines, Rate("O"), "USD")]
    assert [each for each in lines if each < 0] == [-300]  # the last quarter of June was paid as Personal, once
    with clock.at(QUARTER + timedelta(hours=1)):
        back = refunds.refund(june.payment_id or "", reason="Asked for", requested_by="seller").amount_minor
    assert (back, verify()) == (june.total_minor - 375, [])


def test_what_a_refunded_change_to_another_interval_took_off_may_be_refunded_too(app: Flask) -> None:
    alice, acme, june = team()
    year = confirms(alice, YEAR, plans.method_of(acme))  # takes 24.50 off June, whose time is of another plan period
    assert refunded(year.payment_id or "") == year.total_minor
    assert taken_off(acme, target("team", 4), QUARTER) == 0
    assert (refunded(june), verify()) == (6049, [])


def taken_off(acme: Customer, wants: Target = YEAR, at: datetime = HALF) -> int:
    """Return what is taken off for time that is not used."""
    lines = previews(acme, wants, at).quote.lines
    return sum(line.net.amount_minor for line in lines if line.net.amount_minor < 0)


def test_of_an_invoice_that_is_due_a_credit_note_takes_no_more_than_was_not_taken_off(app: Flask) -> None:
    acme = months.begins(BEGIN, "team")
    alice = plans.manager_of(acme)
    way = add_method(alice, GOOD).id
    assert months.runs(BEGIN) == 1
    (june,) = plans.rows(Document, acme)
    assert (june.state, june.total_minor) == ("open", 6125)
    confirms(alice, YEAR, way)
    with clock.at(LATER):
        with pytest.raises(Refused) as refused:
            ending.credit(june.id, None, by="seller", reason="Not wanted")
        assert refused.value.reason == "taken_off_later"
        ending.credit(june.id, Money(6125 - 3063, "USD"), by="seller", reason="Not wanted")
        with pytest.raises(Refused):
            ending.credit(june.id, Money(1, "USD"), by="seller", reason="Not wanted")
    assert verify() == []


def test_one_that_is_given_up_gives_nothing_back_and_nothing_more_is_taken_off_it(app: Flask) -> None:
    acme = months.begins(BEGIN, "team")
    alice = plans.manager_of(acme)
    way = add_method(alice, GOOD).id
    assert months.runs(BEGIN) == 1
    (june,) = plans.rows(Document, acme)
    year = confirms(alice, YEAR, way)
    with clock.at(LATER):
        lost = ending.give_up(june.id, by="seller", reason="Nobody answers")
        assert (lost.state, lost.paid_minor, lost.credited_minor, verify()) == ("uncollectible", 0, 0, [])
        with pytest.raises(Refused):  # what the customer owes may not be given away twice, collected or not
            ending.credit(june.id, None, by="seller", reason="Not wanted")
        assert periods.pays(alice, june, way).state == "succeeded"  # who pays late after all
        (late,) = [each for each in plans.payment_rows(acme) if each.document_id == june.id]
    assert refunded(late.id) == 6125 - 3063
    assert refunded(year.payment_id or "") == year.total_minor
    assert (refunded(late.id), verify()) == (3063, [])


def test_where_what_is_taken_off_went_back_while_the_bank_asked_the_change_is_not_made(
    app: Flask, settings: Settings
) -> None:
    alice, acme, june = team()
    waits = confirms(alice, YEAR, add_method(alice, ASKS).id)
    (paid,) = [each for each in plans.payment_rows(acme) if each.id == june]
    with clock.at(HALF):
        controls.dispute(settings, paid.processor_id or "")
        controls.deliver_due(settings, app.wsgi_app)
        jobs.run_due(names=["webhooks_worked"])
    controls.answer_challenge(settings, plans.payment_of(waits).processor_id or "", approved=True)
    with clock.at(LATER):
        settlement.settle(waits.payment_id or "")
        refunds.sweep_due()
    over = plans.order_of(waits)
    assert (over.state, over.problem, plans.subscription(acme)[1]) == ("superseded", "paid_back_meanwhile", "monthly")
    with clock.at(LATER + timedelta(hours=1)):
        refunds.sweep_due()
    assert plans.payment_of(waits).refunded_minor == waits.total_minor
    assert verify() == []

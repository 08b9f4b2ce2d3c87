"""Tax of time that a change of plan took off does not come back twice: neither invoice's tax is corrected after it."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.addresses.address import Address
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.documents import Document
from app.models.scope import as_customer
from app.models.subscriptions import PlanChange
from app.services.customers import address
from app.services.invoices.correction_preview import Wanted
from app.services.payments import settlement
from app.services.tax import registrations
from app.services.verification.verify import verify
from tests.support import months, plans
from tests.support.corrections import BERLIN, OSLO, PARIS, at, corrects, seen, verified
from tests.support.plans import BEGIN, HALF, confirms, target
from tests.support.shop import ASKS, GOOD, add_method

LATER = HALF + timedelta(hours=1)
YEAR = target("team", interval="annual")
GERMAN = "DE136695976"
AT_ONCE = ('downgrade = "period_end"', 'downgrade = "immediate"')
STAYS = "so its tax stays as it is. Correct only what else is wrong, or ask Plans AB about it."
HAMBURG = Address("Small GmbH", "Jungfernstieg 7", "", "Hamburg", "20354", "", "DE")


def in_berlin(*words: tuple[str, str]) -> tuple[Customer, Actor]:
    """Return who has an address in Germany, where the seller's 25 % are due without a number, and a manager."""
    acme = plans.customer(*words)
    with clock.at(BEGIN):
        address.change(acme.customer_id, BERLIN, "", 0, by="mem_alice", as_typed=True)
    return acme, plans.manager(acme)


def month(alice: Actor, way: str = GOOD) -> PlanChange:
    """Let a team of June be bought."""
    return confirms(alice, target("team"), add_method(alice, way).id, at=BEGIN)


def number(acme: Customer) -> str:
    with clock.at(HALF):
        return verified(acme, GERMAN).id


def removes(acme: Customer, number: str) -> None:
    with clock.at(HALF), as_customer(acme.customer_id):
        registrations.remove(acme.customer_id, number, by="mem_alice")


def refused(acme: Customer, invoice: Document, wanted: Wanted, mark: str = "") -> tuple[str, int, str]:
    """Return reason, status and sentence of the correction that is not made."""
    with clock.at(LATER), pytest.raises(Refused) as no:
        corrects(acme, invoice, wanted, mark)
    return no.value.reason, no.value.status, no.value.sentence


def invoices(acme: Customer) -> list[Document]:
    """Return the customer's invoices, the oldest first."""
    found = [each for each in plans.documents(acme) if each.kind == "invoice"]
    return sorted(found, key=lambda each: (each.issued_at, each.number))


def stands(acme: Customer) -> list[int]:
    """Return the totals of the invoices that stand, the smallest first."""
    return sorted(each.total_minor for each in invoices(acme) if not each.is_corrected)


@pytest.mark.both_databases
def test_tax_that_went_off_a_change_does_not_come_back_by_a_correction_too(app: Flask) -> None:
    acme, alice = in_berlin()
    month(alice)
    mine = number(acme)
    with clock.at(HALF):  # what was previewed before the change is not confirmed after it
        before = seen(acme, invoices(acme)[0], at(BERLIN, registration_id=mine))
    assert (before.totals.tax.amount_minor, before.difference.amount_minor) == (0, 1210)
    confirms(alice, YEAR, plans.method_of(acme))
    june, year = invoices(acme)
    assert (june.tax_minor, year.tax_minor, stands(acme)) == (1210, 0, [6049, 46992 - 3063])
    for mark in ("", before.mark):
        assert refused(acme, june, at(BERLIN, registration_id=mine), mark) == (
            "time_taken_off",
            409,
            f"Unused time of this invoice was taken off invoice {year.number}, with its tax, {STAYS}",
        )
    assert stands(acme) == [6049, 46992 - 3063]
    with clock.at(LATER):  # another address with the same tax
        assert corrects(acme, june, at(HAMBURG)).difference_minor == 0
    june = invoices(acme)[-1]
    assert (june.buyer_city, stands(acme)) == ("Hamburg", [6049, 46992 - 3063])
    assert refused(acme, june, at(BERLIN, registration_id=mine))[:2] == ("time_taken_off", 409)
    assert verify() == []


def test_an_invoice_that_takes_time_off_keeps_its_tax(app: Flask) -> None:
    acme, alice = in_berlin()
    month(alice)
    mine = number(acme)
    confirms(alice, YEAR, plans.method_of(acme))
    june, year = invoices(acme)
    assert refused(acme, year, at(BERLIN)) == (
        "time_taken_off",
        409,
        f"This invoice takes off unused time of earlier ones, with the tax of that time, {STAYS}",
    )
    assert refused(acme, year, at(OSLO))[0] == "time_taken_off"  # no tax either, but another reason for it
    with clock.at(LATER):
        corrects(acme, year, at(HAMBURG, registration_id=mine))
    instead = invoices(acme)[-1]
    assert refused(acme, instead, at(BERLIN))[0] == "time_taken_off"
    words = refused(acme, june, at(PARIS, registration_id=mine))[2]
    assert f"was taken off invoice {instead.number}, with its tax" in words  # the one that stands
    assert (stands(acme), verify()) == ([6049, 46992 - 3063], [])


def test_what_was_billed_without_tax_gets_none_after_it_was_taken_off(app: Flask) -> None:
    acme, alice = in_berlin()
    mine = number(acme)
    month(alice)
    removes(acme, mine)
    confirms(alice, YEAR, plans.method_of(acme))
    june, year = invoices(acme)
    assert (june.tax_minor, year.tax_minor > 0) == (0, True)
    paid = stands(acme)
    assert paid[0] + paid[1] in range(*_price(4839 - 2450, 46992))
    assert refused(acme, june, at(BERLIN))[0] == "time_taken_off"
    assert (stands(acme), verify()) == (paid, [])


def _price(used: int, year: int) -> tuple[int, int]:
    """Return the bounds of what half a month without tax and the rest of a year with 25 % come to, but for rounding."""
    whole = used + year * 5 // 4
    return whole - 2, whole + 3


def test_while_a_change_waits_for_the_bank_the_tax_stays_and_then_it_may_change(app: Flask) -> None:
    acme, alice = in_berlin()
    month(alice)
    mine = number(acme)
    (june,) = invoices(acme)
    waits = confirms(alice, YEAR, add_method(alice, ASKS).id)
    reason, _status, words = refused(acme, june, at(BERLIN, registration_id=mine))
    assert (reason, "is taken off a change of plan, with its tax" in words) == ("time_taken_off", True)
    with clock.at(LATER):
        settlement.settle(waits.payment_id or "", give_up=True)
        assert corrects(acme, june, at(BERLIN, registration_id=mine)).difference_minor == 1210
    assert (stands(acme), verify()) == ([4839], [])


def test_seats_that_are_added_take_nothing_off_and_leave_the_tax_to_a_correction(app: Flask) -> None:
    acme, alice = in_berlin()
    month(alice)
    confirms(alice, target(seats=4), plans.method_of(acme))
    mine = number(acme)
    with clock.at(LATER):
        for each in invoices(acme):
            corrects(acme, each, at(BERLIN, registration_id=mine))
    assert (stands(acme), verify()) == ([750, 4839], [])


def test_what_waited_for_the_end_of_its_period_has_taken_nothing_off(app: Flask) -> None:
    acme, alice = in_berlin()
    month(alice)
    assert confirms(alice, target("personal"), "").state == "scheduled"
    july = months.at(2027, 7, 1)
    assert months.runs(july) == 1
    mine = number(acme)
    with clock.at(july):
        for each in invoices(acme):
            corrects(acme, each, at(BERLIN, registration_id=mine))
    assert (stands(acme), verify()) == ([1200, 4839], [])


@pytest.mark.parametrize(("credit", "reason"), [("at_use", "returned"), ("at_purchase", "time_taken_off")])
def test_time_that_was_given_back_as_credit_keeps_its_tax(app: Flask, credit: str, reason: str) -> None:
    acme, alice = in_berlin(AT_ONCE, ('credits = "at_purchase"', f'credits = "{credit}"'))
    month(alice)
    assert confirms(alice, target("free"), "").total_minor == (-3063 if credit == "at_use" else -2450)
    mine = number(acme)
    assert refused(acme, invoices(acme)[0], at(BERLIN, registration_id=mine))[0] == reason
    assert (invoices(acme)[0].is_corrected, verify()) == (False, [])


@pytest.mark.proof  # given back as credit is shown above
def test_credit_for_seats_out_of_the_newest_invoice_keeps_the_tax_of_the_older_one(app: Flask) -> None:
    acme, alice = in_berlin(AT_ONCE, ('credits = "at_purchase"', 'credits = "at_use"'))
    month(alice)
    confirms(alice, target(seats=10), plans.method_of(acme))
    confirms(alice, target(seats=8), "", at=LATER)
    june, seats = invoices(acme)
    assert (june.returned_minor, seats.returned_minor > 0) == (0, True)
    reason, _status, words = refused(acme, june, at(BERLIN, registration_id=number(acme)))
    assert (reason, "was given back as credit, so its tax stays" in words) == ("time_taken_off", True)
    assert verify() == []


def test_a_change_that_comes_to_nothing_has_taken_off_all_the_same(app: Flask) -> None:
    pro = '\n[[plans.tiers]]\nkey = "pro"\ntitle = "Pro"\nmonthly = "15.00"\n\n[[plans.tiers]]\nkey = "team"'
    acme, alice = in_berlin(('\n[[plans.tiers]]\nkey = "team"', pro))
    confirms(alice, target("personal"), add_method(alice, GOOD).id, at=BEGIN)  # 12.00 and 25 % are 15.00
    mine = number(acme)
    order = confirms(alice, target("pro"), "")
    assert (order.state, order.total_minor, order.lines) == ("applied", 0, "[]")
    (june,) = invoices(acme)
    assert refused(acme, june, at(BERLIN, registration_id=mine))[0] == "time_taken_off"
    assert (stands(acme), verify()) == ([june.total_minor], [])

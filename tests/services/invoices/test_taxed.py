"""A purchase with tax: charged with it, credited without it, and its document says what was decided at the order."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import DocumentTax
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.presenters.printed.invoices import printed
from app.services.invoices import reads
from app.services.payments import settlement
from app.services.verification.verify import verify
from tests.support import shop
from tests.support.backups import backup
from tests.support.browser import Browser
from tests.support.databases import Database
from tests.support.documents import documents_of
from tests.support.outcome import faults
from tests.support.restored import HOUR, books
from tests.support.reversals import buys, sends_back
from tests.support.taxed import AT_USE, INCLUSIVE, SELLERS_NUMBER, becomes, lives, registered, sold_from_france
from tests.support.unheard import buys as unheard_buys
from tests.support.unheard import charged_unheard, visa

__all__ = ["visa"]


def taxes_of(customer: Customer) -> list[tuple[str, int, str, str, str]]:
    with as_service("look at taxes"):
        rows = db.session.scalars(select(DocumentTax).where(DocumentTax.customer_id == customer.customer_id))
        return [
            (each.category, each.percent_micros // 10**6, each.reason, each.buyer_number, each.seller_number)
            for each in rows
        ]


def said(customer: Customer) -> list[tuple[str, int, int, int]]:
    return [(each.kind, each.net_minor, each.tax_minor, each.total_minor) for each in documents_of(customer)]


@pytest.mark.both_databases
def test_the_total_is_charged_and_the_price_becomes_credit(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    sold_from_france()
    lives(acme, "FR")
    payment = buys(app, alice_actor, 10_050)
    assert (payment.amount_minor, payment.net_minor, payment.received_minor) == (12_060, 10_050, 12_060)
    assert (shop.charges(app), shop.remaining(acme)) == ([12_060], 100_500_000)
    assert said(acme) == [("invoice", 10_050, 2_010, 12_060)]
    assert taxes_of(acme) == [("S", 20, "standard", "", SELLERS_NUMBER)]
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("then", ["moved", "verified", "other_rate"])
def test_the_document_says_what_was_decided_at_the_order(
    app: Flask, acme: Customer, alice_actor: Actor, visa: str, then: str
) -> None:
    """What changes between the order and the money is the next order's."""
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "unverified")
    payment = charged_unheard(app, alice_actor, visa)
    if then == "moved":
        lives(acme, "US")
    elif then == "verified":
        becomes(number, "verified")
    else:
        sold_from_france(('percent = "19"', 'percent = "7"'))
    assert settlement.settle(payment.id).state == "succeeded"
    assert said(acme) == [("invoice", 2_500, 475, 2_975)]
    assert taxes_of(acme) == [("S", 19, "number_unverified", "DE136695976", SELLERS_NUMBER)]
    assert shop.remaining(acme) == 25_000_000
    assert verify() == []


def test_reverse_charge_names_both_numbers_and_charges_no_tax(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    sold_from_france()
    lives(acme, "DE")
    registered(acme, "verified")
    buys(app, alice_actor, 2_500)
    assert said(acme) == [("invoice", 2_500, 0, 2_500)]
    assert taxes_of(acme) == [("AE", 0, "reverse_charge", "DE136695976", SELLERS_NUMBER)]
    assert verify() == []


def test_the_number_of_another_member_state_that_decided_is_on_the_document(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    """The address is Danish, the seller American: the Danish number is not confirmed, a Greek one is."""
    sold_from_france((f'country = "FR"\ntax_id = "{SELLERS_NUMBER}"', 'country = "US"\ntax_id = "98-7654321"'))
    lives(acme, "DK")
    registered(acme, "unverified", "DK13585628")
    registered(acme, "verified", "EL094259216")
    buys(app, alice_actor, 2_500)
    assert taxes_of(acme) == [("AE", 0, "reverse_charge", "EL094259216", "98-7654321")]
    (invoice,) = documents_of(acme)
    with as_customer(acme.customer_id):
        paper = printed(reads.one(invoice.id), link="")
    seller, buyer = alice.opens(f"/billing/invoices/{invoice.id}").texts(".invoice__parties address")
    for said_of_seller, said_of_buyer in ((seller, buyer), (paper.seller.lines, paper.buyer.lines)):
        assert "Tax ID 98-7654321" in said_of_seller
        assert "Tax ID EL094259216" in said_of_buyer
        assert "DK13585628" not in str(said_of_buyer)


def test_where_prices_include_the_tax_it_is_taken_out_of_them(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    sold_from_france(INCLUSIVE)
    lives(acme, "FR")
    payment = buys(app, alice_actor, 10_003)
    assert (payment.amount_minor, payment.net_minor) == (10_003, 8_336)
    assert (said(acme), shop.remaining(acme)) == ([("invoice", 8_336, 1_667, 10_003)], 100_030_000)
    assert verify() == []


def test_credit_that_is_taxed_when_it_is_used_is_bought_without_tax(
    app: Flask, acme: Customer, alice_actor: Actor
) -> None:
    sold_from_france(AT_USE)
    lives(acme, "FR")
    payment = buys(app, alice_actor, 2_500)
    assert (payment.amount_minor, payment.net_minor, payment.treatment) == (2_500, 2_500, "")
    assert said(acme) == [("receipt", 2_500, 0, 2_500)]
    assert verify() == []


@pytest.mark.case("AC-18")
def test_another_amount_is_credited_in_proportion_to_the_total(
    app: Flask, acme: Customer, alice_actor: Actor, visa: str
) -> None:
    sold_from_france()
    lives(acme, "FR")
    with faults(app, ("confirm_intent", "other_amount", 1)):
        payment = unheard_buys(app, alice_actor, visa)
    assert (payment.amount_minor, payment.received_minor) == (3_000, 3_100)
    assert (said(acme), shop.remaining(acme)) == ([("invoice", 2_583, 517, 3_100)], 25_833_333)
    assert verify() == []


@pytest.mark.fault("D9")
def test_a_lost_payment_is_restored_with_its_tax(
    app: Flask, database: Database, tmp_path: Path, acme: Customer, alice_actor: Actor
) -> None:
    sold_from_france()
    lives(acme, "DE")
    number = registered(acme, "pending")
    restore = backup(database, tmp_path)
    lost = buys(app, alice_actor, 2_500)
    decided = lost.treatment
    restore()
    becomes(number, "verified")
    books(app, HOUR)
    with as_service("look"):
        again = db.session.scalars(select(Payment)).one()
        assert (again.id, again.net_minor, again.treatment) == (lost.id, 2_500, decided)
    assert (said(acme), shop.remaining(acme)) == ([("invoice", 2_500, 475, 2_975)], 25_000_000)
    assert verify() == []


@pytest.mark.parametrize(
    ("parts", "notes"),
    [
        ([12_060], [(10_050, 2_010, 12_060)]),
        ([6_030, 6_030], [(5_025, 1_005, 6_030), (5_025, 1_005, 6_030)]),
        ([1, 1, 12_058], [(1, 0, 1), (1, 0, 1), (10_048, 2_010, 12_058)]),
        ([4_001, 8_059], [(3_334, 667, 4_001), (6_716, 1_343, 8_059)]),
    ],
    ids=["whole", "halves", "cents", "odd"],
)
def test_what_goes_back_returns_the_tax_to_the_cent_and_takes_credit_by_its_share(
    app: Flask, acme: Customer, alice_actor: Actor, parts: list[int], notes: list[tuple[int, int, int]]
) -> None:
    sold_from_france()
    lives(acme, "FR")
    payment = buys(app, alice_actor, 10_050)
    for part in parts:
        sends_back(payment, part, repeat=True)
    assert [row[1:] for row in said(acme)[1:]] == notes
    assert shop.remaining(acme) == 0
    assert verify() == []


def test_a_hundred_and_a_half_at_25_percent_returns_its_25_13(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    sold_from_france(('percent = "20"', 'percent = "25"'))
    lives(acme, "FR")
    payment = buys(app, alice_actor, 10_050)
    sends_back(payment, 12_563)
    assert said(acme) == [("invoice", 10_050, 2_513, 12_563), ("credit_note", 10_050, 2_513, 12_563)]
    assert verify() == []

"""E-invoices of what is really sold and returned, and of documents made at random: each keeps the rules."""

import random
from decimal import Decimal

import pytest
from flask import Flask

from app import clock
from app.domain.addresses.address import Address
from app.domain.invoices.documents import Kind
from app.domain.invoices.e_invoice import EInvoice
from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.money import Money, divided
from app.domain.tax.treatment import Category, Reason, Treatment
from app.gateways.e_invoice.xml import xml_of
from app.models.scope import as_customer
from app.services.customers import address
from app.services.invoices import e_invoices, reads
from tests.support import cast, periods
from tests.support.corrections import BERLIN, at, corrects
from tests.support.documents import documents_of, sold_with_tax
from tests.support.e_invoices import REVERSED, SELLER, ZERO, broken_rules, parts_of
from tests.support.periods import OVER
from tests.support.reversals import buys, sends_back

HOME = Address("Kunde GmbH", "Hauptstraße 1", "", "Berlin", "10115", "", "DE")


def test_a_top_up_with_tax_and_what_goes_back_of_it_in_odd_parts_keep_the_rules(app: Flask) -> None:
    customer = sold_with_tax()
    address.change(customer.customer_id, HOME, "PO 1", 0, by="mem_alice")
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 2500)
    for part in (333, 1, 777, None):
        sends_back(payment, part)
    said = []
    for document in documents_of(customer):
        with as_customer(customer.customer_id):
            made = e_invoices.of(reads.one(document.id))
        assert isinstance(made, EInvoice), made
        assert broken_rules(xml_of(made)) == []
        said.append((made.type_code.value, made.total.amount_minor, made.tax.amount_minor, made.due.amount_minor))
    assert said[0] == ("380", 2975, 475, 0)
    assert {each[0] for each in said[1:]} == {"381"} and {each[3] for each in said} == {0}
    assert (sum(each[1] for each in said[1:]), sum(each[2] for each in said[1:])) == (2975, 475)


def test_who_corrects_what_is_paid_pays_nothing_more_and_the_credit_note_of_what_is_due_is_set_off(app: Flask) -> None:
    customer = sold_with_tax()
    address.change(customer.customer_id, HOME, "PO 1", 0, by="mem_alice")
    buys(app, cast.make_actor(cast.ALICE, customer), 2500)
    corrects(customer, documents_of(customer)[0], at(BERLIN))
    small = periods.customer()
    address.change(small.customer_id, HOME, "", 0, by="mem_alice")
    periods.uses(small, 705)
    due = periods.closes(small)
    assert due is not None
    with clock.at(OVER):
        corrects(small, due, at(BERLIN))
    said, named = [], []
    for document in (*documents_of(customer)[1:], *documents_of(small)):
        with as_customer(document.customer_id):
            made = e_invoices.of(reads.one(document.id))
        assert isinstance(made, EInvoice), made
        assert broken_rules(xml_of(made)) == []
        named.append(made.preceding[0] if made.preceding else "")
        said.append((made.type_code.value, made.prepaid.amount_minor, made.due.amount_minor))
    wrong, (due_one, *_rest) = documents_of(customer)[0], documents_of(small)
    assert named == [wrong.number, wrong.number, "", due_one.number, due_one.number]
    assert said == [("381", 2975, 0), ("380", 2975, 0), ("380", 0, 881), ("381", 0, 881), ("380", 0, 881)]


def at_random(dice: random.Random) -> EInvoice:
    rates = [Decimal(each) for each in dice.sample(["19", "7", "5.5", "21", "13.5"], dice.randint(1, 3))]
    treatments = [Treatment(Category.STANDARD, each, "VAT", "DE", Reason.STANDARD, "", SELLER) for each in rates]
    treatments += dice.sample([ZERO, REVERSED], dice.randint(0, 2))
    lines = []
    for treatment in treatments:
        rate = Rate(treatment.category, treatment.percent)
        for _ in range(dice.randint(1, 4)):
            quantity, price = dice.randint(1, 10**7), Decimal(dice.randint(0, 10**6)).scaleb(-dice.randint(2, 9))
            share, whole = (price * quantity * 100).as_integer_ratio()
            net = Money(divided(share, whole), "EUR")
            lines.append(Line(LineKind.USAGE, "Calls", net, rate, quantity, dice.choice([price, None])))
        sold = sum(each.net.amount_minor for each in lines if each.rate == rate)
        if sold and dice.random() < 0.5:
            lines.append(Line(LineKind.DISCOUNT, "Gift", Money(-dice.randint(1, sold), "EUR"), rate))
    kind, source = dice.choice(
        [(Kind.INVOICE, "payment"), (Kind.INVOICE, "period"), (Kind.CREDIT_NOTE, "refund"), (Kind.CREDIT_NOTE, "test")]
    )
    made = e_invoices.of(
        parts_of(lines, treatments, kind, dice.choice([0, dice.randint(1, 10**6)]), source_type=source)
    )
    assert isinstance(made, EInvoice)
    return made


def kept_by(documents: int) -> dict[int, list[str]]:
    """Return what is wrong with documents that are made at random, by the number that makes each again."""
    return {seed: found for seed in range(documents) if (found := broken_rules(xml_of(at_random(random.Random(seed)))))}  # noqa: S311  # no secret


def test_documents_at_random_keep_the_rules() -> None:
    assert kept_by(20) == {}


@pytest.mark.proof
def test_a_thousand_documents_at_random_keep_the_rules() -> None:
    assert kept_by(1_000) == {}

"""100.50 at 25 % is 25.13, and as much comes back: on documents, in the ledger, on the statement, in files and in the API."""

import csv
import io
from decimal import Decimal

import pytest
from flask import Flask

from app import clock, ids
from app.domain.amounts import money_words
from app.domain.money import Money
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState, ProcessorDispute
from app.models.customers import Customer
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services.payments import top_ups
from app.services.reversals import disputes
from app.services.verification.verify import verify
from tests.support import cast, periods
from tests.support.api import api_for
from tests.support.browser import Browser
from tests.support.documents import documents_of
from tests.support.reversals import payment_of, sends_back
from tests.support.shop import GOOD, add_method

SALES = [
    ("USD", "25", 10_050, 100_500_000, 2513, 12_563, ("100.50", "25.13", "125.63")),
    ("JPY", "10", 10_055, 10_055_000_000, 1006, 11_061, ("10055", "1006", "11061")),
    # The last digit of 125.625 cannot be charged.
    ("KWD", "25", 100_500, 100_500_000, 25_125, 125_620, ("100.500", "25.125", "125.625")),
]


def buys(actor: Actor, money: Money) -> Payment:
    with as_customer(actor.customer_id):
        return top_ups.buy(
            actor, form_key=ids.new_form_key(), amount=money, pack="", method_id=add_method(actor, GOOD).id,
            return_url="http://127.0.0.1/{}".format,
        )  # fmt: skip


def lost(payment: Payment, minor: int) -> None:
    """Let the bank dispute so much of the payment, and decide against the seller."""
    money, name = Money(minor, payment.currency), f"du_{ids.new('dsp')}"
    for state in (DisputeState.OPEN, DisputeState.LOST):
        found = ProcessorDispute(
            name, payment.processor_id or "", money, money_words(money), state, "fraudulent", clock.now()
        )
        assert disputes.record(payment.id, found) == ""


def filed(browser: Browser) -> list[tuple[str, str, str]]:
    """Return net, tax and total of each row of the file, the newest first."""
    answer = browser.follows(browser.opens("/billing/invoices"), 'a[href$=".csv"]').response
    return [(row["Net"], row["Tax"], row["Total"]) for row in csv.DictReader(io.StringIO(answer.text))]


def stated(app: Flask, whose: Customer) -> list[int]:
    day = f"{clock.now():%Y-%m-%d}"
    sent = api_for(app).get(f"/customers/{whose.customer_id}/statement", **{"from": day, "to": day}).get_json()
    return [sent[f"{name}_minor"] for name in ("charged", "credited", "paid", "paid_back", "closing")]


@pytest.mark.parametrize(
    ("currency", "percent", "net", "micros", "tax", "paid", "words"), SALES, ids=[each[0] for each in SALES]
)
def test_what_was_sold_with_tax_comes_back_with_it(
    app: Flask,
    origin: str,
    currency: str,
    percent: str,
    net: int,
    micros: int,
    tax: int,
    paid: int,
    words: tuple[str, str, str],
) -> None:
    small = periods.customer(percent=percent, currency=currency)
    actor = cast.make_actor(cast.ALICE, small)
    browser = cast.signed_in(app, origin, actor)
    with clock.at(clock.now()):
        payment = buys(actor, Money(net, currency))
        (invoice,) = documents_of(small)
        assert (payment.received_minor, payment.credits_micros) == (paid, micros)
        assert (invoice.net_minor, invoice.tax_minor, invoice.payable_minor) == (net, tax, paid)
        assert [filed(browser), stated(app, small)] == [
            [words],
            [paid, 0, -paid, 0, 0],
        ]
        part = paid // 3 // 10 * 10
        lost(payment, part)
        sends_back(payment_of(payment))
        _invoice, *notes = documents_of(small)
        assert [each.total_minor + each.rounding_minor for each in notes] == [part, paid - part]
        back = tax - (invoice.payable_minor != invoice.total_minor)  # what was never paid does not come back
        assert sum(each.tax_minor for each in notes) == back
        assert browser.opens(f"/billing/invoices/{invoice.id}").texts("#invoices-document-title") == ["Returned"]
        read = api_for(app).get(f"/customers/{small.customer_id}/invoices").get_json()["data"]
        assert sum(each["tax_minor"] for each in read if each["type"] == "credit_note") == back
        assert sum(each["tax_minor"] for each in read) == tax + back
        assert stated(app, small) == [paid, -paid, -paid, paid, 0]
        assert sum(Decimal(each[1]) for each in filed(browser)) == Decimal(tax - back).scaleb(-3)
    assert verify() == []


def test_what_credit_has_paid_is_taken_off_what_is_to_be_paid(app: Flask, origin: str) -> None:
    """201.48 - 7.05 = 194.43, and the rest that was paid comes back whole."""
    small = periods.customer("at_use", percent="", overage="300")
    actor = cast.make_actor(cast.ALICE, small)
    browser = cast.signed_in(app, origin, actor)
    with clock.at(periods.BEGIN):
        buys(actor, Money(705, "USD"))
    periods.uses(small, 20_148)
    with clock.at(clock.now()):
        invoice = periods.closes(small, at=clock.now())
        assert invoice is not None
        assert (invoice.total_minor, invoice.credits_applied_minor, invoice.payable_minor) == (20_148, 705, 19_443)
        page = browser.opens(f"/billing/invoices/{invoice.id}")
        assert page.texts("#invoices-document tfoot td")[-3:] == ["$201.48", "−$7.05", "$194.43"]
        read = api_for(app).get(f"/customers/{small.customer_id}/invoices/{invoice.id}").get_json()
        assert [read[f"{name}_minor"] for name in ("total", "credits_applied", "payable")] == [20_148, 705, 19_443]
        assert filed(browser)[0][2] == "201.48"
        assert stated(app, small)[-1] == 19_443
        sends_back(periods.pays(actor, invoice, add_method(actor, GOOD).id))
        assert documents_of(small)[-1].total_minor == 19_443
        assert stated(app, small)[-1] == 0
    assert verify() == []

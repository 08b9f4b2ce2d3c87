"""A payment's page when money goes back: it stays true, keeps its figures, and says what became of each part."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.sandbox import controls, payment_intents
from app.gateways.sandbox.store import opened
from app.models.customers import Customer
from app.models.payments import Payment
from app.services.payments import settlement
from app.services.reversals import refunds
from tests.support import shop
from tests.support.browser import Browser, Page
from tests.support.reversals import buys, later, payment_of, sends_back
from tests.support.shop import PATH
from tests.support.statements import counted

TITLE, PILL = "#add_credits-payment-title", "#add_credits-payment .pill"
FIGURES = "#add_credits-payment dl.sum:first-of-type dt"
WENT_BACK = "#add_credits-payment h3 + dl > div"


def shown(browser: Browser, payment: Payment) -> Page:
    """Open the payment's page, which keeps what it said when it was paid whatever went back since."""
    page = browser.opens(f"{PATH}payments/{payment.id}")
    assert page.status == 200
    assert page.texts(FIGURES) == [
        "Credit added",
        "Balance right after the payment",
    ]
    assert page.texts(".receipt dt") == ["Amount", "Paid", "Payment method", "Sold by", "Customer", "Payment"]
    assert "Receipt Print Amount $25.00 Paid " in page.text
    assert "Balance right after the payment $25.00" in page.text
    assert page.texts("#add_credits-payment .actions a") == ["See it in the balance history", "Add more credits"]
    return page


def said(page: Page) -> tuple[str, str, str]:
    """Return heading, pill and the one part that went back, without its day."""
    (part,) = page.soup.select(WENT_BACK)
    for each in part.select("time, a"):
        each.decompose()
    return page.texts(TITLE)[0], page.texts(PILL)[0], " ".join(part.get_text(" ").split())


@pytest.fixture
def payment(app: Flask, alice_actor: Actor, acme: Customer) -> Payment:
    """A payment of $25.00 by card."""
    return buys(app, alice_actor, 2500)


@pytest.mark.both_databases
def test_a_payment_that_stands_says_so(alice: Browser, payment: Payment) -> None:
    page = shown(alice, payment)
    assert (page.texts(TITLE), page.texts(PILL)) == (["Added $25.00 to your balance"], ["Paid"])
    assert page.soup.select(WENT_BACK) == []


def test_its_time_is_when_it_was_paid_for_ever(
    app: Flask, settings: Settings, alice: Browser, payment: Payment
) -> None:
    paid_at = shown(alice, payment).find(".receipt time")["datetime"]
    with clock.at(clock.now() + timedelta(days=9)):
        sends_back(payment, 500)
        controls.dispute(settings, payment.processor_id or "", amount=2000)
        later(app)
    assert payment_of(payment).updated_at > payment.updated_at + timedelta(days=8)
    first = shown(alice, payment).soup.select(".receipt time")[0]
    assert first["datetime"] == paid_at


@pytest.mark.parametrize(("minor", "state"), [(700, "Partly refunded"), (2500, "Refunded")])
def test_what_was_refunded_leads_to_the_balance_history(
    alice: Browser, payment: Payment, minor: int, state: str
) -> None:
    sends_back(payment, minor)
    page = shown(alice, payment)
    title = "This payment was refunded" if minor == 2500 else "Part of this payment was refunded"
    words = f"Refunded ${minor / 100:.2f} The money was sent back to you, and the credit for it has left your balance."
    row = alice.follows(page, f"{WENT_BACK} a")
    assert row.status == 200 and "A payment was refunded to you." in row.text
    assert said(page) == (title, state, words)


def test_a_refund_under_way_is_no_refund_yet_and_one_that_did_not_arrive_stays_to_be_seen(
    app: Flask, settings: Settings, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    payment = buys(app, alice_actor, 2500, "pm_card_pendingRefund")
    sends_back(payment, 700)
    page = shown(alice, payment)
    assert "Refunded" not in page.text
    assert said(page) == (
        "A refund of this payment is under way",
        "Refund under way",
        "Refund of $7.00 under way since The money is on its way to you; the credit for it has left your balance.",
    )
    (refund,) = controls.objects(settings, "refund")
    controls.end_refund(settings, refund["id"], succeeded=False)
    later(app)
    assert said(shown(alice, payment)) == (
        "Added $25.00 to your balance",
        "Paid",
        "Refund of $7.00 did not arrive The credit is back in your balance.",
    )


def test_a_refund_that_was_never_made_says_that_nothing_changed(
    settings: Settings, alice: Browser, payment: Payment
) -> None:
    controls.plant(settings, "create_refund", "refuse", 50)
    sends_back(payment, 700)
    assert said(shown(alice, payment))[2] == "Refund of $7.00 under way since It is not sent yet."
    controls.clear_faults(settings)
    controls.dispute(settings, payment.processor_id or "")
    with clock.at(clock.now() + timedelta(minutes=2)):
        refunds.sweep_due()
    assert said(shown(alice, payment))[2] == "Refund of $7.00 did not arrive Your balance has not changed."


def test_a_dispute_is_said_first_while_it_is_open_and_when_it_is_lost(
    app: Flask, settings: Settings, alice: Browser, payment: Payment
) -> None:
    dispute = controls.dispute(settings, payment.processor_id or "")
    later(app)
    page = shown(alice, payment)
    assert page.soup.select(".pill--ok") == []
    assert said(page) == (
        "Your bank disputes this payment",
        "Disputed",
        "Dispute of $25.00 is open since The credit for it is held until the dispute is decided.",
    )
    with clock.at(clock.now() + timedelta(days=3)):
        controls.close_dispute(settings, dispute, won=False)
        later(app)
        decided = f"{clock.now():%Y-%m-%d}"
    lost = shown(alice, payment)
    assert "is held" not in lost.text
    assert lost.find(f"{WENT_BACK} time")["datetime"] == decided
    assert said(lost) == (
        "Your bank took the money back",
        "Taken back",
        "Dispute of $25.00 was lost Your bank has sent you the money, and the credit for it was removed for good.",
    )


def test_a_claim_in_another_currency_is_named(app: Flask, settings: Settings, alice: Browser, payment: Payment) -> None:
    controls.dispute(settings, payment.processor_id or "", amount=2301, currency="eur")
    later(app)
    assert said(shown(alice, payment))[2] == (
        "Dispute of $25.00 is open since Your bank claims €23.01, which is no part of this payment: all that was left of it "
        "is disputed. The credit for it is held until the dispute is decided."
    )


def test_a_dispute_that_is_over_leaves_the_payment_as_it_was(
    app: Flask, settings: Settings, alice: Browser, payment: Payment
) -> None:
    dispute = controls.dispute(settings, payment.processor_id or "", amount=1000)
    later(app)
    controls.close_dispute(settings, dispute, won=True)
    later(app)
    assert said(shown(alice, payment)) == (
        "Added $25.00 to your balance",
        "Paid",
        "Dispute of $10.00 was won The payment is valid, and the credit for it is back in your balance.",
    )


def test_several_parts_are_said_in_their_order_in_few_statements(
    app: Flask, settings: Settings, alice: Browser, payment: Payment
) -> None:
    sends_back(payment, 300)
    sends_back(payment, 200)
    with clock.at(clock.now() + timedelta(minutes=1)):
        dispute = controls.dispute(settings, payment.processor_id or "", amount=2000)
        later(app)
    with counted() as statements:
        page = shown(alice, payment)
    assert len(statements) <= 8, "\n".join(statements)
    parts = page.texts("#add_credits-payment h3 + dl > div > dt")
    assert parts == ["Refunded $3.00", "Refunded $2.00", "Dispute of $20.00 is open"]
    assert page.texts(TITLE) == ["Your bank disputes this payment"]
    controls.close_dispute(settings, dispute, won=False)
    later(app)
    assert shown(alice, payment).texts(TITLE) == ["Your bank took the money back"]


@pytest.mark.case("AC-18")
@pytest.mark.fault("S15")
def test_another_amount_than_was_asked_for_is_said(
    app: Flask, settings: Settings, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    shop.add_method(alice_actor)
    form = shop.reviewed(alice)
    controls.plant(settings, "confirm_intent", "other_amount")
    page = alice.submits(form, shop.FORM, button=shop.BUY)
    assert page.texts("#add_credits-payment .notice") == [
        "You ordered $25.00, but $26.00 was charged and credited. Relay Networks, Inc. must review it."
    ]
    assert page.texts(TITLE) == ["Added $26.00 to your balance"]
    assert shop.remaining(acme) == 26_000_000


@pytest.mark.case("AC-43")
@pytest.mark.fault("S15")
def test_a_wallet_whose_payment_does_not_fit_is_not_asked_for_again(
    settings: Settings, alice: Browser, acme: Customer
) -> None:
    page = shop.bought(alice, method="paypal")
    (payment,) = shop.payments(acme)
    with opened(settings.database_url) as store:
        intent = payment_intents.found(store, payment.processor_id or "")
        store.keep(intent | {"metadata": intent["metadata"] | {"customer": "cus_other"}})
    settlement.settle(payment.id)
    page = alice.opens(page.path)
    assert page.texts(TITLE) == ["We are reviewing this payment"]
    assert "Relay Networks, Inc. must review it." in page.text
    assert page.soup.select("#add_credits-payment .btn--primary") == []

"""Balance history when money goes back: each row says what happened, and opens the payment behind it."""

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.reversals import refunds
from app.services.usage import recording
from tests.support.browser import Browser
from tests.support.reversals import buys, later

PATH = "/billing/balance-history"


def opened(browser: Browser, customer: Customer, kind: str) -> str:
    """Open the newest row of a kind from the list, and return what its page says."""
    with as_customer(customer.customer_id):
        row = history.history(HistoryQuery(kind=kind)).entries[0]
    assert row.description in browser.opens(f"{PATH}?kind={kind}").text
    page = browser.opens(f"{PATH}/{row.id}")
    assert page.status == 200
    return page.text


def listed(browser: Browser, kind: str) -> list[str]:
    """Return what the list says of the rows of a kind."""
    return browser.opens(f"{PATH}?view=rows&kind={kind}").texts(".table--history tbody td:first-child")


def today() -> str:
    now = clock.now()
    return f"{now.day} {now:%b} {now.year}"


@pytest.mark.both_databases
def test_a_refund_says_what_went_and_what_is_owed(
    app: Flask, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    recording.record(acme.customer_id, key="k", credits=Credits(10_000_000), description="Requests")
    made = refunds.refund(payment.id, amount=Money(2000, "USD"), reason="Not needed", requested_by="support")
    page = opened(alice, acme, "refunded")
    assert "A payment was refunded to you." in page
    assert "had already been used, so it took your balance below zero. Credit that is added later first covers" in page
    assert made.id in page and payment.id in page and "Visa ending in 4242" in page
    assert "Refund of $20.00" in page and "USD" not in page
    assert "Under way" not in page and "State of the refund Sent back" in page


def test_a_refund_that_came_back_names_the_refund(
    app: Flask, settings: Settings, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    refund = controls.refund(settings, payment.processor_id or "")
    later(app)
    controls.end_refund(settings, refund, succeeded=False)
    later(app)
    page = opened(alice, acme, "refund_failed")
    assert "did not arrive" in page
    assert "Corrects an earlier movement: Refund of $25.00" in page


def test_a_dispute_says_that_credit_is_held_and_that_it_is_released(
    app: Flask, settings: Settings, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    dispute = controls.dispute(settings, payment.processor_id or "")
    later(app)
    page = opened(alice, acme, "disputed")
    assert "Your bank disputes a payment." in page and "is held until the dispute is decided" in page
    assert "State Paid, and disputed now" in page and "State of the dispute Open" in page
    assert listed(alice, "disputed") == ["Payment of $25.00 disputed The credit is held until the dispute is decided"]
    controls.close_dispute(settings, dispute, won=True)
    later(app)
    assert "A payment is no longer disputed." in opened(alice, acme, "dispute_won")
    page = opened(alice, acme, "disputed")
    assert "is held until" not in page and "$25.00 of credit that was held meanwhile was returned to you." in page
    assert listed(alice, "disputed") == [f"Payment of $25.00 disputed Won on {today()}: the credit was returned"]


def test_a_dispute_that_is_lost_says_so_wherever_it_stands(
    app: Flask, settings: Settings, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500)
    dispute = controls.dispute(settings, payment.processor_id or "")
    later(app)
    controls.close_dispute(settings, dispute, won=False)
    later(app)
    page = opened(alice, acme, "disputed")
    assert "held" not in page
    assert "$25.00 of credit that it had bought was removed for good." in page
    assert f"State of the dispute Lost on {today()}" in page and "State Lost to a dispute" in page
    lost = f"Lost on {today()}: the credit was removed for good"
    assert listed(alice, "disputed") == [f"Payment of $25.00 disputed {lost}"]
    assert lost in alice.opens("/billing/").find("#overview-latest").get_text()


def test_a_refund_is_under_way_until_the_bank_has_sent_it(
    app: Flask, settings: Settings, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 2500, "pm_card_pendingRefund")
    recording.record(acme.customer_id, key="k", credits=Credits(10_000_000), description="Requests")
    made = refunds.refund(payment.id, amount=Money(2000, "USD"), reason="Not needed", requested_by="support")
    assert made.state == "pending"
    assert listed(alice, "refunded") == ["Refund of $20.00 Under way"]
    page = opened(alice, acme, "refunded")
    assert "A refund of a payment is on its way to you" in page and "was refunded" not in page
    controls.end_refund(settings, made.processor_id or "", succeeded=False)
    later(app)
    assert listed(alice, "refunded") == ["Refund of $20.00 Did not arrive: the credit was returned"]
    page = opened(alice, acme, "refunded")
    assert (
        "was refunded to you, but the refund did not arrive. $20.00 of credit that had been removed was returned to you."
        in page
    )
    assert "State of the refund Did not arrive" in page
    assert "had already been used, and was owed until the credit was returned." in page


def test_the_overview_says_what_is_owed_and_that_nothing_can_be_used(
    app: Flask, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment = buys(app, alice_actor, 10_000)
    recording.record(acme.customer_id, key="k", credits=Credits(100_000_000), description="Requests")
    assert "is owed" not in alice.opens("/billing/").text
    refunds.refund(payment.id, reason="Not needed", requested_by="support")
    page = alice.opens("/billing/")
    assert page.status == 200
    line = page.texts("#status_line")[0]
    assert "A payment was refunded or disputed after its credit was used. The next $50.00 you add cover what" in line
    assert page.find("#overview-available .lead").get_text().strip() == "$0.00"


def test_every_figure_still_adds_up(
    app: Flask, settings: Settings, acme: Customer, alice: Browser, alice_actor: Actor
) -> None:
    payment, disputed = buys(app, alice_actor, 2500), buys(app, alice_actor, 1500)
    refunds.refund(payment.id, amount=Money(2000, "USD"), reason="Not needed", requested_by="support")
    controls.dispute(settings, disputed.processor_id or "")
    later(app)
    for figure in ("total_credits", "usage_this_period", "all_usage", "sent_back", "remaining_credits"):
        page = alice.opens(f"{PATH}?figure={figure}")
        shown = page.find("#balance_history-figure-title").get_text().rpartition(": ")[2].strip()
        assert page.find("#balance_history-summed").get_text().strip() == shown
    assert "Refunds" in alice.opens(f"{PATH}?figure=remaining_credits").text

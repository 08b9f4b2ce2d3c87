"""Who pays later reads what is true: which invoice is due, who is charged, and what is owed for a refund."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.domain.people.members import Actor
from app.domain.reversals import DisputeState
from app.models.customers import Customer
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services import jobs
from app.services.receivables import ending, interim
from app.services.transaction import transaction
from tests.support import cast, periods
from tests.support.documents import documents_of
from tests.support.periods import USED
from tests.support.reversals import bank_says, buys, sends_back
from tests.support.shop import GOOD, add_method

MORE = '\n[arrears]\nexposure = "20"\n'
PAGES = ("/billing/", "/billing/usage/", "/billing/plan/")


def later(protection: str = "0") -> tuple[Customer, Actor]:
    small = periods.customer("at_use", overage=protection, more=MORE)
    return small, periods.manager(small)


def looks(app: Flask, actor: Actor, path: str = "/billing/") -> tuple[str, str]:
    """Return the page's text, and where the button of its status line leads."""
    with clock.at(USED + timedelta(minutes=1)):
        page = cast.signed_in(app, "http://localhost", actor).opens(path)
    button = page.soup.select_one("#status_line a.btn")
    main = page.soup.find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split()), str(button["href"]) if button else ""


@pytest.mark.parametrize("path", PAGES)
def test_an_open_interim_invoice_is_named_and_can_be_paid(app: Flask, path: str) -> None:
    small, alice = later()
    add_method(alice, GOOD)
    periods.uses(small, 2200)
    with clock.at(USED):
        assert interim.write_due() == 1
    (invoice,) = documents_of(small)
    said, button = looks(app, alice, path)
    assert "Calls are refused: what you pay later (up to $20.00) is used." in said
    assert f"Invoice {invoice.number} of $27.50 is due: what it uses is free again once it is paid." in said
    assert button == f"/billing/invoices/{invoice.id}/payment"
    assert "No credit is left" not in said and "no credit yet" not in said


@pytest.mark.parametrize("protection", ["0", "5"])
def test_while_some_of_it_is_left_the_line_says_how_it_is_paid(app: Flask, protection: str) -> None:
    small, alice = later(protection)
    add_method(alice, GOOD)
    periods.uses(small, 500)
    page, _button = looks(app, alice)
    assert "Your balance is −$5.00: your payment method is charged with the next invoice." in page


@pytest.mark.parametrize(
    ("protection", "used", "said"),
    [
        ("0", 2200, "What you pay later (up to $20.00) is used. Your payment method is charged with the next invoice."),
        ("5", 2700, "What you pay later (up to $20.00) and the overage protection of $5.00 are used. Your payment"),
    ],
)
def test_beyond_it_nobody_reads_of_a_protection_that_it_has_not(
    app: Flask, protection: str, used: int, said: str
) -> None:
    small, alice = later(protection)
    add_method(alice, GOOD)
    periods.uses(small, used)
    page, _button = looks(app, alice)
    assert page.count(said) == 2, "in the status line, and of what is available"
    assert "A top-up first covers" not in page
    assert "End of what you pay later" in page
    assert ("verage protection" in page) == (protection != "0")


def test_no_line_ends_between_a_minus_sign_and_its_amount(app: Flask) -> None:
    small, alice = later()
    add_method(alice, GOOD)
    periods.uses(small, 500)
    with clock.at(USED + timedelta(minutes=1)):
        html = cast.signed_in(app, "http://localhost", alice).opens("/billing/").response.text
    assert "Your balance is −\u2060$5.00: your payment method is charged" in html
    assert re.findall("[^>]−[$]", html) == []
    assert ">−$" in html, "a figure of its own is copied as it stands"


def test_what_a_refund_leaves_below_zero_is_owed_and_not_charged(app: Flask) -> None:
    small, alice = later()
    with clock.at(periods.BEGIN):
        paid = buys(app, alice, 2000)
    periods.uses(small, 2000)
    with clock.at(USED):
        sends_back(paid)
    page, button = looks(app, alice)
    assert "$20.00 of it is owed because a payment was refunded or disputed: add credit." in page
    assert "charged to your payment method" not in page and "is charged" not in page
    assert button == "/billing/add-credits/"


@pytest.mark.parametrize(
    ("protection", "name", "parts"),
    [
        ("0", "what you may pay later", ["Remaining credits", "Pay later", "Held for calls in progress"]),
        (
            "5",
            "what you may pay later and overage protection",
            ["Remaining credits", "Pay later", "Overage protection", "Held for calls in progress"],
        ),
    ],
)
def test_the_figures_of_spend_management_name_it(app: Flask, protection: str, name: str, parts: list[str]) -> None:
    small, alice = later(protection)
    add_method(alice, GOOD)
    periods.uses(small, 500)
    with clock.at(USED + timedelta(minutes=1)):
        browser = cast.signed_in(app, "http://localhost", alice)
        assert f"Balance and {name}" in browser.opens("/billing/spend-management/").text
        page = browser.opens("/billing/spend-figures/balance")
        shown = browser.opens("/billing/spend-figures/available")
    assert f"Remaining credits and {name}, less" in page.text and f"and {name}, less" in shown.text
    assert page.texts("dt") == [*[each for each in parts if "Held" not in each], "Left"]
    assert ("verage protection" in page.text) == (protection != "0")


def given_up(app: Flask, small: Customer, alice: Actor) -> str:
    """Let an interim invoice be given up."""
    add_method(alice, GOOD)
    periods.uses(small, 2200)
    with clock.at(USED):
        assert interim.write_due() == 1
        (invoice,) = documents_of(small)
        ending.give_up(invoice.id, by="seller", reason="Nobody answers")
    return f"/billing/invoices/{invoice.id}/payment"


def expired(app: Flask, small: Customer, alice: Actor) -> str:
    """Let the card's date be over."""
    card = add_method(alice, GOOD)
    with as_service("let a card expire"), transaction() as session:
        session.execute(update(PaymentMethod).where(PaymentMethod.id == card.id).values(exp_year=2026, exp_month=9))
    with clock.at(USED):
        assert jobs.JOBS["exposures_ended"](10) == 1
    return "/billing/payment-methods/"


def disputed(app: Flask, small: Customer, alice: Actor) -> str:
    """Let a bank dispute a top-up."""
    with clock.at(periods.BEGIN):
        paid = buys(app, alice, 2000)
    bank_says(paid, DisputeState.OPEN, USED)
    return "/billing/add-credits/"


@pytest.mark.parametrize(
    ("let", "said"),
    [
        (None, "You can pay later, up to $20.00, once a payment method is saved that is charged for invoices."),
        (expired, "You cannot pay later, up to $20.00, because your card has expired. Add the new card"),
        (
            given_up,
            "You cannot pay later, up to $20.00, until an invoice that was left unpaid is paid. Pay the invoice",
        ),
        (
            disputed,
            "You cannot pay later, up to $20.00, until a bank has decided about a disputed payment. Until then,",
        ),
    ],
)
def test_why_nothing_is_lent_is_said_with_the_way_out(
    app: Flask, let: Callable[[Flask, Customer, Actor], str] | None, said: str
) -> None:
    small, alice = later()
    leads = let(app, small, alice) if let else "/billing/payment-methods/"
    bob = cast.make_actor(cast.BOB, small)
    with clock.at(USED + timedelta(minutes=1)):
        for path in ("/billing/", "/billing/usage/"):
            page = cast.signed_in(app, "http://localhost", alice).opens(path)
            assert " ".join(page.text.split()).count(said) == 1
            assert [each["href"] for each in page.soup.select("#not_lent a")] == [leads]
        viewer = cast.signed_in(app, "http://localhost", bob).opens("/billing/")
    assert said.partition(". ")[0] in " ".join(viewer.text.split())
    assert viewer.texts("#not_lent")[0].endswith(f"Ask {alice.name}.") and not viewer.soup.select("#not_lent a")


def test_who_is_lent_to_reads_no_reason(app: Flask) -> None:
    _small, alice = later()
    add_method(alice, GOOD)
    assert "cannot pay later" not in looks(app, alice)[0] and "once a payment" not in looks(app, alice)[0]


def test_the_protection_beside_it_is_used_last(app: Flask) -> None:
    small, alice = later("5")
    add_method(alice, GOOD)
    periods.uses(small, 2200)
    said, _button = looks(app, alice)
    assert "+$5.00 $3.00 of it is left below zero;" in said

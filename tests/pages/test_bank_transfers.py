"""Bank transfers: ordered from Add credits, the pro-forma, what is missing or left, and who may see and cancel what."""

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.bank_transfers import cash
from app.services.catalog import versions
from tests.support import transfers
from tests.support.browser import Browser
from tests.support.outcome import faults
from tests.support.shop import bought
from tests.support.statements import counted

PATH = "/billing/bank-transfers/"
CANCEL = "form[aria-label='Cancel this order']"


@pytest.fixture
def catalog(app: Flask) -> str:
    """The example catalog, with bank transfers."""
    transfers.take_transfers()
    return "gateway"


@pytest.mark.both_databases
def test_an_order_leads_to_its_pro_forma_and_what_is_sent_for_it_is_shown(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    assert page.texts("h1") == ["Pro-forma"]
    assert "Send exactly $25.00 to the account below." in page.text
    assert {"Routing number", "Account number"} <= set(page.texts("dt"))
    assert "This is a pro-forma, not an invoice" in page.text
    assert "waits for your transfer" in alice.opens("/billing/add-credits/").text
    assert "waits for your bank transfer" in alice.opens("/billing/").text
    transfers.sent(app, acme.customer_id, 2499)
    short = alice.opens(page.path)
    assert "$24.99 has arrived. $0.01 is missing" in short.text
    listed = alice.opens(PATH)
    assert "$24.99" in listed.text and "$0.01 is missing" in listed.text
    transfers.sent(app, acme.customer_id, 101)
    paid = alice.opens(page.path)
    assert "$25.00 has arrived" in paid.text and paid.texts("#bank_transfers-pro_forma .pill") == ["Paid"]
    listed = alice.opens(PATH)
    assert listed.texts(".transfer__sum") == ["$1.00"]
    moved = [row.split("UTC ")[1] for row in listed.texts("#bank_transfers-moved ~ table tbody tr")]
    received = "Bank transfer received ALEX EXAMPLE"
    assert moved == ["Used for a payment −$25.00", f"{received} +$1.01", f"{received} +$24.99"]
    assert cash.look(acme.customer_id)  # the processor says so, too: once
    later = alice.opens(PATH).texts("#bank_transfers-moved ~ table tbody tr")
    assert [row.split("UTC ")[1] for row in later] == moved


def test_a_cancelled_order_says_so_and_its_money_stays(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    transfers.sent(app, acme.customer_id, 1000)
    cancelled = alice.submits(alice.opens(page.path), CANCEL)
    assert "This order was cancelled." in cancelled.text
    assert alice.opens(PATH).texts(".transfer__sum") == ["$10.00"]


def test_where_none_are_taken_nothing_says_how_to_order_one(alice: Browser) -> None:
    assert "Choose Bank transfer under Add credits" in alice.opens(PATH).text
    versions.apply((transfers.EXAMPLES / "gateway.toml").read_text())
    page = alice.opens(PATH)
    assert "takes no new orders by bank transfer" in page.text
    assert "Choose Bank transfer" not in page.text and "with your first order" not in page.text


def test_looking_asks_the_processor_at_once(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    transfers.arrives(app, acme.customer_id, 2500)
    found = alice.submits(alice.opens(PATH), "form[aria-label='Look for transfers']")
    assert "This is what has arrived by now." in found.text and "Bank transfer received" in found.text
    assert alice.opens(page.path).texts("#bank_transfers-pro_forma .pill") == ["Paid"]


def test_looking_while_the_processor_does_not_answer_loses_nothing_and_says_so(app: Flask, alice: Browser) -> None:
    bought(alice, "25.00", method="bank_transfer")
    page = alice.opens(PATH)
    with faults(app, ("list_cash_movements", "500_before", 9)):
        found = alice.submits(page, "form[aria-label='Look for transfers']")
    assert found.status == 503
    assert "Our payment processor does not answer right now." in found.text


def test_an_order_that_is_paid_meanwhile_is_not_cancelled_and_the_page_says_so(
    app: Flask, alice: Browser, acme: Customer
) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    transfers.sent(app, acme.customer_id, 2500)
    refused = alice.submits(page, CANCEL)
    assert refused.status == 409
    assert len(refused.errors()) == 1 and refused.texts("#bank_transfers-pro_forma .pill") == ["Paid"]


def test_a_viewer_sees_and_cancels_nothing_and_nobody_sees_anothers(
    app: Flask, alice: Browser, bob: Browser, mallory: Browser, visitor: Browser
) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    seen = bob.opens(page.path)
    assert seen.status == 200 and not seen.soup.select(CANCEL)
    token = {"csrf_token": bob.opens("/billing/add-credits/").value("csrf_token")}
    assert bob.posts(f"{page.path}/cancellation", token).status == 403
    assert bob.posts(f"{PATH}look", token).status == 403
    assert mallory.opens(page.path).status == 404
    token = {"csrf_token": mallory.opens("/billing/add-credits/").value("csrf_token")}
    assert mallory.posts(f"{page.path}/cancellation", token).status == 404
    assert "25.00" not in mallory.opens(PATH).text
    assert visitor.opens(page.path).path.startswith("/sign-in")


def test_it_asks_the_database_so_often(app: Flask, alice: Browser) -> None:
    page = bought(alice, "25.00", method="bank_transfer")
    with counted() as statements:
        alice.opens(PATH)
    assert len(statements) <= 16
    with counted() as statements:
        alice.opens(page.path)
    assert len(statements) <= 16

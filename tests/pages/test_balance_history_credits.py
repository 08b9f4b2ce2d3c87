"""Your credits: each grant with what is left of it, in burn order; it adds up to the balance."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.services.ledger import grants
from tests.support import spend
from tests.support.browser import Browser
from tests.support.meters import post_all

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
PATH = "/billing/balance-history/credits"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


def gives(customer: Customer, dollars: int, **more: object) -> None:
    given = {
        "kind": "promotional",
        "credits": Credits(dollars * 1_000_000),
        "granted_by": "support",
        "reason": f"Gift {dollars}",
    }
    grants.give(customer.customer_id, **given | more)  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_grants_stand_in_the_order_in_which_they_are_used(app: Flask, alice: Browser, acme: Customer) -> None:
    gives(acme, 30)
    gives(acme, 20, expires_at=NOW + timedelta(days=9))
    gives(acme, 10, expires_at=NOW + timedelta(days=3))
    gives(acme, 5, effective_at=NOW + timedelta(days=1))
    page = alice.opens(PATH)
    cells = [row.get_text(" ").split() for row in page.soup.select("#balance_history-left ~ * tbody tr")]
    assert [row[-1] for row in cells] == ["$10.00", "$20.00", "$30.00"]
    assert page.texts("#balance_history-left") == ["What is left: $60.00"]
    assert "$5.00" in page.text


def test_use_that_is_not_booked_is_taken_off_in_that_order(alice: Browser, acme: Customer) -> None:
    gives(acme, 30)
    gives(acme, 10, expires_at=NOW + timedelta(days=3))
    spend.uses(acme, "12.50", NOW)
    page = alice.opens(PATH)
    assert page.texts("#balance_history-left") == ["What is left: $27.50"]
    assert [
        row[-1] for row in ([*each.stripped_strings] for each in page.soup.select("#balance_history-left ~ * tbody tr"))
    ] == ["$27.50"]


def test_a_customer_without_credit_is_led_to_some(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert "No credit is left." in page.text and "Nothing yet." in page.text


def test_what_is_used_up_is_paged(app: Flask, alice: Browser, acme: Customer) -> None:
    for number in range(11):
        gives(acme, 1, effective_at=NOW - timedelta(hours=number))
    spend.uses(acme, "11", NOW)
    post_all(acme.customer_id)
    page = alice.opens(PATH)
    assert len(page.soup.select("#balance_history-gone ~ * tbody tr")) == 10
    older = alice.opens(str(page.find("a[rel=next]")["href"]))
    assert len(older.soup.select("#balance_history-gone ~ * tbody tr")) == 1
    assert older.status == 200 and not older.soup.select("#balance_history-left")


def test_a_place_that_is_none_is_not_there(alice: Browser) -> None:
    assert alice.opens(f"{PATH}?before=x").status == 404

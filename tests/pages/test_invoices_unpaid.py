"""Who has not paid reads how the account stands, when it is charged again, and what to do; and can always pay."""

import pytest
from flask import Flask

from app import clock
from app.models.customers import Customer
from tests.support import cast, dunning, periods
from tests.support.browser import Browser, Page
from tests.support.dunning import DAY
from tests.support.periods import OVER, manager
from tests.support.shop import BROKE, GOOD, add_method


@pytest.fixture
def small(app: Flask) -> Customer:
    return periods.customer()


def unpaid(app: Flask, origin: str, small: Customer, days: int) -> tuple[Browser, str, str]:
    """Return the browser of a manager whose card was declined for so many days, and the invoice's id and number."""
    with clock.at(OVER):
        actor = manager(small)
        add_method(actor, BROKE)
    invoice = dunning.invoiced(small)
    for day in range(days + 1):
        dunning.collects(OVER + day * DAY)
    with clock.at(OVER + days * DAY):
        return cast.signed_in(app, origin, actor), invoice.id, invoice.number or ""


def said(page: Page, selector: str) -> str:
    return " ".join(page.find(selector).get_text(" ").split())


@pytest.mark.both_databases
def test_past_due_says_when_it_is_charged_again(app: Flask, origin: str, small: Customer) -> None:
    browser, document_id, _number = unpaid(app, origin, small, 0)
    again = "We charge Visa ending in 9995 on 3 Nov 2026, 09:00 UTC."
    with clock.at(OVER):
        words = said(browser.opens("/billing/invoices"), "#invoices-standing")
        assert "An invoice is past due." in words
        assert again in words
        assert "If nobody pays, your account is suspended on 7 Nov 2026, 09:00 UTC." in words
        assert said(browser.opens(f"/billing/invoices/{document_id}"), "#invoices-charged_on") == again
        assert again in said(browser.opens("/billing/"), "#overview-standing")


def test_suspended_says_so_and_can_pay(app: Flask, origin: str, small: Customer) -> None:
    browser, document_id, number = unpaid(app, origin, small, 5)
    with clock.at(OVER + 5 * DAY):
        page = browser.opens("/billing/")
        assert "Calls are refused: your account is suspended." in said(page, "#status_line")
        assert "You are served again as soon as nothing is overdue." in said(page, "#overview-standing")
        assert f"{number}: $8.81, overdue since 2 Nov 2026" in said(page, "#overview-due")
        assert page.find("#status_line a")["href"] == "/billing/invoices"
        assert "Your account is suspended: calls are refused." in said(
            browser.opens("/billing/invoices"), "#invoices-standing"
        )
        assert browser.opens(f"/billing/invoices/{document_id}/payment").status == 200


def test_who_owes_nothing_reads_nothing_of_it(app: Flask, origin: str, small: Customer) -> None:
    with clock.at(OVER):
        actor = manager(small)
        add_method(actor, GOOD)
    dunning.invoiced(small)
    dunning.collects()
    with clock.at(OVER + DAY):
        browser = cast.signed_in(app, origin, actor)
        assert not browser.opens("/billing/").texts("#overview-standing")
        assert not browser.opens("/billing/invoices").texts("#invoices-standing")

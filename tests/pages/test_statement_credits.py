"""The credit account of a statement: what was invoiced is called so, figures are those of the other pages, red is debt."""

import pytest
from flask import Flask

from app import clock
from app.services.receivables import ending
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.pages.test_overview_sums import sums
from tests.support import cast, periods
from tests.support.periods import BEGIN, OVER, USED
from tests.support.reversals import buys

PATH = "/billing/invoices/statement?from=2026-10-01&to=2026-11-30"


@pytest.mark.both_databases
def test_usage_below_zero_that_was_invoiced_is_a_line_of_its_own(app: Flask, origin: str) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    with clock.at(USED):
        events.accept([UsageReport("part of a cent", small.customer_id, "requests", 8)])
    invoice = periods.closes(small)
    assert invoice is not None
    with clock.at(OVER):
        browser = cast.signed_in(app, origin, periods.manager(small))
        page = browser.opens(PATH)
    assert page.texts("#statement-credits div") == [
        "Opening balance $0.00",
        "Bought $0.00",
        "Used −$7.05 , exactly −$7.0532",
        "Below zero, put on invoices +$7.05 , exactly +$7.0532",
        "Closing balance $0.00",
    ]
    with clock.at(OVER):
        assert sums(browser.opens("/billing/"))["On invoices"] == "+$7.0532"
        ending.void(invoice.id, by="seller", reason="Wrong")
        page = browser.opens(PATH)
    assert page.texts("#statement-credits div")[3:] == ["Closing balance −$7.06 , exactly −$7.0532"]
    (closing,) = page.soup.select("#statement-credits strong .amount--below")
    assert "7.06" in closing.text, "a debt is red"


def test_tax_that_credit_has_paid_is_a_line_of_its_own(app: Flask, origin: str) -> None:
    small = periods.customer("at_use")
    with clock.at(BEGIN):
        buys(app, actor := periods.manager(small), 1000)
    periods.uses(small, 400)
    invoice = periods.closes(small)
    assert invoice is not None
    with clock.at(OVER):
        browser = cast.signed_in(app, origin, actor)
        page, adds_up = browser.opens(PATH), sums(browser.opens("/billing/"))
        document = " ".join(browser.opens(f"/billing/invoices/{invoice.id}").text.split())
    assert "Paid with credit −$5.00" in document, "what lowers the sum has a minus"
    assert adds_up["Invoices paid from credit"] == "−$1.00", "it was never below zero"
    assert "On invoices" not in adds_up and adds_up["Used so far"] == "−$4.00"
    assert page.texts("#statement-credits div") == [
        "Opening balance $0.00",
        "Bought +$10.00",
        "Used −$4.00",
        "Invoices paid from credit −$1.00",
        "Closing balance $5.00",
    ]

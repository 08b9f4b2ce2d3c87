"""When something is wrong: whoever is signed in keeps the portal's frame and reads what is not offered here."""

from datetime import timedelta

import pytest

from app import clock
from app.models.customers import Customer
from app.services.catalog import versions
from tests.support.browser import Browser

NOWHERE = "/billing/no-such-page"


@pytest.mark.both_databases
def test_a_page_that_is_not_there_keeps_the_frame(alice: Browser, acme: Customer) -> None:
    page = alice.opens(NOWHERE)
    assert page.status == 404
    assert page.texts("h1") == ["There is no such page"]
    assert "Overview" in page.texts(".side .nav a")
    assert page.find("[data-shown]")["data-shown"] == "0"
    assert "Request" in page.text or "request" in page.text
    assert alice.submits(page, ".account form[action='/sign-out']").path.startswith("/sign-in")


@pytest.mark.parametrize("path", ["/no-such-page", "/billing/balance-history/txn_of_nobody", "/billing/usage/no-meter"])
def test_each_address_that_leads_nowhere_does(alice: Browser, path: str) -> None:
    page = alice.opens(path)
    assert (page.status, len(page.soup.select(".side .nav"))) == (404, 1)


def test_a_viewer_who_may_not_do_it_keeps_the_frame_too(bob: Browser) -> None:
    token = bob.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]
    page = bob.posts("/billing/add-credits/", {"csrf_token": token})
    assert (page.status, page.texts("h1"), len(page.soup.select(".side .nav"))) == (403, ["You do not have access"], 1)


def test_a_stranger_reads_the_same_without_a_frame(visitor: Browser) -> None:
    page = visitor.opens(NOWHERE)
    assert (page.status, page.texts("h1"), page.soup.select(".side")) == (404, ["There is no such page"], [])
    assert visitor.client.get_cookie("purser") is None


def test_a_file_that_is_not_there_asks_for_no_session(alice: Browser) -> None:
    page = alice.opens("/static/none.css")
    assert (page.status, page.soup.select(".side")) == (404, [])


def test_what_is_printed_names_seller_customer_and_day(alice: Browser, acme: Customer) -> None:
    late = clock.now() + timedelta(hours=11)
    with clock.at(late):
        head = alice.opens("/billing/").texts(".paperhead > *")
    assert head == [versions.of(acme).seller_name, "Acme", f"Printed on {late.day} {late:%b %Y} (UTC)"]

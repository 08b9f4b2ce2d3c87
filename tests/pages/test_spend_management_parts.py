"""Spend management in parts: each an address, few words on the first, and every row of the log within reach."""

from datetime import timedelta

import pytest

from app import clock
from app.models.customers import Customer
from tests.support import spend
from tests.support.browser import Browser, Page
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
LOG = f"{PATH}log"
PARTS = {"Limits": PATH, "Webhook": f"{PATH}webhook/", "Log": LOG}


def words_of(page: Page) -> int:
    """Return how many words are read on the page as it opens: neither what is closed nor what is for ears alone."""
    main = page.find("main")
    for each in main.select("details > :not(summary), .sr, title, .tip, option"):
        each.decompose()
    return len(main.get_text(" ").split())


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_an_address_and_says_where_one_is(alice: Browser, acme: Customer, part: str) -> None:
    page = alice.opens(PARTS[part])
    assert page.texts(".tabs a") == list(PARTS)
    assert [str(each["href"]) for each in page.soup.select(".tabs a")] == list(PARTS.values())
    assert page.texts(".tabs [aria-current=page]") == [part]
    assert page.texts("h1") == ["Spend management"]
    assert page.texts(".side [aria-current=page]") == ["Spend management"]


def test_the_first_part_has_few_words(alice: Browser, acme: Customer) -> None:
    with clock.at(NOON - timedelta(days=9)):
        spend.chooses(acme, "25", "20")
    for days in range(8, 0, -1):
        with clock.at(NOON - timedelta(days=days)):
            spend.uses(acme, "24")
            spend.asks(acme, "2")
    spend.uses(acme, "24")
    spend.holds(acme, "0.5")
    spend.asks(acme, "3")
    spend.decided()
    page = alice.opens(PATH)
    assert page.soup.select("#status_line")
    assert words_of(page) <= 250


def test_every_refused_call_and_every_notification_is_reached(alice: Browser, acme: Customer) -> None:
    with clock.at(NOON - timedelta(days=30)):
        spend.chooses(acme, "5", "1")
    for days in range(14, 0, -1):
        with clock.at(NOON - timedelta(days=days)):
            spend.uses(acme, "2")
            spend.asks(acme, "9")
            spend.decided()
    first = alice.opens(LOG)
    for name, fewest in (("notified", 25), ("refused", 14)):
        page, seen = first, list[str]()
        while True:
            rows = page.texts(f"#spend_management-{name} :is(tbody tr, .decisions > li)")
            assert 0 < len(rows) <= 10
            seen += rows
            if not page.soup.select(f"#spend_management-{name} [rel=next]"):
                break
            page = alice.follows(page, f"#spend_management-{name} [rel=next]")
        assert len(seen) == len(set(seen)) >= fewest
        back = alice.follows(page, f"#spend_management-{name} .pager a")
        assert back.texts(f"#spend_management-{name} :is(tbody tr, .decisions > li)") == seen[:10]


@pytest.mark.parametrize("place", ["x", "20261121T120000.000000", "20261121T120000.000000~a~b~c", "2026~a"])
def test_a_place_that_is_none_is_not_there(alice: Browser, acme: Customer, place: str) -> None:
    assert alice.opens(f"{LOG}?refused={place}").status == 404
    assert alice.opens(f"{LOG}?notified={place}").status == 404


def test_an_empty_log_says_so(alice: Browser, acme: Customer) -> None:
    page = alice.opens(LOG)
    assert "No notifications yet." in page.text and "No calls were refused." in page.text
    assert page.soup.select(".pager") == []

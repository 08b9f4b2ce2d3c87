"""The plan's pages in the pseudo-language: what is had, a change in each of its states, the end, and what is refused."""

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.domain.people.profiles import Profile
from app.languages import PSEUDO
from app.models.customers import Customer
from app.services.people import profiles
from app.services.subscriptions import seats
from tests.pages.test_plan import BIG, MAILED, PATH, opened
from tests.support import plans
from tests.support.browser import Browser, Page
from tests.support.plans import HALF, confirms, target
from tests.support.pseudo import EVERYWHERE, data, offered, plain
from tests.support.shop import ASKS, GOOD, add_method

__all__ = ["offered"]

Opened = tuple[Customer, Actor, Browser]


@pytest.fixture
def who(app: Flask, origin: str) -> Opened:
    """A customer on the free plan in the middle of June, and its manager, who reads the pseudo-language."""
    acme, alice, browser = opened(app, origin, BIG, MAILED)
    profiles.replace(alice.member_id, acme.customer_id, Profile(name=alice.name, language=PSEUDO))
    return acme, alice, browser


def presses(browser: Browser, page: Page, button: str, **fields: object) -> Page:
    return browser.submits(page, f"form:has(#{button})", button=f"#{button}", **fields)


def left(page: Page, whose: Customer) -> list[str]:
    """Return what is not translated."""
    assert page.status in {200, 409, 422} and page.find("html")["lang"] == PSEUDO, page.text
    known = {"Alice Archer", "alice@acme.example", whose.name, "VAT", "Visa", "x" * 501, *EVERYWHERE}
    return plain(page, known | set(data(plans.versions.of(whose))))


def test_the_pages_of_a_plan_and_its_end_are_translated(who: Opened) -> None:
    acme, alice, browser = who
    with clock.at(HALF):
        confirms(alice, target("team", 4), add_method(alice, GOOD).id)
        seats.report(acme.customer_id, 5, by="host")
        pages = [browser.opens(path) for path in (PATH, f"{PATH}?interval=annual", f"{PATH}cancellation")]
        pages += [browser.opens(f"{PATH}change?{query}") for query in ("seats=5", "plan=personal", "seats=26")]
        less = presses(browser, browser.opens(f"{PATH}change?plan=personal"), "plan_change-confirm")
        pages += [less, browser.opens(PATH), browser.opens(f"{PATH}change?plan=team&interval=annual&seats=6")]
        pages.append(presses(browser, less, "plan_change-undo"))
        long = presses(browser, pages[2], "plan_cancellation-confirm", reason="x" * 501)
        pages += [long, presses(browser, pages[2], "plan_cancellation-confirm"), browser.opens(PATH)]
        pages.append(browser.opens(f"{PATH}cancellation"))
        for page in pages:
            assert left(page, acme) == [], page.path


def test_a_change_that_is_paid_is_said_and_refused_in_the_language(who: Opened) -> None:
    acme, alice, browser = who
    with clock.at(HALF):
        add_method(alice, ASKS)
        waits = presses(browser, browser.opens(f"{PATH}change?plan=personal"), "plan_change-confirm")
        pages = [waits, browser.opens(PATH), browser.opens(f"{PATH}cancellation")]
        pages += [presses(browser, waits, "plan_change-undo"), browser.opens(waits.path)]
        token = pages[-2].value("csrf_token")
        pages.append(browser.posts(f"{PATH}requests", {"csrf_token": token, "plan": "big", "message": ""}))
        pages.append(browser.posts(f"{PATH}requests", {"csrf_token": token, "plan": "big", "message": "?"}))
        pages.append(browser.posts(f"{PATH}requests", {"csrf_token": token, "plan": "big", "message": "?"}))
        pages.append(browser.posts(f"{PATH}change", {"csrf_token": token, "seen": "1 USD", "method": ""}))
        for page in pages:
            assert left(page, acme) == [], page.path

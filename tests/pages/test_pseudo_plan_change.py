"""A change of plan, its end and its prices in their fuller states, in the pseudo-language."""

from datetime import date
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.domain.people.profiles import Profile
from app.extensions import settings
from app.gateways.sandbox import controls
from app.languages import PSEUDO
from app.models.customers import Customer
from app.models.scope import as_service
from app.models.subscriptions import PlanChange
from app.services.customers import billing_periods
from app.services.ledger import posting
from app.services.month_end import price_changes
from app.services.payments import resume_links, settlement
from app.services.people import profiles
from app.services.subscriptions import seats
from app.services.transaction import transaction
from tests.pages.test_plan import BIG, MAILED, PATH
from tests.pages.test_pseudo_plan import presses
from tests.support import cast, periods, plans
from tests.support.browser import Browser, Page
from tests.support.plans import HALF, confirms, target
from tests.support.pseudo import EVERYWHERE, data, offered, plain
from tests.support.shop import ASKS, BROKE, GOOD, NEW, add_method

__all__ = ["offered"]
FEATURES = ('title = "Team"\n', 'title = "Team"\nfeatures = ["Single sign-on"]\n')
AT_ONCE = ('downgrade = "period_end"', 'downgrade = "immediate"')
CONFIRM = "plan_change-confirm"


def reader(app: Flask, origin: str, *words: tuple[str, str]) -> tuple[Customer, Actor, Browser]:
    """Return a customer on the free plan in the middle of June, and its manager, who reads the pseudo-language."""
    acme = plans.customer(*words)
    with clock.at(HALF):
        actor = plans.manager(acme)
        return acme, reads(actor), cast.signed_in(app, origin, actor)


def reads(actor: Actor) -> Actor:
    profiles.replace(actor.member_id, actor.customer_id, Profile(name=actor.name, language=PSEUDO))
    return actor


def all_said(whose: Customer, *pages: Page, known: tuple[str, ...] = ()) -> None:
    """Say that the pages are whole in the language."""
    words = {"Alice Archer", "alice@acme.example", "Bob Baker", "bob@acme.example", whose.name, "VAT", "Visa", *known}
    words |= {*EVERYWHERE, "Mastercard", "Discover", "American Express", *data(plans.versions.of(whose))}
    for page in pages:
        assert page.find("html")["lang"] == PSEUDO, page.text
        assert plain(page, words) == [], page.path


def test_a_change_that_is_declined_gone_by_or_not_to_be_had_is_said_in_the_language(app: Flask, origin: str) -> None:
    acme, alice, browser = reader(app, origin)
    with clock.at(HALF):
        wrong = ("plan=free", "plan=gold", "plan=penny&interval=annual", "plan=team&seats=26", "plan=team&seats=none")
        all_said(acme, *(browser.opens(f"{PATH}change?{each}") for each in wrong))
        without = browser.opens(f"{PATH}change?plan=personal")
        add_method(alice, BROKE)
        review = browser.opens(f"{PATH}change?plan=personal")
        no = presses(browser, review, CONFIRM)
        assert no.status == 402
        unknown = {
            each: review.value(each) for each in ("csrf_token", "plan", "interval", "seats", "preview", "form_key")
        }
        pages = [
            browser.posts(f"{PATH}change", unknown | {"seen": seen, "method": method})
            for seen, method in (("750 USD", ""), ("750 USD", "pm_nobodys"), ("1 EUR", ""))
        ]
        assert [each.status for each in pages] == [422, 402, 409]
        seen = browser.opens(f"{PATH}change?plan=personal")
    with clock.at(HALF.replace(hour=1)):
        late = presses(browser, seen, CONFIRM)
        assert late.status == 409
        done = presses(browser, late, CONFIRM, method=NEW, test_method=GOOD)
        all_said(acme, without, review, no, *pages, late, done, browser.opens(PATH))


def test_what_a_change_takes_away_and_replaces_is_said_in_the_language(app: Flask, origin: str) -> None:
    acme, alice, browser = reader(app, origin, FEATURES)
    with clock.at(HALF):
        confirms(alice, target("team", 4), add_method(alice, GOOD).id)
        seats.report(acme.customer_id, 4, by="host")
        less = browser.opens(f"{PATH}change?plan=personal")
        ends = browser.opens(f"{PATH}cancellation")
        scheduled = presses(browser, less, CONFIRM)
        more = browser.opens(f"{PATH}change?seats=5")
        replaced = browser.opens(f"{PATH}cancellation")
        done = presses(browser, more, CONFIRM)
        back = presses(browser, done, "plan_change-undo")
        all_said(acme, less, ends, scheduled, more, replaced, done, back, browser.opens(done.path))
        bob = cast.signed_in(app, origin, reads(cast.make_actor(cast.BOB, acme)))
        paths = ("", "change?plan=personal", "change?plan=team&interval=annual&seats=6", "cancellation")
        all_said(acme, *(bob.opens(f"{PATH}{each}") for each in paths))


def test_less_at_once_and_the_credit_for_it_are_said_in_the_language(app: Flask, origin: str) -> None:
    acme, alice, browser = reader(app, origin, AT_ONCE)
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        ends, review = browser.opens(f"{PATH}cancellation"), browser.opens(f"{PATH}change?plan=free")
        all_said(acme, ends, review, browser.opens(f"{PATH}change?plan=penny"), presses(browser, review, CONFIRM))


@pytest.mark.proof
def test_what_waits_for_a_payment_is_said_in_the_language(app: Flask, origin: str, visitor: Browser) -> None:
    acme, alice, browser = reader(app, origin)
    with clock.at(HALF):
        till = presses(browser, browser.opens(f"{PATH}change?plan=personal"), CONFIRM)
        assert till.path
        order = plans.rows(PlanChange, acme)[0]
        waits = browser.opens(f"{PATH}changes/{order.id}")
        controls.pay_at_checkout(settings(), plans.payment_of(order).checkout_id or "", GOOD)
        done = browser.opens(f"/billing/add-credits/payments/{order.payment_id}/return")
        all_said(acme, waits, done)
        asks = add_method(alice, ASKS)
        asked = presses(browser, browser.opens(f"{PATH}change?plan=team&seats=4"), CONFIRM, method=asks.id)
        order = next(each for each in plans.rows(PlanChange, acme) if each.state == "waiting")
        bob = cast.signed_in(app, origin, reads(cast.make_actor(cast.BOB, acme)))
        all_said(acme, asked, browser.opens(f"{PATH}cancellation"), browser.opens(PATH), bob.opens(asked.path))
        plans.stands(acme, "closed")
        paid = plans.payment_of(order)
        controls.answer_challenge(settings(), paid.processor_id or "", approved=True)
        settlement.settle(paid.id)
        where = urlsplit(resume_links.return_url(paid.id)).path
        all_said(
            acme, visitor.opens(where, **{"Accept-Language": PSEUDO}), browser.opens(asked.path), browser.opens(PATH)
        )


def test_new_prices_and_the_own_months_are_said_in_the_language(app: Flask, origin: str) -> None:
    acme, alice, browser = reader(app, origin, BIG, MAILED)
    for month, quantity in ((6, 60_000), (7, 10_000)):
        periods.reports(acme, "requests", quantity, HALF.replace(month=month))
        with clock.at(HALF.replace(month=month + 1)), as_service("go on"), transaction() as session:
            posting.lock(session, acme.customer_id)
            billing_periods.roll(session, acme.customer_id, clock.now())
    august = HALF.replace(month=8)
    with clock.at(august):
        browser = cast.signed_in(app, origin, alice)
        confirms(alice, target("team"), add_method(alice, GOOD).id, at=august)
        plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
        price_changes.announce(acme.customer_id, 2, date(2027, 10, 1), by="seller")
        page = browser.opens(PATH)
        assert page.soup.select("#plan-price_change") and page.soup.select(".plan-card__past")
        ended = presses(browser, browser.opens(f"{PATH}cancellation"), "plan_cancellation-confirm")
        all_said(acme, page, ended, presses(browser, ended, "plan-keep"))

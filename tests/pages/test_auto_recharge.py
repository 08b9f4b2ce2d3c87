"""Auto-recharge: the terms, the sentence that is accepted with them, how it stands, why each charge was made, and the stop."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock, locale
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support import cast, recharge, shop, spend
from tests.support.browser import Browser, Page
from tests.support.confirm_page import FORM as PASSWORD_FORM
from tests.support.confirm_page import later

__all__ = ["later"]

NOW = datetime.fromisoformat("2026-11-21T12:00:00Z")
PATH = "/billing/auto-recharge/"
FORM = "form[aria-label='Auto-recharge']"
SAVE = "#auto_recharge-save"


@pytest.fixture(autouse=True)
def noon() -> object:
    with clock.at(NOW):
        yield


def saves(browser: Browser, page: Page | None = None, **fields: Any) -> Page:
    """Fill in the form as it stands, and save it."""
    return browser.submits(page or browser.opens(PATH), FORM, button=SAVE, **fields)


@pytest.mark.both_databases
def test_a_new_customer_sees_it_off_with_the_sellers_values(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1")) == (200, ["Auto-recharge"])
    assert [page.value(name) for name in ("enabled", "threshold", "amount", "period_limit")] == [
        "",
        "20.00",
        "25.00",
        "50.00",
    ]
    assert page.texts("#auto_recharge-said") == ["Nothing is charged automatically."]
    assert "Nothing has been charged automatically yet." in page.text


def test_it_is_switched_on_with_the_sentence_that_was_read(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    page = saves(alice, enabled=True, consent=True)
    assert (page.status, page.redirects) == (200, (PATH,))
    assert page.notices() == ["Auto-recharge is saved."]
    assert recharge.terms(alice_actor).enabled
    (consent,) = recharge.consents(acme)
    assert (consent.accepted_by, consent.sentence[:35]) == (
        alice_actor.member_id,
        "I allow Relay Networks, Inc. to cha",
    )
    assert "Accepted on" in page.text


def test_without_the_consent_nothing_is_switched_on_and_what_was_typed_stays(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    page = saves(alice, enabled=True, threshold="12.50", amount="30")
    assert (page.status, page.errors()) == (422, ["Accept this sentence to allow these charges."])
    assert [page.value(name) for name in ("enabled", "threshold", "amount")] == ["on", "12.50", "30"]
    assert "with $30.00 plus any tax, or a multiple of it, whenever my credit falls below $12.50" in page.text
    assert (recharge.terms(alice_actor).enabled, recharge.consents(acme)) == (False, [])
    saved = saves(alice, page, consent=True)
    assert (saved.status, recharge.terms(alice_actor).amount) == (200, Money(3000, "USD"))


def test_a_sentence_that_was_not_the_one_shown_is_not_accepted(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    page = saves(alice, enabled=True, amount="30", consent=True)  # the sentence that was shown says 25
    assert (page.status, page.errors()) == (
        422,
        ["Read this sentence and accept it: it has changed with what you entered."],
    )
    assert recharge.consents(acme) == []


@pytest.mark.case("AC-6")
def test_a_limit_below_one_purchase_is_refused_when_saving(alice: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    page = saves(alice, enabled=True, period_limit="20", consent=True)
    assert page.status == 422
    (error,) = page.errors()
    assert error.startswith(
        "One purchase costs $25.00, which is more than the limit of $20.00: nothing could be charged."
    )


@pytest.mark.parametrize(
    ("field", "typed"), [("threshold", ""), ("threshold", "1,5"), ("amount", "x"), ("period_limit", "")]
)
def test_what_cannot_be_read_is_said_beside_its_field(
    alice: Browser, alice_actor: Actor, field: str, typed: str
) -> None:
    shop.add_method(alice_actor)
    page = saves(alice, enabled=True, consent=True, **{field: typed})
    assert (page.status, len(page.errors()), page.value(field)) == (422, 1, typed)
    assert not recharge.terms(alice_actor).enabled


def test_without_a_method_it_is_not_switched_on(alice: Browser, alice_actor: Actor) -> None:
    page = saves(alice, enabled=True, consent=True)
    assert (page.status, page.errors()) == (422, ["Add a payment method first: there is nothing to charge."])


@pytest.mark.fault("H2")
def test_of_two_tabs_the_second_sees_that_it_is_late_and_nothing_is_overwritten(
    alice: Browser, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    first, second = alice.opens(PATH), alice.opens(PATH)
    assert saves(alice, first, enabled=True, consent=True).status == 200
    page = saves(alice, second, enabled=True, threshold="5", consent=True)
    assert (page.status, page.value("threshold")) == (409, "5")
    assert "Other terms were saved meanwhile." in page.text
    assert recharge.terms(alice_actor).threshold.micros == 20_000_000


def test_switching_on_and_raising_the_limit_ask_for_the_password_and_lowering_does_not(
    alice: Browser, alice_actor: Actor, later: None
) -> None:
    shop.add_method(alice_actor)
    asked = saves(alice, enabled=True, consent=True)
    assert (asked.status, recharge.terms(alice_actor).enabled) == (401, False)
    assert "Enter your password to allow automatic charges." in asked.text
    page = alice.submits(asked, PASSWORD_FORM, confirm_password=cast.PASSWORD)
    assert (page.status, recharge.terms(alice_actor).enabled) == (200, True)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert saves(alice, period_limit="25").status == 200
        assert saves(alice, period_limit="50").status == 401


def test_why_a_charge_was_made_stands_under_it(app: Flask, alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    recharge.runs(app)
    page = alice.opens(PATH)
    assert page.texts("#auto_recharge-said") == ["Nothing is due: your credit is $25.00, and $20.00 or more is enough."]
    assert page.texts("#auto_recharge-used") == ["$25.00 of $50.00"]
    assert page.texts(".decisions__what") == ["Paid"]
    day = locale.day(recharge.consents(acme)[0].accepted_at)
    assert page.texts(".decisions dt, .decisions dd") == [
        "Credit then", "$0.00", "Threshold", "$20.00", "Limit of the period", "$50.00, of which $0.00 was used before",
        "Bought", "$25.00 for $25.00", "Charged to", f"Visa ending in 4242, as you allowed on {day}",
    ]  # fmt: skip


def test_everything_is_stopped_and_what_waits_is_given_up(
    app: Flask, alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor, shop.ASKS)
    recharge.on(alice_actor)
    recharge.runs(app)
    page = alice.submits(alice.opens(PATH), "form[action$='/stop']", button="#auto_recharge-stop")
    assert page.notices() == ["Stopped. The open automatic charge of $25.00 is given up: nothing is charged for it."]
    assert (recharge.states(acme), recharge.budget(acme)) == ([(2500, "canceled")], (0, 0))
    assert not recharge.terms(alice_actor).enabled
    recharge.runs(app, NOW + timedelta(hours=1))
    assert recharge.states(acme) == [(2500, "canceled")]


def test_a_viewer_sees_it_and_can_change_nothing(app: Flask, bob: Browser, alice_actor: Actor) -> None:
    shop.add_method(alice_actor)
    recharge.on(alice_actor)
    page = bob.opens(PATH)
    assert "Your role can view this page but not change it." in page.text
    assert not page.soup.select(SAVE) and not page.soup.select("form[action$='/stop']")
    assert bob.client.post(PATH, base_url=bob.origin).status_code in {400, 403}
    assert re.search("Auto-recharge is on", page.text)


def test_a_preview_says_what_the_typed_terms_would_have_done_and_keeps_nothing(
    request: pytest.FixtureRequest, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    spend.gives(acme, "50")
    spend.uses(acme, "31")
    spend.uses(acme, "70", NOW + timedelta(days=1))
    with clock.at(NOW + timedelta(days=3)):
        alice: Browser = request.getfixturevalue("alice")
        page = previews(alice, threshold="20", amount="25", period_limit="50")
        refused = previews(alice, amount="25", period_limit="10")
    assert page.texts("#auto_recharge-previewed")[0] == (
        "On the last 3 days: 2 charges, $50.00 in all; the limit of $50.00 was reached on 22 Nov 2026 and nothing was "
        "charged after that."
    )
    assert page.texts("#auto_recharge-charges tbody td:nth-child(2)") == [
        "Not charged: the limit is reached", "Charged", "Charged",
    ]  # fmt: skip
    assert page.value("threshold") == "20"
    assert (recharge.terms(alice_actor).version, recharge.states(acme)) == (0, [])
    assert "cannot be saved as they are" in refused.text


def test_a_preview_of_a_customer_without_a_whole_day_says_so(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    with clock.at(acme.created_at + timedelta(minutes=1)):
        assert "There is no complete day yet." in previews(alice).text


def previews(browser: Browser, **fields: Any) -> Page:
    """Fill in the form as it stands, and have it previewed."""
    return browser.submits(browser.opens(PATH), FORM, button="#auto_recharge-simulate", **fields)


@pytest.mark.parametrize("path", [PATH, "/billing/spend-management/"])
def test_a_preview_that_is_asked_for_without_htmx_is_the_whole_page(alice: Browser, path: str) -> None:
    page = alice.opens(path)
    answer = alice.posts(f"{path}simulation?part=preview", {"csrf_token": page.value("csrf_token")})
    assert answer.status in {200, 422} and answer.texts("h1") == page.texts("h1")


def test_a_second_tab_that_widens_reads_of_the_first_before_it_is_asked_to_accept(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    stale = alice.opens(PATH)
    recharge.on(alice_actor)
    page = alice.submits(stale, FORM, button=SAVE, enabled="on", threshold="35")
    assert page.status == 409
    assert "Other terms were saved meanwhile." in page.text and "Accept this sentence" not in page.text
    assert (page.value("threshold"), recharge.terms(alice_actor).threshold.micros) == ("35", 20_000_000)

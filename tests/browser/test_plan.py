"""The plan in a real browser: declined, upgraded, more seats, less scheduled and undone, cancelled and kept; in every look."""

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app import clock
from app.domain.people.members import Actor
from app.services.customers import registration
from tests.browser.conftest import Opens
from tests.support import plans
from tests.support.looks import LOOKS, findings, outside, sideways
from tests.support.shop import ASKS, BROKE, GOOD, add_method

PATH = "/billing/plan/"
CHEAP = (('monthly = "49.00"', 'monthly = "1.00"'), ('monthly = "15.00"', 'monthly = "0.80"'))
"""So cheap that the time left costs the same for hours: a minute that passes makes no preview stale."""


@pytest.fixture
def alice_actor(app: Flask) -> Actor:
    """Alice manages a customer who came yesterday, and has the free plan."""
    plans.applies(*CHEAP)
    came = clock.now().replace(second=0, microsecond=0) - timedelta(days=1)
    with clock.at(came):
        acme = registration.create(
            name="Acme", email="billing@acme.example", catalog="plans", external_id="acme", created_at=came
        )
    return plans.manager(acme)


def looked_at(page: Page, look: str) -> None:
    """Hold the page to the rules of access in this look, and to its width on a phone."""
    page.set_viewport_size(LOOKS[look]["viewport"])
    page.emulate_media(color_scheme=LOOKS[look]["color_scheme"])
    assert findings(page) == [], look
    page.set_viewport_size(LOOKS["narrow"]["viewport"])
    assert sideways(page) == []
    page.set_viewport_size(LOOKS["light"]["viewport"])


def test_a_plan_is_declined_bought_given_seats_lessened_and_cancelled(signs_in: Opens, alice_actor: Actor) -> None:
    good, broke = add_method(alice_actor, GOOD), add_method(alice_actor, BROKE)
    page = signs_in(**LOOKS["light"])
    page.goto(PATH)
    page.locator("#plan-card-team a").click()
    confirm = page.locator("#plan_change-confirm")
    expect(confirm).to_contain_text("and change")
    looked_at(page, "narrow dark")
    page.check(f"input[value='{broke.id}']")
    confirm.click()
    expect(page.locator("#plan_change-form")).to_contain_text("Your plan is unchanged.")
    page.check(f"input[value='{good.id}']")
    confirm.click()
    expect(page.locator("#plan_change-result-title")).to_have_text("Your plan is changed")
    page.get_by_role("link", name="Go to Plan").click()
    expect(page.locator("#plan-title")).to_have_text("Team")
    page.fill("#plan-seats_number", "5")
    expect(page.locator("#plan-seats_price")).to_contain_text("2 seats more at once:")
    page.locator("#plan-seats_review").click()
    expect(page.locator("#plan_change-becomes")).to_have_text("Team, billed monthly, 5 seats")
    page.fill("#plan_change-seats", "4")
    page.locator("#plan_change-seats").blur()
    expect(page.locator("#plan_change-becomes")).to_have_text("Team, billed monthly, 4 seats")
    confirm.click()
    expect(page.locator("#plan_change-undo")).to_contain_text("Give 1 seat back and refund")
    page.goto(f"{PATH}change?plan=free")
    confirm.click()
    expect(page.locator("#plan_change-result-title")).to_have_text("Your change is scheduled")
    page.goto(PATH)
    page.locator("#plan-undo").click()
    expect(page.locator(".toast__text")).to_contain_text("The scheduled change is taken back.")
    page.locator("#plan-cancel a").click()
    page.fill("#reason", "Too few requests")
    page.set_viewport_size(LOOKS["narrow"]["viewport"])
    page.evaluate(
        "document.querySelector('#plan_cancellation-confirm').textContent = 'Cancel Pay per use with support on 1 Dec'"
    )
    assert (sideways(page), outside(page)) == ([], [])
    page.set_viewport_size(LOOKS["light"]["viewport"])
    page.locator("#plan_cancellation-confirm").click()
    expect(page.locator("#plan-cancelled")).to_contain_text("Team ends on")
    looked_at(page, "light")
    page.locator("#plan-keep").click()
    expect(page.locator(".toast__text")).to_contain_text("You keep Team.")
    expect(page.locator("#plan-cancelled")).to_have_count(0)


def test_it_is_paid_at_the_processor_and_the_bank_is_left_and_then_approves(
    signs_in: Opens, alice_actor: Actor
) -> None:
    acme = plans.customer_of(alice_actor)
    page = signs_in(**LOOKS["light"])
    title = page.locator("#plan_change-result-title")
    page.goto(f"{PATH}change?plan=team")
    page.locator("#plan_change-confirm").click()
    page.get_by_role("link", name="Leave without paying").click()
    expect(title).to_have_text("Pay on our payment processor’s page")
    assert plans.subscription(acme)[0] == ""
    page.get_by_role("link", name="Continue to the payment page").click()
    page.get_by_role("button", name="Visa").first.click()
    expect(title).to_have_text("Your plan is changed")
    assert plans.subscription(acme) == ("team", "monthly", 3)
    asks = add_method(alice_actor, ASKS)
    for leaves in (True, False):
        page.goto(f"{PATH}change?seats=4")
        page.check(f"input[value='{asks.id}']")
        page.locator("#plan_change-confirm").click()
        expect(title).to_have_text("Your bank asks you to confirm this payment")
        assert plans.subscription(acme)[2] == 3
        if leaves:
            page.locator("#plan_change-undo").click()
            expect(page.locator(".toast__text")).to_contain_text("The payment is given up.")
    page.get_by_role("link", name="Continue to your bank").click()
    page.get_by_role("button", name="Approve").click()
    expect(title).to_have_text("Your plan is changed")
    assert plans.subscription(acme)[2] == 4
    assert [state for state, _minor in plans.payments(acme)] == ["succeeded", "canceled", "succeeded"]


@pytest.mark.proof
def test_the_same_without_javascript(signs_in: Opens, alice_actor: Actor) -> None:
    good, broke = add_method(alice_actor, GOOD), add_method(alice_actor, BROKE)
    page = signs_in(java_script_enabled=False)
    page.goto(PATH)
    page.locator("#plan-card-team a").click()
    page.check(f"input[value='{broke.id}']")
    page.locator("#plan_change-confirm").click()
    expect(page.locator("#plan_change-form")).to_contain_text("Your plan is unchanged.")
    page.check(f"input[value='{good.id}']")
    page.locator("#plan_change-confirm").click()
    expect(page.locator("#plan_change-result-title")).to_have_text("Your plan is changed")
    page.get_by_role("link", name="Go to Plan").click()
    page.get_by_role("button", name="One seat more").click()
    expect(page.locator("#plan_change-becomes")).to_have_text("Team, billed monthly, 4 seats")
    page.fill("#plan_change-seats", "5")
    page.get_by_role("button", name="Update").click()
    page.locator("#plan_change-confirm").click()
    page.locator("#plan_change-undo").click()
    expect(page.locator(".toast__text")).to_contain_text("The seats are given back.")
    page.locator("#plan-cancel a").click()
    page.locator("#plan_cancellation-confirm").click()
    page.locator("#plan-keep").click()
    expect(page.locator(".toast__text")).to_contain_text("You keep Team.")

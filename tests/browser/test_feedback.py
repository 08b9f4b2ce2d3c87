"""Feedback where the eye is: notices, undo, buttons that say what happens, and a balance that follows the usage."""

import re

from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete

from app.domain.money import Credits
from app.models.customers import Customer
from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.usage import recording
from tests.browser.conftest import Opens, held, notices_stay
from tests.browser.test_spine import is_clean
from tests.support.looks import LOOKS

USAGE = "/billing/usage/"


def adds_address(page: Page, email: str) -> None:
    form = page.locator("#usage-email_form")
    if not form.is_visible():
        page.get_by_text("Add an address", exact=True).click()
    form.get_by_label("E-mail address").fill(email)
    form.get_by_role("button", name="Add address").click()


def test_a_notice_is_seen_wherever_the_page_is_scrolled_and_a_removal_is_undone_in_it(
    signs_in: Opens, acme: Customer
) -> None:
    page = signs_in(viewport={"width": 1100, "height": 500})
    notices_stay(page)
    page.goto(USAGE)
    page.evaluate(
        "document.querySelectorAll('main [id]').forEach(each => { each.style.color = 'red'; each.style.color = '' })"
    )
    adds_address(page, "ops@acme.example")  # what a browser's extension left above brings no complaint in the console
    toast = page.locator("#notices .toast")
    expect(toast).to_contain_text("An e-mail asks ops@acme.example")
    expect(toast).to_be_in_viewport()
    assert page.evaluate("scrollY") > 0
    is_clean(page, "a page with a notice")
    leaves_the_end_of_the_page_free(page)
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    row = page.locator("#usage-recipients tr", has_text="ops@acme.example")
    row.locator("summary").click()
    row.get_by_role("button", name="Remove it").click()
    expect(toast).to_contain_text("no longer receives usage alerts")
    expect(row).to_have_count(0)
    toast.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    expect(page.locator("#notices")).to_contain_text("It is there again, as it was.")
    comes_where_the_pointer_rests(page)


def leaves_the_end_of_the_page_free(page: Page) -> None:
    """What stands last on the page can be scrolled out from under the notice, on a phone too: else it cannot be pressed."""
    before = page.viewport_size
    assert before
    for width in (before["width"], LOOKS["narrow"]["viewport"]["width"]):
        page.set_viewport_size({"width": width, "height": before["height"]})
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        ends, begins = page.evaluate("""() => [
          Math.max(...[...document.querySelectorAll("#main > :not(#notices)")].map((each) => each.getBoundingClientRect().bottom)),
          document.querySelector("#notices .toast").getBoundingClientRect().top,
        ]""")
        assert ends <= begins, width
    page.set_viewport_size(before)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")


def comes_where_the_pointer_rests(page: Page) -> None:
    """A notice that is swapped in under the pointer stays as long as the pointer, although it never comes to it."""
    toast = page.locator("#notices .toast")
    toast.hover()
    page.clock.install()
    page.evaluate("""() => {
      const came = document.querySelector("#notices .toast").cloneNode(true);
      delete came.dataset.watched;
      document.querySelector("#notices").replaceChildren(came);
    }""")
    page.wait_for_function("document.querySelector('#notices .toast:hover')")
    page.evaluate("document.dispatchEvent(new CustomEvent('htmx:after:swap'))")
    page.clock.run_for(60_000)
    expect(toast).to_have_count(1)
    page.mouse.move(0, 0)
    expect(page.locator("#notices .toast:hover")).to_have_count(0)
    page.clock.run_for(60_000)
    expect(toast).to_have_count(0)


def test_a_question_and_the_menu_close_with_escape(signs_in: Opens, acme: Customer) -> None:
    page = signs_in(**LOOKS["narrow"])
    page.goto("/billing/")
    menu = page.locator("details.menu")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    menu.locator("summary").click()
    page.locator("h1").click(force=True)
    expect(menu).not_to_have_attribute("open", "")


def test_a_button_says_what_happens_until_the_answer_is_there(signs_in: Opens, acme: Customer) -> None:
    page = signs_in()
    page.goto("/billing/payment-methods/?add=card")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(re.compile(r"/payment-methods/$"), hold)
    button = page.locator("#payment_methods-save")
    button.click()
    expect(button).to_have_text("Saving…")
    expect(page.locator("#announcer")).to_have_text("Saving…")
    expect(button).to_be_disabled()
    held(page, waiting).continue_()
    expect(page.locator("#notices .toast")).to_contain_text("is saved")
    expect(page.locator("#notices .toast")).to_be_in_viewport()


def test_the_balance_follows_the_usage_while_the_page_is_seen_and_an_ended_session_is_said(
    signs_in: Opens, acme: Customer
) -> None:
    given = {"kind": "promotional", "granted_by": "seller", "reason": "a test", "description": "A test"}
    grants.give(acme.customer_id, credits=Credits(50_000_000), **given)  # type: ignore[arg-type]  # all text
    page = signs_in()
    page.goto("/billing/payment-methods/")
    badge = page.locator("#balance-badge")
    expect(badge).to_contain_text("$50.00")
    recording.record(acme.customer_id, key="k", credits=Credits(1_250_000), description="Calls")
    expect(badge).to_contain_text("$48.75")
    expect(page.locator("#menu-balance")).to_have_text("$48.75")
    with as_service("end every session"), transaction() as session:
        session.execute(delete(BrowserSession))
    toast = page.locator("#notices .toast")
    expect(toast).to_contain_text("Your session has ended.")  # it is asked once more before
    toast.get_by_role("link", name="Sign in to go on where you were.").click()
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fbilling%2Fpayment-methods"))
    expect(page.locator("main")).to_contain_text("Your session has ended.")

"""The portal in a frame on another site's page, as Chromium shows it: cookies of others blocked, and every cookie blocked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import BrowserContext, Frame, Page, Route, expect
from sqlalchemy import delete

from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.support.host_page import ALL, THIRD_PARTY, HostPage, frame_of, serving_host, strict_chromium
from tests.support.server import Server

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def context(chromium: ChromiumBrowser, tmp_path: Path, blocked: str) -> Iterator[BrowserContext]:
    """A Chromium that blocks cookies."""
    with strict_chromium(chromium.browser_type, tmp_path / "profile", blocked) as opened:
        yield opened


@pytest.mark.case("AC-62", "AC-92", "AC-93")
@pytest.mark.parametrize("blocked", [THIRD_PARTY, ALL])
def test_everything_works_in_the_frame(
    host: HostPage, context: BrowserContext, blocked: str, live_server: Server
) -> None:
    page, referers = context.pages[0], list[str]()
    context.on("request", lambda sent: referers.append(sent.headers.get("referer", "")))
    page.goto(host.url)
    frame = frame_of(page)
    assert frame.url.startswith(f"{live_server.url}/t/") is (blocked == ALL), (
        "the token stands there only where it must"
    )
    expect(frame.locator(".side")).to_be_hidden()
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().height > 400")

    # links, a download, a swap by htmx, a form as htmx sends it and as it is sent without scripts
    frame.locator("details.menu > summary").click()
    frame.locator("details.menu").get_by_role("link", name="Balance history").click()
    frame_of(page, "Balance history")
    with page.expect_download() as begun:
        frame.locator("a[download]", has_text="CSV").dispatch_event("click")
    assert begun.value.failure() is None and begun.value.suggested_filename.endswith(".csv")
    assert "/t/" not in begun.value.suggested_filename
    page.evaluate("document.querySelector('#foot').scrollIntoView()")

    # a press half an hour later leads where it says, whatever becomes of the session meanwhile
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(minutes=30))
    frame.locator("details.menu > summary").click(delay=600)  # a session that comes meanwhile takes it from nobody
    frame.locator("details.menu").get_by_role("link", name="Invoice address").click()
    frame_of(page, "Invoice address")
    frame.get_by_label("Company name").fill("Acme Works")
    frame.locator("#invoice_address-save").click()
    expect(frame.get_by_text("Choose the country.")).to_be_visible()
    expect(frame.get_by_label("Company name")).to_have_value("Acme Works")
    frame.select_option("#country", "US")
    expect(frame.get_by_label("ZIP code")).to_be_visible()
    for name, typed in (("line1", "1 Market St"), ("city", "New York"), ("postal_code", "10001"), ("region", "NY")):
        frame.fill(f"#{name}", typed)
    frame.evaluate("document.querySelector('#invoice_address-form').submit()")
    expect(frame.locator(".toast--ok")).to_contain_text("The invoice address is saved.")
    expect(frame.locator("address")).to_contain_text("New York, NY 10001")

    # what others say is not heard
    height = page.evaluate("document.querySelector('iframe').style.height")
    page.evaluate("window.postMessage({ purser: 1, type: 'height', height: 9999 }, '*')")
    page.evaluate("new Promise((done) => setTimeout(done))")
    assert page.evaluate("document.querySelector('iframe').style.height") == height

    page.reload()
    frame = frame_of(page)
    if blocked == ALL:
        a_window_shows_no_token(page, frame, live_server)
    assert [each for each in referers if "/t/" in each or "/embedded/" in each] == []


def a_window_shows_no_token(page: Page, frame: Frame, portal: Server) -> None:
    """A window of the frame has no token in its address, nor in the steps back, and works; it cannot be loaded again."""
    frame.locator("details.menu > summary").click()
    frame.locator("details.menu").get_by_role("link", name="Payment methods").click()
    with page.expect_popup() as opened:
        frame_of(page, "Payment methods").get_by_role("link", name="Add a payment method in a new window").click()
    window, clean = opened.value, f"{portal.url}/embedded/window"
    window.locator("#payment_methods-save").click()
    expect(window.locator(".toast--ok")).to_be_visible()
    assert window.url == clean
    window.locator(".side").get_by_role("link", name="Usage", exact=True).click()
    expect(window.locator("h1")).to_have_text("Usage")
    assert (window.url, window.evaluate("history.length")) == (clean, 1)
    window.reload()
    expect(window.locator("h1")).to_have_text("This page cannot be loaded again")
    window.close()


@pytest.mark.parametrize(
    ("blocked", "is_late"), [(THIRD_PARTY, True), pytest.param(ALL, False, marks=pytest.mark.proof)]
)
def test_a_session_that_is_over_is_renewed_in_place(
    host: HostPage, context: BrowserContext, is_late: bool, live_server: Server
) -> None:
    page = context.pages[0]
    host.failures = [b'{"error": "no"}']
    page.goto(host.url)
    expect(page.get_by_role("alert")).to_have_text("Billing could not be loaded. Try again")
    page.get_by_role("button", name="Try again").click()
    frame = frame_of(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    frame.locator("details.menu > summary").click()
    frame.locator("details.menu").get_by_role("link", name="Invoice address").click()
    frame_of(page, "Invoice address").wait_for_url("**/billing/invoice-address/")
    if is_late:  # the host says hello when the session is known to be over
        page.evaluate("document.querySelector('iframe').onload = null")
        with frame.expect_navigation():
            frame.evaluate("location.reload()")
    frame_of(page, "Invoice address")
    frame.get_by_label("Company name").fill("Typed before it ended")
    host.asked.clear()
    frame.evaluate("document.addEventListener('purser:renewed', () => (document.body.dataset.renewed = ''))")
    end_sessions()
    frame.locator("#invoice_address-save").click()
    if is_late:
        expect(frame.get_by_text("Your session here has ended")).to_be_visible()
        page.evaluate(
            "(to) => document.querySelector('iframe').contentWindow.postMessage({ purser: 1, type: 'hello' }, to)",
            live_server.url,
        )
    expect(frame.locator("body[data-renewed]")).to_be_attached()
    assert host.asked == ["/billing/invoice-address/"], "the deep link goes into the new session"
    expect(frame.get_by_text("Choose the country.")).to_be_visible()  # the press that found it over
    expect(frame.get_by_label("Company name")).to_have_value("Typed before it ended")

    # it ends once more, and the host's route fails: the next press asks it again
    host.asked.clear()
    host.failures = [b"<h1>Sign in</h1>"]
    frame.evaluate("delete document.body.dataset.renewed")
    frame.evaluate("addEventListener('message', ({ data }) => (document.documentElement.dataset[data.type] = ''))")
    end_sessions()
    frame.locator("#invoice_address-save").click()
    expect(frame.locator("html[data-failed]")).to_be_attached()
    frame.locator("#invoice_address-save").click()
    expect(frame.locator("body[data-renewed]")).to_be_attached()
    assert set(host.asked) == {"/billing/invoice-address/"}  # twice, or more often where the badge knew first
    expect(frame.get_by_text("Choose the country.")).to_be_visible()  # the press is answered: what comes now stays
    with page.expect_response(lambda answer: answer.status == 422):
        frame.locator("#invoice_address-save").click()
    expect(frame.get_by_text("Choose the country.")).to_be_visible()
    expect(frame.get_by_label("Company name")).to_have_value("Typed before it ended")

    if is_late:
        for fulfil in ({"status": 503}, {"status": 303, "headers": {"Location": "/billing/sign-in/"}}, {}):
            stays_where_the_page_does_not_come(context, frame, fulfil)
        keeps_what_was_refused(page, frame, host)
        presses_wait_for_the_page_that_comes(page, frame)


def stays_where_the_page_does_not_come(context: BrowserContext, frame: Frame, fulfil: dict[str, Any]) -> None:
    """The host has a link, and the page behind it does not come: what was typed stays, and that is said."""
    typed = f"Typed while it was away {fulfil}"
    context.route("**/embedded/**", lambda route: route.fulfill(**fulfil) if fulfil else route.abort())
    frame.evaluate("delete document.body.dataset.renewed")
    end_sessions()
    frame.get_by_label("City").fill(typed)
    frame.locator("#invoice_address-save").click()
    expect(frame.locator(".toast", has_text="What you typed is still here")).to_be_visible()
    context.unroute("**/embedded/**")
    expect(frame.get_by_label("City")).to_have_value(typed)
    frame.locator("#invoice_address-save").click()
    expect(frame.locator("body[data-renewed]")).to_be_attached()
    expect(frame.get_by_text("Choose the country.")).to_be_visible()  # the press is answered
    expect(frame.get_by_label("City")).to_have_value(typed)


def keeps_what_was_refused(page: Page, frame: Frame, host: HostPage) -> None:
    """A refused form, with the fields that a choice brought, comes again as typed; a link that is not good changes nothing."""
    frame.select_option("#country", "US")
    frame.get_by_label("ZIP code").fill("10001")
    frame.locator("#invoice_address-save").click()
    expect(frame.locator("#line1")).to_have_attribute("aria-invalid", "true")
    frame.evaluate("delete document.body.dataset.renewed")
    host.failures = [b'{"url": "/embedded/no-such-link"}']
    end_sessions()
    with page.expect_response("**/embedded/no-such-link"):
        frame.locator("#invoice_address-save").click()
    frame.locator("#invoice_address-save").click()
    expect(frame.locator("body[data-renewed]")).to_be_attached()
    expect(frame.locator("#line1")).to_have_attribute("aria-invalid", "true")  # the press is answered
    for field, value in (("#company", "Typed before it ended"), ("#country", "US"), ("#postal_code", "10001")):
        expect(frame.locator(field)).to_have_value(value)
    expect(frame.get_by_label("ZIP code")).to_have_value("10001")


def presses_wait_for_the_page_that_comes(page: Page, frame: Frame) -> None:
    """A form whose press found the session over, and what is pressed while the page is renewed, go to the page that comes."""
    coming = list[Route]()
    page.context.route("**/embedded/**", lambda route: coming.append(route))  # noqa: PLW0108  # it marks what it is given
    for then in ("#invoice_address-save", "details.menu a[href$='/usage/']"):
        frame.evaluate("document.querySelector('#line1').removeAttribute('aria-invalid')")
        end_sessions()
        with page.expect_request("**/embedded/**"):
            frame.locator("#invoice_address-save").click()
        frame.locator(then).dispatch_event("click")
        with page.expect_response(lambda answer: answer.status == 422):
            coming.pop().continue_()
        if then == "#invoice_address-save":
            expect(frame.locator("#line1")).to_have_attribute("aria-invalid", "true")
    expect(frame.locator("h1")).to_have_text("Usage")


@pytest.mark.parametrize("blocked", [THIRD_PARTY])
def test_a_third_origin_shows_nothing(host: HostPage, context: BrowserContext, live_server: Server) -> None:
    with serving_host(live_server, host.key, host.body) as other:
        page = context.pages[0]
        with page.expect_console_message(lambda message: "frame-ancestors 'none'" in message.text):
            page.goto(other.url)
        expect(page.frame_locator("iframe").locator("h1")).to_have_count(1)  # the browser's own page
        assert page.frames[1].url.startswith("chrome-error:")


def end_sessions() -> None:
    """End every session, those of frames too."""
    with as_service("end the frames of a test"), transaction() as session:
        session.execute(delete(BrowserSession))

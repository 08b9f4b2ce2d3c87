"""The example host product over a whole day: credit runs out, is bought in the frame, and midnight begins a new count."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Frame as ChromiumFrame
from playwright.sync_api import Page as ChromiumPage
from playwright.sync_api import expect

from app.config import Settings
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.access import frame_origins
from tests.support import shop
from tests.support.browser import Page
from tests.support.example_host import NORA, Day, loaded, serving, stopped_clock
from tests.support.host import Frame
from tests.support.host_page import ALL, frame_of, strict_chromium
from tests.support.server import Server, serving_here

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SITE = "http://localhost"
LIMITS, SAVE = "form[aria-label='Spend management']", "#spend_management-save"
MIDNIGHT = datetime(2031, 3, 12, tzinfo=UTC)
ADDED = "Added $100.00 to your balance"
ONE_CALL = "allowed for 0.80; "


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    """The clock, before anything is made."""
    return stopped_clock(monkeypatch)


@pytest.fixture
def portal(day: Day, app: Flask, settings: Settings) -> Iterator[Server]:
    """The portal in this process, whose clock the test moves."""
    with serving_here(settings) as server:
        yield server


@pytest.fixture
def relay(portal: Server, acme: Customer, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The host product, for Acme."""
    return loaded(portal, acme, monkeypatch)


def sent(client: FlaskClient) -> str:
    """Press *Send 2,000 requests*, and return what the page says happened."""
    page = BeautifulSoup(client.get("/").text, "html.parser")
    form = page.select("form[action='/requests']")[0]
    shown = client.post("/requests", data={"request_id": form.select("input")[0]["value"]}, follow_redirects=True)
    line = BeautifulSoup(shown.text, "html.parser").select("section li")[0]
    return " ".join(line.get_text(" ").split()).partition("2,000 requests ")[2]


def used_at_night(relay: ModuleType) -> None:
    """Report what was used before anybody came: more than there is."""
    reported = relay.purser.report(
        [{"id": "night", "customer": relay.CUSTOMER, "meter": "requests", "quantity": 148_000}]
    )
    assert (reported.accepted, reported.rejected) == (1, ())


def pressed(page: ChromiumPage, site: str = "") -> str:
    """Press *Send 2,000 requests* in Chromium, and return what the page says happened."""
    if site:
        page.goto(site)
    page.get_by_role("button", name="Send 2,000 requests").click()
    line = page.locator("section", has_text="What happened").locator("li").first
    expect(line).to_contain_text("2,000 requests")
    return str(line.inner_text().partition("2,000 requests ")[2])


def path_token(frame: ChromiumFrame) -> str:
    """Return what stands before the path of the frame's page."""
    found = "/".join(urlsplit(frame.url).path.split("/")[:3])
    assert found.startswith("/t/")
    return found


def later(page: ChromiumPage, day: Day, **time: float) -> None:
    """Let time pass for the portal and for the scripts of the browser."""
    page.clock.set_fixed_time(day.passes(**time))


def leads(page: ChromiumPage, title: str) -> ChromiumFrame:
    """Follow the menu of the frame to the page of this title."""
    menu = page.frames[1].locator("details.menu")
    menu.locator("> summary").click()
    menu.get_by_role("link", name=title).click()
    return frame_of(page, title)


class Framed(Frame):
    """The frame on the host's billing page, in a browser without cookies: the host makes its links."""

    def __init__(self, app: Flask, portal: Server, relay: FlaskClient) -> None:
        client: Any = app.test_client(use_cookies=False)
        super().__init__(client, portal.settings.base_url, None)  # type: ignore[arg-type]  # nobody needs to know who
        self.relay, self.headers, self.renewed = relay, {"Sec-Fetch-Dest": "iframe", "Referer": f"{SITE}/"}, 0
        self.begins()

    def begins(self) -> Page:
        """Open a new link of the host's."""
        link = self.relay.post("/billing-session", data={"view": "overview"}).get_json()["url"]
        self.page = self.opens(urlsplit(link).path, **self.headers)
        return self.page

    def shows(self, path: str) -> Page:
        """Open a page; where the session is over, in a new one, as `embed.js` asks for it."""
        page = self.opens(self.root + path, **self.headers)
        if page.status == 401 and page.response.headers["Purser-Session"] == "ended":
            self.renewed += 1
            self.begins()
            page = self.opens(self.root + path, **self.headers)
        assert page.status == 200, (page.status, page.text[:300])
        self.page = page
        return page


def test_credit_runs_out_is_bought_in_the_frame_and_the_next_day_counts_anew(
    app: Flask, day: Day, portal: Server, relay: ModuleType, alice_actor: Actor
) -> None:
    shop.add_method(alice_actor)
    frame_origins.add(SITE, by="a test")
    client: FlaskClient = relay.app.test_client()
    client.post("/sign-in", data={"email": NORA.email, "password": relay.PASSWORD})
    frame = Framed(app, portal, client)
    token = frame.root
    assert sent(client) == ONE_CALL + "49.20 left to use"
    used_at_night(relay)
    assert sent(client) == "refused: insufficient_credits"

    day.passes(minutes=29)
    total = frame.submits(frame.shows(shop.PATH), shop.FORM, button=shop.BUY, amount="100.00")
    assert frame.submits(total, shop.FORM, button=shop.BUY).texts("#add_credits-payment-title") == [ADDED]
    assert sent(client) == ONE_CALL + "89.20 left to use"
    limits = frame.shows("/billing/spend-management/")
    saved = frame.submits(limits, LIMITS, button=SAVE, enabled=True, daily_limit="61", notify_threshold="")
    assert (saved.status, frame.root) == (200, token)
    assert sent(client) == "refused: daily_limit, ask again in 52,260 s"
    day.passes(minutes=29)
    csv = frame.client.get(f"{token}/billing/balance-history.csv", base_url=frame.origin, buffered=True)
    assert (csv.status_code, csv.mimetype) == (200, "text/csv")
    part = {"HX-Request": "true", "Sec-Fetch-Dest": "empty"}
    assert "$100.00" in frame.opens(f"{token}{shop.PATH}total?amount=100.00", **part).text

    while day.at < MIDNIGHT:
        day.passes(minutes=29)
        frame.shows("/billing/invoice-address/")
    assert (frame.renewed, frame.root != token) == (1, True), "twelve hours after it began, and never before"
    assert sent(client).startswith(ONE_CALL)
    assert "$0.80 is used today" in frame.shows("/billing/spend-management/").text


def credit_is_bought(page: ChromiumPage, day: Day, site: str) -> None:
    """Buy credit in the frame, 29 minutes after it was opened: calls are allowed again."""
    page.get_by_role("link", name="Add credits").click()
    frame = frame_of(page, "Add credits")
    later(page, day, minutes=29)
    frame.fill("#amount", "100")
    frame.get_by_role("button", name="Add $100.00 to my balance").click()
    expect(frame.locator("#add_credits-payment-title")).to_have_text(ADDED)
    assert pressed(page, site) == ONE_CALL + "89.20 left to use"


def the_frame_is_used(page: ChromiumPage, day: Day, site: str) -> None:
    """Open a page, load a file, let htmx swap and send a form in the frame, each 29 minutes after the one before."""
    page.get_by_role("link", name="Billing").click()
    token = path_token(frame_of(page, "Overview"))
    later(page, day, minutes=29)
    frame = leads(page, "Balance history")
    later(page, day, minutes=29)
    with page.expect_download() as begun:
        frame.locator("a[download]", has_text="CSV").dispatch_event("click")
    assert (begun.value.failure(), path_token(frame)) == (None, token)
    later(page, day, minutes=29)
    frame = leads(page, "Add credits")
    frame.fill("#amount", "75")
    expect(frame.locator("#add_credits-buy")).to_have_text("Add $75.00 to my balance")
    later(page, day, minutes=29)
    frame = leads(page, "Spend management")
    frame.get_by_label("Use these limits").check()
    frame.get_by_label("Daily limit").fill("61")
    frame.get_by_label("E-mail threshold").fill("")
    frame.get_by_role("button", name="Save changes").click()
    expect(frame.locator(".toast--ok")).to_be_visible()
    assert pressed(page, site).startswith("refused: daily_limit, ask again in ")


def the_night_passes(page: ChromiumPage, day: Day, site: str) -> None:
    """Come back after the session's end: the page that was open goes on in another one, with what was typed."""
    page.get_by_role("link", name="Billing").click()
    frame_of(page, "Overview")
    frame = leads(page, "Invoice address")
    frame.get_by_label("Company name").fill("Typed before midnight")
    token = path_token(frame)
    day.at = MIDNIGHT
    later(page, day, minutes=2)
    frame.get_by_label("Company name").click()
    frame.wait_for_function("(old) => !location.pathname.startsWith(old)", arg=token)
    expect(frame.get_by_label("Company name")).to_have_value("Typed before midnight")
    assert frame.url.endswith("/billing/invoice-address/")
    assert pressed(page, site).startswith(ONE_CALL)


@pytest.mark.proof
@pytest.mark.case("AC-62")
def test_the_same_day_in_a_browser_that_keeps_no_cookie_of_the_portal(
    day: Day, portal: Server, relay: ModuleType, alice_actor: Actor, chromium: ChromiumBrowser, tmp_path: Path
) -> None:
    shop.add_method(alice_actor)
    with (
        serving(relay) as site,
        strict_chromium(chromium.browser_type, tmp_path / "profile", ALL, but=site) as browser,
    ):
        page = browser.pages[0]
        page.clock.set_fixed_time(day.at)
        page.goto(site)
        page.get_by_label("Password").fill(relay.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        assert pressed(page) == ONE_CALL + "49.20 left to use"
        used_at_night(relay)
        assert pressed(page) == "refused: insufficient_credits"

        credit_is_bought(page, day, site)
        the_frame_is_used(page, day, site)
        the_night_passes(page, day, site)

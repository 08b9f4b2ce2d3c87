"""The mailed link in a browser: from the mail to the bank and back, with and without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import Page, expect

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.mail import sending
from tests.browser.conftest import LOADS_WITHIN
from tests.browser.test_spine import is_clean
from tests.support import post, shop, tiers
from tests.support.looks import LOOKS
from tests.support.server import Server


@pytest.fixture
def link(acme: Customer, alice_actor: Actor) -> str:
    """The path of a link that was mailed to Acme."""
    post.asked(alice_actor)
    sending.send_due()
    found = re.search(r"http://localhost(/billing/resume/\S+)", post.mail(acme).body_text)
    assert found
    return found[1]


@pytest.fixture
def stranger(chromium: ChromiumBrowser, live_server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser in which nobody has signed in."""
    context = chromium.new_context(base_url=live_server.url, **request.param)
    context.set_default_timeout(LOADS_WITHIN)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert complaints == []


@pytest.mark.case("AC-12")
@pytest.mark.parametrize(
    "stranger", tiers.some(1, [{}, {"java_script_enabled": False}], ids=["script", "plain"]), indirect=True
)
def test_from_the_mail_to_the_bank_and_back(stranger: Page, link: str, app: Flask) -> None:
    stranger.goto(link)
    expect(stranger.locator("h1")).to_have_text("Confirm your payment to Relay Networks, Inc.")
    stranger.get_by_role("button", name="Continue to your bank").click()
    stranger.get_by_role("button", name="Approve").click()
    expect(stranger.locator("h1")).to_have_text("Your payment is made")
    assert shop.charges(app) == [2500]
    stranger.get_by_role("link", name="See the payment").click()
    expect(stranger.locator("h1")).to_have_text("Sign in")


@pytest.mark.parametrize("stranger", tiers.some(1, LOOKS.values(), ids=list(LOOKS)), indirect=True)
def test_axe_finds_nothing_at_the_link(stranger: Page, link: str) -> None:
    for path in (link, "/billing/resume/nothing"):
        stranger.goto(path)
        is_clean(stranger, path)

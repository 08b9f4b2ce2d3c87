"""Who acts for a customer, in a real browser: a read-only link is opened, a tab of before is refused."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser as ChromiumBrowser
from playwright.sync_api import expect

from app import clock
from app.domain.money import Credits
from app.domain.people.members import Actor, Role
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.members import Membership
from app.models.scope import as_service
from app.services.people import invitations
from app.services.spend_management import limits
from app.services.transaction import transaction
from tests.browser.conftest import Opens
from tests.browser.test_spine import in_every_look, is_clean
from tests.support.server import Server

PAGES = ("members/", "members/read-only/", "activity/", "customers/")


@pytest.fixture(autouse=True)
def people(alice_actor: Actor, bob_actor: Actor, globex: Customer) -> None:
    """Alice owns Globex too, has invited somebody and changed a limit."""
    with as_service("join"), transaction() as session:
        whose = {"member_id": alice_actor.member_id, "customer_id": globex.customer_id}
        session.add(Membership(**whose, role=Role.OWNER.value, created_at=clock.now()))
    invitations.invite(alice_actor, "carol@acme.example", Role.VIEWER)
    wanted = Limits(True, Credits(5_000_000), None, 0)
    limits.change(alice_actor.customer_id, wanted, webhook_url=None, by=alice_actor.member_id, address="192.0.2.7")


def test_a_link_is_shown_once_and_opens_papers_alone(
    signs_in: Opens, chromium: ChromiumBrowser, live_server: Server
) -> None:
    page = signs_in()
    page.goto("/account/members/read-only/")
    page.get_by_label("Whom it is for").fill("Ann Abacus")
    page.get_by_role("button", name="Make the link").click()
    path = urlsplit(page.locator("#access_links-link").inner_text()).path
    context = chromium.new_context(base_url=live_server.url)
    accountant = context.new_page()
    accountant.goto(path)
    expect(accountant.locator("#read-only")).to_contain_text("Read-only access for Ann Abacus")
    assert urlsplit(accountant.url).path == "/billing/invoices"
    is_clean(accountant, "an accountant's invoices")
    accountant.goto("/billing/")
    expect(accountant.locator("h1")).to_have_text("You do not have access")
    context.close()


@pytest.mark.proof
def test_a_tab_that_shows_the_customer_of_before_changes_nothing(signs_in: Opens) -> None:
    page = signs_in()
    page.goto("/account/profile/")
    other = page.context.new_page()
    other.goto("/account/customers/")
    other.get_by_role("button", name="Switch to Globex").click()
    expect(other.locator(".brand__names")).to_contain_text("Globex")
    page.get_by_label("Full name").fill("Mistaken")
    page.locator("#profile-save").click()
    expect(page.locator("[role=alert]").first).to_contain_text("You act for Globex now")


@in_every_look
def test_axe_finds_nothing_on_the_pages_of_members(signs_in: Opens, look: dict[str, object]) -> None:
    page = signs_in(**look)
    for path in PAGES:
        page.goto(f"/account/{path}")
        is_clean(page, path)

"""The demo's people: one press signs in, each can follow the first steps of the README, and no other installation has them."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app import clock, create_app
from app.config import Settings
from app.demo import customers
from app.demo.stories import POOR_CARD, STORIES
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.access import members
from tests.demo.conftest import MONTHS, NOW
from tests.support import cast, databases, shop, tiers
from tests.support.browser import Browser, Page
from tests.support.databases import Database
from tests.support.host import host_of

PEOPLE = "/dev/people/"
EVERYBODY = [email for story in STORIES for _name, email, _role in story.members()]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def settings(database: Database) -> Settings:
    return replace(databases.settings_for(database), demo=True)


@pytest.fixture
def visitor(app: Flask, origin: str) -> Browser:
    return Browser(app.test_client(), origin)


def presses(browser: Browser, email: str, path: str = "/sign-in") -> Page:
    return browser.submits(browser.opens(path), f"form:has(button[value='{email}'])", button=f"button[value='{email}']")


def one_of_each(sign_ins: list[customers.SignIn]) -> list[customers.SignIn]:
    """Return one person of each customer, each role in turn: the owner of the first, the manager of the second and so on."""
    roles = len(Role)
    return [each for number, each in enumerate(sign_ins) if number % roles == number // roles % roles]


def buys_what_the_page_offers(browser: Browser, which: int) -> Page:
    """Choose an amount or a pack, another for each, and buy: by a new test card where there is no method that can pay."""
    page = browser.opens(shop.PATH)
    packs = page.soup.select("input[name=pack]")
    order = {"pack": packs[which]["value"]} if packs else {"amount": str(25 + which)}
    reviewed = browser.submits(page, shop.FORM, button=shop.BUY, **order)
    return browser.submits(reviewed, shop.FORM, button=shop.BUY)


@on_sqlite
def test_everybody_who_is_listed_can_follow_the_first_steps(two_months: None, app: Flask, origin: str) -> None:
    with clock.at(NOW):
        sign_ins = customers.make(months=MONTHS, progress=lambda days: days)
        assert [each.email for each in sign_ins] == EVERYBODY
        assert {(each.catalog, each.role) for each in sign_ins} == {
            (story.catalog, role.value) for story in STORIES for role in Role
        }
        for each in tiers.sample_of(one_of_each(sign_ins), proof=sign_ins):
            assert members.sign_in(each.email, each.password, "127.0.0.1").customer_id.startswith("cus_")
            assert each.email in customers.table(sign_ins)
            browser = Browser(app.test_client(), origin)
            home = presses(browser, each.email)
            assert (home.path, home.status, home.texts("h1")) == ("/billing/", 200, ["Overview"])
            assert each.customer in home.text
            assert home.soup.select(".dock a[href='/dev/mail/']")
            story = next(story for story in STORIES if story.name == each.customer)
            if each.role == Role.VIEWER.value:
                asked = " or ".join(name for name, _email, role in story.members() if role.may_manage)
                assert f"Ask {asked} to add credits." in browser.opens(shop.PATH).text
            else:
                paid = buys_what_the_page_offers(browser, each.role == Role.OWNER.value)
                if story.cards == (POOR_CARD,):
                    assert paid.status == 402, each.email
                else:
                    assert "/payments/pay_" in paid.path and paid.status == 200, (each.email, paid.errors())


@on_sqlite
def test_a_press_signs_in_in_place_of_whoever_was(app: Flask, visitor: Browser) -> None:
    with clock.at(NOW):
        story = STORIES[-1]
        customers.make(months=1, progress=lambda _days: [])
        owner, manager, _viewer = (email for _name, email, _role in story.members())
        assert owner in presses(visitor, owner).text
        again = presses(visitor, manager, PEOPLE)
        assert manager in again.text and owner not in again.text
        assert visitor.posts(PEOPLE, {"email": "alice@acme.example"}).status == 400, "no form of ours"
        sent = {"email": "alice@acme.example", "csrf_token": visitor.opens(PEOPLE).value("csrf_token")}
        assert visitor.posts(PEOPLE, sent).redirects[0] == "/sign-in", "none of the demo's people"


@on_sqlite
def test_the_waiting_payment_leads_back_to_its_page(two_months: None, app: Flask, visitor: Browser) -> None:
    with as_service("find the demo's waiting payment"):
        waiting = db.session.query(Payment).filter_by(state="requires_action").all()
    assert waiting
    with clock.at(NOW):
        for payment in waiting:
            bank = visitor.opens(urlsplit(payment.action_url).path)
            paid = visitor.submits(bank, "form", button="[name=approve]")
            assert (paid.status, paid.find("h1").text) == (200, "Your payment is made")


@on_sqlite
def test_no_other_installation_has_them(settings: Settings) -> None:
    plain = create_app(replace(settings, demo=False))
    assert plain.test_client().get(PEOPLE).status_code == 404
    page = plain.test_client().get("/sign-in").text
    assert "People of the demo" not in page and 'class="dock"' not in page


@on_sqlite
def test_a_frame_shows_the_portal_and_no_demo(app: Flask, origin: str, acme: Customer, alice_actor: Actor) -> None:
    frame = host_of(app, origin, alice_actor).frame()
    assert frame.page.find("h1").text == "Overview" and frame.page.soup.select(".dock") == []
    assert cast.signed_in(app, origin, alice_actor).opens("/billing/").soup.select(".dock") != []

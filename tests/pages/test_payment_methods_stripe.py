"""With Stripe: its own form on a page of its own, the only one that lets Stripe's script in."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.web.security_headers import policy
from tests.support import cast, methods, stripe_api
from tests.support.browser import Browser, Page
from tests.support.client import StandAloneClient
from tests.support.methods import REFUSED
from tests.support.shop import GOOD

PATH = "/billing/payment-methods/"
ADD = "form[aria-label='Add a payment method']"


@pytest.fixture
def stripe_settings(settings: Settings) -> Iterator[Settings]:
    """The settings of a portal with PAYMENTS=stripe."""
    with stripe_api.answering(settings) as address:
        yield stripe_api.with_stripe(settings, address)


@pytest.fixture
def app(stripe_settings: Settings) -> Iterator[Flask]:
    """The portal with PAYMENTS=stripe."""
    made = create_app(stripe_settings)
    made.test_client_class = StandAloneClient
    with made.app_context():
        yield made
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def at_form(browser: Browser, kind: str = "card", **fields: object) -> Page:
    """Go to Stripe's form for a kind."""
    return browser.submits(browser.opens(f"{PATH}?add={kind}"), ADD, **fields)


def confirms(app: Flask, page: Page, test_method: str = GOOD, key: str = "browser") -> str:
    """Do what Stripe's form does in the browser; return the address that it leads to."""
    form = page.find("#stripe-form")
    processor_id = str(form["data-secret"]).partition("_secret_")[0]
    back = str(form["data-return"])
    app.extensions["purser.gateway"].confirm_setup(
        processor_id, method=test_method, return_url=back, acceptance=None, key=key
    )
    return back.removeprefix("http://localhost")


@pytest.mark.both_databases
def test_no_test_method_is_offered(alice: Browser) -> None:
    page = alice.opens(f"{PATH}?add=card")
    assert page.find(ADD).select("select, input:not([type=hidden])") == []
    assert page.texts("#payment_methods-save") == ["Continue"]


def test_a_card_is_saved_by_stripes_form(app: Flask, alice: Browser, acme: Customer) -> None:
    page = at_form(alice)
    form = page.find("#stripe-form")
    assert (form["data-key"], page.texts("h1")) == ("pk_test_purser", ["Add new credit card"])
    assert "_secret_" in str(form["data-secret"])
    assert [each["src"] for each in page.soup.select("script[src^=https]")] == [
        "https://js.stripe.com/endive/stripe.js"
    ]
    back = confirms(app, page)
    done = alice.opens(f"{back}?setup_intent=seti_x&redirect_status=succeeded")
    assert (done.path, done.notices()) == (PATH, ["Visa ending in 4242 is saved."])
    assert methods.shown(acme) == [("4242", True)]


def test_only_that_page_lets_stripes_script_in(app: Flask, stripe_settings: Settings, alice: Browser) -> None:
    page = at_form(alice)
    said = page.response.headers["Content-Security-Policy"]
    assert said == policy(stripe_settings, stripe_form=True)
    for part in (
        "script-src 'self' https://js.stripe.com https://*.js.stripe.com",
        "frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
        "connect-src 'self' https://api.stripe.com",
        "frame-ancestors 'none'",
    ):
        assert part in said.split("; ")
    assert "unsafe" not in said
    for path in ("/billing/", PATH, f"{PATH}?add=card"):
        closed = alice.opens(path).response.headers["Content-Security-Policy"].split("; ")
        assert "script-src 'self'" in closed
        assert "frame-src 'none'" in closed
        assert "connect-src 'self'" in closed


def test_in_the_sandbox_no_page_lets_stripes_script_in(settings: Settings) -> None:
    assert policy(settings, stripe_form=True) == policy(settings)
    assert "stripe" not in policy(settings)


def test_whoever_comes_back_without_having_saved_may_try_again(app: Flask, alice: Browser, acme: Customer) -> None:
    page = at_form(alice)
    done = alice.opens(confirms(app, page, REFUSED))
    assert done.texts("#payment_methods-setup h2") == ["Nothing was saved"]
    assert "The card's security code is wrong." in done.text
    again = alice.follows(done, "#payment_methods-setup a.btn--primary")
    alice.opens(confirms(app, alice.submits(again, ADD), key="browser again"))
    assert methods.shown(acme) == [("4242", True)]


def test_an_answered_form_is_not_shown_again(app: Flask, alice: Browser) -> None:
    page = at_form(alice)
    alice.opens(confirms(app, page))
    again = alice.opens(page.path)
    assert again.soup.select("#stripe-form") == []
    assert again.texts("#payment_methods-setup h2") == ["Your payment method is saved"]


def test_a_debits_mandate_is_accepted_before_stripes_form(app: Flask, origin: str) -> None:
    customer, actor = methods.initech()
    browser = cast.signed_in(app, origin, actor)
    refused = at_form(browser, "sepa_debit")
    assert (refused.status, refused.errors()) == (422, ["Read the mandate and accept it first."])
    page = browser.submits(refused, ADD, accept=True)
    assert page.texts("h1") == ["Add SEPA direct debit"]
    assert methods.live(customer) == []


def test_a_test_method_counts_for_nothing(alice: Browser, acme: Customer) -> None:
    page = alice.opens(f"{PATH}?add=card")
    sent = {"csrf_token": page.value("csrf_token"), "kind": "card", "test_method": GOOD}
    assert "/setups/set_" in alice.posts(PATH, sent).path
    assert methods.live(acme) == []
    for kind in ("", "sepa_debit", "crypto", "iou"):
        assert alice.posts(PATH, {**sent, "kind": kind}).status == 422


def test_a_viewer_gets_no_secret_and_ends_nothing(app: Flask, alice: Browser, bob: Browser, acme: Customer) -> None:
    page = at_form(alice)
    looked = bob.opens(page.path)
    assert (looked.status, looked.texts("#payment_methods-setup h2")) == (200, ["This payment method is being added"])
    assert "_secret_" not in looked.response.text
    assert "js.stripe.com" not in looked.response.headers["Content-Security-Policy"]
    assert bob.opens(f"{page.path}/return").path == page.path
    alice.opens(confirms(app, page))
    assert methods.shown(acme) == [("4242", True)]


def test_the_form_is_loaded_whole_where_its_page_waited_for_the_processor(alice: Browser) -> None:
    page = at_form(alice)
    part = alice.opens(page.path, **{"HX-Request": "true"}).response
    assert (part.text, part.headers["HX-Redirect"]) == ("", page.path)


def test_another_customers_form_is_not_there(alice: Browser, mallory: Browser, alice_actor: Actor) -> None:
    page = at_form(alice)
    assert mallory.opens(page.path).status == 404

"""Sign in with GitHub and OpenID Connect: only the browser that began it, and nobody by an address alone."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.models.identities import Identity
from app.models.mails import Mail
from app.models.members import Membership
from app.models.scope import as_service
from app.services.sign_in.identity_providers import the_providers
from app.services.transaction import transaction
from tests.support.browser import Browser
from tests.support.identities import (
    AT_OKTA,
    LINK,
    NOT_BEGUN,
    NOT_HERE,
    OKTA,
    OUT,
    PAGE,
    SIGN_IN,
    changes,
    links,
    sent_to,
    signs_in,
    there,
    written,
)
from tests.support.identity_server import Account, FakeIdentities
from tests.support.second_factors import CODE_FORM, STEP_TWO, shown, switch_on

__all__ = ["there"]
GROWS = Account("sub-4", f"{'İ' * 60}@acme.example")
"""In lower case its name is longer than any is."""


@pytest.mark.both_databases
def test_asvs_6_8_1_an_account_with_anothers_address_does_not_let_in(
    there: FakeIdentities, visitor: Browser, alice_actor: Actor
) -> None:
    """A member who has a password links an account from within; nobody reads whether the address is a member's."""
    for account in (AT_OKTA, Account("sub-2", "nobody@nowhere.example"), Account("sub-3", ""), GROWS):
        refused = signs_in(there, visitor, account)
        assert (refused.path, refused.texts(".toast__text")) == ("/sign-in", [NOT_HERE])
    assert written(Identity) == [] and alice_actor.name not in visitor.opens(SIGN_IN).text


@pytest.mark.parametrize(
    ("verified", "other_way", "let_in"),
    [(True, False, True), (False, False, False), ("true", False, False), (True, True, False)],
)
def test_a_member_without_any_way_in_is_known_by_a_verified_address(
    there: FakeIdentities, visitor: Browser, alice_actor: Actor, verified: object, other_way: bool, let_in: bool
) -> None:
    if other_way:
        switch_on(alice_actor)
    changes(alice_actor, password_hash=None)
    page = signs_in(there, visitor, Account("sub-1", "Alice@Acme.example", verified))
    assert (alice_actor.name in page.text, len(written(Identity))) == (let_in, int(let_in))
    assert len(written(Mail, template="identity_linked")) == int(let_in)
    if let_in:
        assert "Forgot your password?" in visitor.opens(PAGE).text, "whoever has none reads how to get one"


@pytest.mark.parametrize("how", ["another state", "no state", "another browser", "used", "late", "another provider"])
def test_asvs_10_1_2_only_the_browser_that_began_a_sign_in_ends_it(
    there: FakeIdentities, app: Flask, origin: str, alice: Browser, visitor: Browser, how: str
) -> None:
    links(there, alice)
    path = there.agrees(sent_to(visitor), AT_OKTA)
    browser, at = visitor, clock.now()
    match how:
        case "another state":
            path = path.replace("state=", "state=x")
        case "no state":
            path = path.partition("&state")[0]
        case "another browser":
            browser = Browser(app.test_client(), origin)
        case "used":
            browser.opens(path)
            browser.submits(browser.opens("/"), OUT)
        case "late":
            at += timedelta(minutes=10, seconds=1)
        case "another provider":
            path = path.replace("okta", "github")
    with clock.at(at):
        refused = browser.opens(path)
    assert (refused.path, refused.texts(".toast__text")) == ("/sign-in", [NOT_BEGUN])


def test_asvs_7_6_2_the_code_of_another_sign_in_is_worth_nothing(
    there: FakeIdentities, alice: Browser, visitor: Browser
) -> None:
    """Somebody else's code under one's own state: the verifier is not theirs, nor the nonce."""
    links(there, alice)
    stolen = parse_qs(
        urlsplit(
            there.agrees(
                sent_to(alice_elsewhere := Browser(visitor.client.application.test_client(), visitor.origin)), AT_OKTA
            )
        ).query
    )["code"][0]  # type: ignore[attr-defined]
    assert alice_elsewhere is not visitor
    own = parse_qs(urlsplit(there.agrees(sent_to(visitor), Account("sub-9"))).query)["state"][0]
    refused = visitor.opens(f"{OKTA}/back?code={stolen}&state={own}")
    assert refused.texts(".toast__text") == ["Okta did not confirm who you are. Try again, or sign in in another way."]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_asvs_7_6_2_another_site_begins_no_session(there: FakeIdentities, alice: Browser, site: str) -> None:
    links(there, alice)
    alice.submits(alice.opens("/"), OUT)
    led = alice.client.get(f"{OKTA}?next=/billing/plan/", base_url=alice.origin, headers={"Sec-Fetch-Site": site})
    assert (led.status_code, led.location) == (303, "/sign-in?next=/billing/plan/"), "somebody presses a button there"
    assert urlsplit(sent_to(alice)).path == "/authorize", "which is a link of this site"


def test_asvs_7_6_2_another_site_confirms_nothing(there: FakeIdentities, alice: Browser) -> None:
    links(there, alice)
    led = alice.client.get(f"{OKTA}/confirm", base_url=alice.origin, headers={"Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 403


def test_a_token_with_another_nonce_does_not_let_in(there: FakeIdentities, alice: Browser, visitor: Browser) -> None:
    links(there, alice)
    there.changes = lambda claims: claims | {"nonce": "of another sign-in"}
    refused = signs_in(there, visitor)
    assert (refused.path, len(refused.texts(".toast__text"))) == ("/sign-in", 1)
    assert "did not confirm who you are" in refused.text


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_who_may_not_sign_in_is_answered_like_nobody(
    there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor, how: str
) -> None:
    links(there, alice)
    if how == "disabled":
        changes(alice_actor, disabled_at=clock.now())
    else:
        with as_service("remove"), transaction() as session:
            session.delete(session.get_one(Membership, (alice_actor.member_id, alice_actor.customer_id)))
    assert signs_in(there, visitor).texts(".toast__text") == [NOT_HERE]


def test_two_factor_sign_in_is_asked_for_after_a_provider_too(
    there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    links(there, alice)
    switch_on(alice_actor, alice)
    half = signs_in(there, visitor, path=f"{OKTA}?next=/billing/invoices/")
    assert half.path == STEP_TWO and visitor.opens("/billing/invoices/").path.startswith("/sign-in")
    through = visitor.submits(visitor.opens(STEP_TWO), CODE_FORM, code=shown(alice_actor))
    assert through.path == "/billing/invoices/"


def test_a_provider_that_is_away_is_said_to_be(there: FakeIdentities, alice: Browser, visitor: Browser) -> None:
    path, words = (
        there.agrees(sent_to(visitor), AT_OKTA),
        "Okta cannot be reached just now. Try again in a minute, or sign in in another way.",
    )
    there.status = 503
    assert visitor.opens(path).texts(".toast__text") == [words]
    the_providers()["okta"]._said = None  # type: ignore[attr-defined]
    page = visitor.opens(f"{OKTA}?next=/billing/invoices/")
    assert (page.texts(".toast__text"), page.value("next")) == ([words], "/billing/invoices/")
    assert alice.submits(alice.opens(PAGE), LINK).texts(".toast__text") == [words]
    refused = visitor.opens(f"{there_path(visitor, there)}&error=access_denied")
    assert refused.texts(".toast__text") == ["You did not sign in with Okta."]


def there_path(visitor: Browser, there: FakeIdentities) -> str:
    there.status = 200
    return f"{OKTA}/back?state={parse_qs(urlsplit(sent_to(visitor)).query)['state'][0]}"

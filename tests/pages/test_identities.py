"""Accounts at GitHub and OpenID Connect: linked, confirmed by and unlinked; found by their subject."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from app import clock, extensions
from app.domain.people.members import Actor
from app.models.events import AuditEntry
from app.models.identities import Identity
from app.models.mails import Mail
from app.services.access.members import SignedIn
from app.web.login import OPEN_BEFORE
from app.web.second_step import half_signed_in
from app.web.session_cookie import NOTICES, portal_session
from tests.support.browser import Browser
from tests.support.confirm_page import cookie
from tests.support.identities import (
    AT_OKTA,
    LATER,
    LINK,
    OKTA,
    OUT,
    PAGE,
    SIGN_IN,
    UNLINK,
    address_in,
    changes,
    links,
    sent_to,
    signs_in,
    there,
    written,
)
from tests.support.identity_server import Account, FakeIdentities
from tests.support.second_factors import CODE_FORM, STEP_TWO, gives_password, shown, switch_on

__all__ = ["there"]


@pytest.mark.both_databases
def test_an_account_is_linked_signs_in_and_is_unlinked(
    there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    assert [each.text for each in visitor.opens(SIGN_IN).soup.select(".sign-in-with a")] == [
        "Sign in with GitHub",
        "Sign in with Okta",
    ]
    linked = links(there, alice)
    assert linked.notices() == ["Your Okta account is linked. You can sign in with it from now on."]
    visitor.opens(SIGN_IN)
    before = cookie(visitor)
    page = signs_in(there, visitor, path=f"{OKTA}?next=/billing/balance-history?kind=usage")
    assert (page.status, page.path) == (200, "/billing/balance-history?kind=usage") and alice_actor.name in page.text
    assert before and cookie(visitor) not in {"", before}, "ASVS 7.2.4: the session changes hands"
    (kept,) = written(Identity)
    assert (kept.member_id, kept.issuer, kept.subject, kept.shown) == (
        alice_actor.member_id,
        there.url,
        "sub-1",
        AT_OKTA.email,
    )
    assert "last used" in alice.opens(PAGE).text
    gone = alice.submits(alice.opens(PAGE), UNLINK)
    assert gone.notices() == ["Your Okta account is unlinked."] and written(Identity) == []
    assert [each.action for each in written(AuditEntry, subject=kept.id)] == ["identity.linked", "identity.unlinked"]
    assert [
        each.recipient for kind in ("linked", "unlinked") for each in written(Mail, template=f"identity_{kind}")
    ] == [alice_actor.email] * 2


def test_an_account_is_one_members_and_a_member_has_one_of_each(
    there: FakeIdentities, alice: Browser, bob: Browser
) -> None:
    page = alice.opens(PAGE)
    links(there, alice)
    assert links(there, bob).texts(".toast__text") == [
        "This Okta account is linked to another sign-in here. Take another account."
    ]
    onward = alice.submits(page, LINK)
    again = alice.opens(there.agrees(address_in(onward), Account("sub-2")))
    assert again.texts(".toast__text") == ["You have linked an account at Okta already. Unlink it first."]
    assert [each.subject for each in written(Identity)] == ["sub-1"]


def test_what_was_begun_as_somebody_else_links_nothing(there: FakeIdentities, alice: Browser) -> None:
    onward = alice.submits(alice.opens(PAGE), LINK)
    path = there.agrees(address_in(onward), AT_OKTA)
    alice.submits(alice.opens("/"), OUT)
    assert alice.opens(path).path == "/sign-in" and written(Identity) == []


def test_the_only_way_in_stays(there: FakeIdentities, alice: Browser, bob: Browser, alice_actor: Actor) -> None:
    links(there, alice)
    changes(alice_actor, password_hash=None)
    refused = alice.submits(alice.opens(PAGE), UNLINK)
    assert refused.texts(".toast__text") == [
        "This is your only way in. Set a password by “Forgot your password?”, or add a passkey first."
    ]
    (kept,) = written(Identity)
    stolen = bob.posts(
        f"/account/authentication/accounts/{kept.id}/removal", {"csrf_token": bob.opens(PAGE).value("csrf_token")}
    )
    assert stolen.status == 404 and written(Identity)


def test_a_provider_that_the_seller_took_away_is_no_other_way_in(
    app: Flask, there: FakeIdentities, alice: Browser, alice_actor: Actor
) -> None:
    links(there, alice)
    onward = alice.submits(alice.opens(PAGE), "form[action$='/accounts/github']")
    alice.opens(there.agrees(address_in(onward), Account("583231", "octo@acme.example")))
    changes(alice_actor, password_hash=None)
    known = extensions.settings.of(app)
    okta = tuple(each for each in known.identity_providers if each.name == "okta")
    extensions.settings.set(app, replace(known, identity_providers=okta))
    refused = alice.submits(alice.opens(PAGE), UNLINK)
    assert refused.texts(".toast__text")[0].startswith("This is your only way in.") and len(written(Identity)) == 2
    (gone,) = [each for each in written(Identity) if each.issuer != there.url]
    token = alice.opens(PAGE).value("csrf_token")
    alice.posts(f"/account/authentication/accounts/{gone.id}/removal", {"csrf_token": token})
    assert [each.issuer for each in written(Identity)] == [there.url], "what opens nothing may go"


def test_an_unlinked_account_ends_the_sign_in_that_it_began(
    there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    links(there, alice)
    switch_on(alice_actor, alice)
    assert signs_in(there, visitor).path == STEP_TWO
    alice.submits(alice.opens(PAGE), UNLINK)
    over = visitor.opens(STEP_TWO)
    assert written(Identity) == [] and over.path == SIGN_IN
    assert over.texts(".toast__text") == ["This sign-in has ended. Sign in again."]
    assert alice.opens("/billing/").path == "/billing/"


def test_an_unlinked_account_ends_no_sign_in_that_began_by_another_way(
    there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    links(there, alice)
    switch_on(alice_actor, alice)
    half = gives_password(visitor, alice_actor)
    alice.submits(alice.opens(PAGE), UNLINK)
    assert written(Identity) == []
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path == "/billing/"


@pytest.mark.parametrize("has_two_factor", [False, True])
def test_a_sign_in_that_was_being_checked_when_its_account_was_unlinked_begins_no_session(
    app: Flask, there: FakeIdentities, alice: Browser, visitor: Browser, *, has_two_factor: bool
) -> None:
    links(there, alice)
    (linked,) = written(Identity)
    who = SignedIn(linked.member_id, alice.actor.customer_id, has_two_factor, 0, linked.id)
    alice.submits(alice.opens(PAGE), UNLINK)
    with app.test_request_context("/sign-in", base_url=visitor.origin):
        answer = half_signed_in.go_on(who, "/billing/")
        if has_two_factor:
            half = half_signed_in.current()
            assert half is not None
            answer = half_signed_in.through(half, "/billing/")
        assert urlsplit(answer.location).path == SIGN_IN
        assert ("warn", "This sign-in has ended. Sign in again.") in portal_session()[NOTICES]


def test_authentication_offers_what_opens_while_a_second_factor_is_asked_for(
    app: Flask, there: FakeIdentities, alice: Browser
) -> None:
    extensions.settings.set(app, replace(extensions.settings.of(app), two_factor_required=True))
    page = alice.opens(PAGE)
    assert page.path == PAGE and page.texts("#two_factor-begin") == ["Set up"]
    links = {str(each["href"]) for each in page.soup.select("nav a, .member a")}
    assert links == {PAGE} and page.soup.select("form[action='/sign-out']"), "nothing leads back here"
    offered = [str(each.get("href") or each.get("action")) for each in page.soup.select("main a[href], main form")]
    routes = app.url_map.bind("localhost")
    for each in offered:
        method = "GET" if page.soup.select(f'main a[href="{each}"]') else "POST"
        endpoint, _values = routes.match(urlsplit(each).path, method=method)
        assert endpoint.partition(".")[0] in OPEN_BEFORE, each
    assert "/account/authentication/account/" not in offered and "Delete your account" not in page.text
    assert alice.opens("/account/authentication/account/").path == PAGE


def test_where_two_factors_are_asked_for_who_has_a_provider_alone_sets_them_up_later(
    app: Flask, there: FakeIdentities, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    """Eleven minutes after the sign-in it is confirmed at the provider, which is open though all else is closed."""
    links(there, alice)
    changes(alice_actor, password_hash=None)
    extensions.settings.set(app, replace(extensions.settings.of(app), two_factor_required=True))
    assert signs_in(there, visitor).path == PAGE and visitor.opens("/billing/").path == PAGE
    with clock.at(clock.now() + LATER):
        asked = visitor.submits(visitor.opens(PAGE), "form[action$='/two-factor/set-up/begin']")
        assert asked.status == 401 and "Sign in again at Okta to set up two-factor sign-in" in asked.text
        confirmed = visitor.opens(there.agrees(sent_to(visitor, f"{OKTA}/confirm"), AT_OKTA))
        assert (confirmed.status, confirmed.texts("h1")) == (200, ["Access is confirmed"])
        shows = visitor.submits(asked, "#confirm_access-form form")
        assert shows.path == "/account/two-factor/set-up"
        on = visitor.submits(shows, "#two_factor-set_up form", code=shown(alice_actor))
        assert on.status == 200 and visitor.opens("/billing/").path == "/billing/"


def test_asvs_7_6_1_who_has_no_password_confirms_at_the_provider(
    there: FakeIdentities, alice: Browser, alice_actor: Actor
) -> None:
    links(there, alice)
    changes(alice_actor, password_hash=None)
    with clock.at(clock.now() + LATER):
        asked = alice.submits(alice.opens(PAGE), UNLINK)
        assert asked.status == 401 and "Sign in again at Okta to unlink an account" in asked.text
        assert alice.submits(asked, "#confirm_access-form form").status == 401, "nothing was confirmed yet"
        address = sent_to(alice, f"{OKTA}/confirm")
        query = parse_qs(urlsplit(address).query)
        assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
        done = alice.opens(there.agrees(address, AT_OKTA))
        assert (done.status, done.texts("h1")) == (200, ["Access is confirmed"])
        went_on = alice.submits(asked, "#confirm_access-form form")
        assert went_on.texts(".toast__text") == [
            "This is your only way in. Set a password by “Forgot your password?”, or add a passkey first."
        ]


@pytest.mark.parametrize(
    ("account", "ago", "words"),
    [
        (Account("sub-2"), 0, "This is another Okta account than the one that you have linked."),
        (AT_OKTA, 3600, "Okta did not let you sign in anew. Confirm in another way."),
        (AT_OKTA, None, "Okta did not let you sign in anew. Confirm in another way."),
    ],
)
def test_asvs_7_5_3_an_old_sign_in_there_and_another_account_confirm_nothing(
    there: FakeIdentities, alice: Browser, account: Account, ago: int | None, words: str
) -> None:
    links(there, alice)
    with clock.at(clock.now() + LATER):
        there.seen_ago = ago
        done = alice.opens(there.agrees(sent_to(alice, f"{OKTA}/confirm"), account))
        assert (done.status, done.texts(".error")) == (422, [words])
        assert alice.submits(alice.opens(PAGE), UNLINK).status == 401


def test_asvs_6_8_1_the_same_subject_at_another_provider_is_somebody_else(
    there: FakeIdentities, alice: Browser, visitor: Browser
) -> None:
    same = Account("583231", "octo@acme.example")
    links(there, alice, same)
    refused = signs_in(there, visitor, same, "/sign-in/with/github")
    assert (refused.path, len(refused.texts(".toast__text"))) == ("/sign-in", 1)
    assert signs_in(there, visitor, same).path == "/billing/"


def test_asvs_6_8_4_github_signs_in_and_confirms_nothing(
    there: FakeIdentities, alice: Browser, visitor: Browser
) -> None:
    octo = Account("583231", "octo@acme.example")
    onward = alice.submits(alice.opens(PAGE), "form[action$='/accounts/github']")
    alice.opens(there.agrees(address_in(onward), octo))
    assert signs_in(there, visitor, octo, "/sign-in/with/github").path == "/billing/"
    assert alice.opens("/sign-in/with/github/confirm").status == 409


def test_it_asks_for_the_password_before_an_account_is_linked(there: FakeIdentities, alice: Browser) -> None:
    with clock.at(clock.now() + LATER):
        asked = alice.submits(alice.opens(PAGE), LINK)
    assert asked.status == 401 and "Enter your password to link an account at Okta." in asked.text


def test_where_no_provider_is_set_nothing_is_offered(alice: Browser, visitor: Browser) -> None:
    assert "Accounts elsewhere" not in alice.opens(PAGE).text and not visitor.opens(SIGN_IN).soup.select(
        ".sign-in-with"
    )
    assert visitor.opens(OKTA).status == 404 and visitor.opens(f"{OKTA}/back").status == 404

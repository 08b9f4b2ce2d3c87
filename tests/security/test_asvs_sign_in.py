"""What OWASP ASVS 5.0 asks of passwords that are changed, of recovery codes, and of two factors that must be."""

import re
import secrets
from dataclasses import replace

import pytest
from flask import Flask

from app import extensions
from app.config import Settings
from app.domain.people import second_factors
from app.domain.people.members import Actor, Role
from app.domain.people.passwords import check_password
from app.models.customers import Customer
from app.services.mail import sending
from app.services.people import access_links, invitations
from app.services.sign_in import two_factor
from tests.support import post
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.databases import Database, settings_for
from tests.support.host import IN_A_FRAME, host_of
from tests.support.second_factors import by, gives_password, shown, signs_in, stands, switch_on
from tests.support.statements import counted

AUTHENTICATION = "/account/authentication/"
ASKED = "Two-factor sign-in is asked for here. Set it up to go on, or sign in with a passkey."


@pytest.fixture
def settings(database: Database, request: pytest.FixtureRequest) -> Settings:
    """The settings of a seller, who may ask for two factors."""
    required = bool(request.node.get_closest_marker("parametrize"))
    return replace(settings_for(database), two_factor_required=required)


def test_asvs_6_2_2_a_member_changes_the_password_and_signs_in_with_it(
    alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    changed = alice.submits(
        alice.opens(AUTHENTICATION),
        "#authentication-password-form",
        current_password=PASSWORD,
        new_password="kelp market at dawn",
    )
    assert changed.status == 200
    assert gives_password(visitor, alice_actor).status == 422
    sent = visitor.submits(
        visitor.opens("/sign-in"), "form.form", email=alice_actor.email, password="kelp market at dawn"
    )
    assert sent.path == "/billing/"


@pytest.mark.parametrize("length", [64, 128, 256])
def test_asvs_6_2_9_passwords_of_64_characters_and_more_are_taken(length: int) -> None:
    check_password(("a long way from port to port " * 10)[:length], "alice@acme.example")


@pytest.mark.parametrize("_required", [True])
def test_asvs_6_3_3_where_two_factors_are_asked_for_one_opens_nothing_but_their_setting_up(
    app: Flask, visitor: Browser, alice_actor: Actor, _required: bool
) -> None:
    page = gives_password(visitor, alice_actor)
    assert (page.path, page.notices()) == (AUTHENTICATION, [ASKED])
    for path in ("/billing/", "/billing/invoices/", "/account/members/"):
        assert visitor.opens(path).path == AUTHENTICATION
    part = visitor.opens("/billing/usage/", **{"HX-Request": "true"})
    assert (part.status, part.response.headers["HX-Redirect"]) == (204, AUTHENTICATION)
    sent = visitor.posts("/account/profile/", {"csrf_token": page.value("csrf_token"), "name": "Mallory"})
    assert sent.path == AUTHENTICATION
    two_factor.begin(alice_actor.member_id)
    two_factor.confirm(by(alice_actor, visitor), shown(alice_actor))
    assert visitor.opens("/billing/").path == "/billing/", "it is on by now"


@pytest.mark.parametrize("_required", [True])
def test_until_two_factors_are_there_no_page_and_no_part_of_one_shows_the_balance(
    app: Flask, visitor: Browser, alice_actor: Actor, _required: bool
) -> None:
    gives_password(visitor, alice_actor)
    wrong = {"current_password": "wrong", "new_password": "kelp market at dawn"}
    for headers in ({}, {"HX-Request": "true"}):
        page = visitor.opens(AUTHENTICATION)
        sent = visitor.posts(f"{AUTHENTICATION}password", {"csrf_token": page.value("csrf_token"), **wrong}, **headers)
        for each in (page, sent):
            assert not each.soup.select("#balance-badge, #menu-balance") and "emaining credits" not in each.text
    assert sent.status == 422
    two_factor.begin(alice_actor.member_id)
    two_factor.confirm(by(alice_actor, visitor), shown(alice_actor))
    assert len(visitor.opens(AUTHENTICATION).soup.select("#balance-badge, #menu-balance")) == 2, "it is on by now"


@pytest.mark.parametrize("_required", [True])
def test_joining_another_customer_and_switching_it_off_again_open_nothing(
    app: Flask, visitor: Browser, alice_actor: Actor, mallory_actor: Actor, globex: Customer, _required: bool
) -> None:
    gives_password(visitor, alice_actor)
    invitations.invite(mallory_actor, alice_actor.email, Role.VIEWER)
    sending.send_due()
    found = re.search(r"http://localhost(/invitation/[\w-]{43})", post.mails(globex)[-1].body_text)
    assert found
    joined = visitor.submits(visitor.opens(found[1]), "form[action*='/invitation/']")
    assert (joined.path, visitor.opens("/billing/").path) == (AUTHENTICATION, AUTHENTICATION)
    with stands():
        codes = switch_on(alice_actor, visitor)
        assert visitor.opens("/billing/").path == "/billing/"
        proof = visitor.opens("/account/two-factor/off")
        off = visitor.submits(proof, "#two_factor-proof-form", current_password=PASSWORD, code=codes[0])
    assert off.path == AUTHENTICATION
    assert visitor.opens("/billing/").path == AUTHENTICATION


def test_sessions_that_began_before_two_factors_were_asked_for_are_asked_at_their_next_request(
    app: Flask, origin: str, visitor: Browser, alice: Browser, alice_actor: Actor, mallory_actor: Actor
) -> None:
    """Who has shown both, and frames of hosts, go on: no page asks the database more for that."""
    frame = host_of(app, origin, alice_actor).frame()
    link = Browser(app.test_client(), origin)
    link.opens(f"/read-only/{access_links.make(alice_actor, 'Ann Abacus', 7).token}")
    switch_on(mallory_actor)
    signs_in(visitor, mallory_actor, shown(mallory_actor))
    assert alice.opens("/billing/").path == visitor.opens("/billing/").path == "/billing/"
    with counted() as before:
        visitor.opens("/billing/")
    extensions.settings.set(app, replace(extensions.settings.of(app), two_factor_required=True))
    with counted() as after:
        assert visitor.opens("/billing/").path == "/billing/"
    assert len(after) == len(before)
    for _time in range(3):  # what a page asks by itself, and no notice is shown
        assert alice.client.get("/billing/").status_code == 303
    page = alice.opens("/billing/")
    assert (page.path, page.notices()) == (AUTHENTICATION, [ASKED])
    assert frame.opens("/billing/", **IN_A_FRAME).status == 200 and link.opens("/billing/invoices").status == 200
    two_factor.begin(alice_actor.member_id)
    two_factor.confirm(by(alice_actor, alice), shown(alice_actor))
    assert alice.opens("/billing/").path == "/billing/"


@pytest.mark.parametrize("_required", [True])
def test_who_has_shown_both_factors_goes_on(app: Flask, visitor: Browser, alice_actor: Actor, _required: bool) -> None:
    switch_on(alice_actor)
    assert signs_in(visitor, alice_actor, shown(alice_actor)).path == "/billing/"


def test_asvs_6_5_3_secrets_and_recovery_codes_are_the_systems_random_numbers(
    app: Flask, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[bytes] = []
    made = secrets.token_bytes

    def seen(size: int | None = None) -> bytes:
        drawn.append(made(size))
        return drawn[-1]

    monkeypatch.setattr(secrets, "token_bytes", seen)
    codes = switch_on(alice_actor)
    assert set(codes) <= {second_factors.recovery_code(each) for each in drawn}


def test_asvs_6_5_4_a_recovery_code_has_120_bits() -> None:
    alphabet = {letter for byte in range(256) for letter in second_factors.recovery_code(bytes([byte] * 24))} - {"-"}
    assert (len(alphabet), len(second_factors.recovery_code(bytes(24)).replace("-", ""))) == (32, 24)
    for byte in range(32):  # each letter is as likely as any other
        assert second_factors.recovery_code(bytes([byte] * 24)) == second_factors.recovery_code(bytes([byte + 32] * 24))

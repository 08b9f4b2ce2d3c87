"""Guessing from many addresses closes an account to browsers that nobody knows; its member gets in all the same."""

import pytest
from flask import Flask

from app.domain.people.members import Actor
from tests.pages.test_authentication import NEW, changes, password_is
from tests.pages.test_forgot_password import asked_link
from tests.pages.test_reset_password import chooses
from tests.pages.test_sign_in import FORM, HOME, PATH, sign_in
from tests.support.browser import Browser
from tests.support.cast import ALICE, BOB

CLOSED = ["Too many tries. Wait 15 minutes, or choose a new password by “Forgot your password?”."]


def guess(app: Flask, origin: str, email: str, times: int = 30, network: str = "198.51.100.{}") -> None:
    """Try wrong passwords, five from each address."""
    browser = Browser(app.test_client(), origin)
    page = browser.opens(PATH)
    for number in range(times):
        browser.client.environ_base["REMOTE_ADDR"] = network.format(number // 5 + 1)
        assert browser.submits(page, FORM, email=email, password="a guess").status == 422


@pytest.mark.parametrize("email", [ALICE.email, "nobody@acme.example"])
def test_asvs_6_3_1_guessing_from_many_addresses_closes_an_account_whether_there_is_one_or_not(
    app: Flask, origin: str, visitor: Browser, alice_actor: Actor, bob_actor: Actor, email: str
) -> None:
    guess(app, origin, email)
    late = sign_in(visitor, email)
    assert (late.status, late.errors(), late.response.headers["Retry-After"]) == (429, CLOSED, "900")
    assert sign_in(visitor, BOB.email).path == HOME, "the account of another is open"


def test_a_known_browser_gets_in_while_others_guess_and_has_no_more_than_five_tries_itself(
    app: Flask, origin: str, visitor: Browser, alice_actor: Actor, bob_actor: Actor
) -> None:
    home = sign_in(visitor)
    visitor.submits(home, ".account form[action='/sign-out']")
    guess(app, origin, ALICE.email)
    guess(app, origin, BOB.email)
    assert sign_in(visitor, BOB.email).status == 429, "it is known to Alice's account alone"
    assert sign_in(visitor).path == HOME
    again = visitor.submits(visitor.opens(HOME), ".account form[action='/sign-out']")
    for _ in range(5):
        assert visitor.submits(again, FORM, email=ALICE.email, password="a guess").status == 422
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
    assert sign_in(visitor).status == 429, "another address does not help a browser that guesses"


def test_who_is_locked_out_chooses_a_password_by_mail_and_gets_in(
    app: Flask, origin: str, visitor: Browser, alice_actor: Actor
) -> None:
    guess(app, origin, ALICE.email)
    assert sign_in(visitor).errors() == CLOSED
    assert chooses(visitor, asked_link(visitor)).path == "/sign-in?chosen=1"
    assert sign_in(visitor, password=NEW).path == HOME


def test_who_is_signed_in_changes_the_password_while_others_guess(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor
) -> None:
    guess(app, origin, ALICE.email)
    assert changes(alice).status == 200 and password_is(alice_actor, NEW)


def test_a_made_up_cookie_makes_no_browser_known(app: Flask, origin: str, alice_actor: Actor) -> None:
    guess(app, origin, ALICE.email)
    for value in ("", ".", "x.y", f"{'x' * 43}.{'0' * 64}", "ü.ü"):
        liar = Browser(app.test_client(), origin)
        liar.client.set_cookie("purser-known-browser", value)
        assert sign_in(liar).status == 429


def test_of_ipv6_a_whole_network_counts_as_one_address(app: Flask, origin: str, alice_actor: Actor) -> None:
    guess(app, origin, ALICE.email, 5, "2001:db8::{}")
    near, far = Browser(app.test_client(), origin), Browser(app.test_client(), origin)
    near.client.environ_base["REMOTE_ADDR"], far.client.environ_base["REMOTE_ADDR"] = (
        "2001:db8::ffff",
        "2001:db8:0:1::1",
    )
    assert (sign_in(near).status, sign_in(far).path) == (429, HOME)

"""What the guides of the account pages promise beside their own pages: how many there may be, and what goes on working."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people import api_tokens as token_rule
from app.domain.people import read_only, team
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.services.access import api_tokens, members
from app.services.people import access_links, invitations
from tests.pages import test_access_links, test_api_tokens, test_members, test_ssh_keys
from tests.pages.test_api_tokens import balance, token_of
from tests.pages.test_authentication import NEW, changes, password_is
from tests.pages.test_forgot_password import FORM, asked_link
from tests.pages.test_members import olivia, olivia_actor
from tests.support.api import api_for
from tests.support.browser import Browser
from tests.support.ssh_keys import ED25519

__all__ = ["olivia", "olivia_actor"]
LIMITS = (50, 20, 50)
"""Invitations that wait, links that are good, tokens of a member for a customer: as docs/customer/ says."""


def test_no_more_invitations_links_and_tokens_than_are_said(olivia: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (team.MOST_INVITATIONS, read_only.MOST_LINKS, token_rule.MOST) == LIMITS
    monkeypatch.setattr(invitations, "MOST_INVITATIONS", 1)
    monkeypatch.setattr(access_links, "MOST_LINKS", 1)
    monkeypatch.setattr(api_tokens, "MOST", 1)
    for first, second, said in (
        (
            test_members.invites(olivia),
            test_members.invites(olivia, "dora@acme.example"),
            "1 invitations wait already. Withdraw one first.",
        ),
        (
            test_access_links.makes(olivia),
            test_access_links.makes(olivia, "Dora"),
            "1 links are good already. Revoke one first.",
        ),
        (
            test_api_tokens.makes(olivia),
            test_api_tokens.makes(olivia, "other"),
            "You have 1 tokens here. Revoke one that you no longer use.",
        ),
    ):
        assert (first.status, second.status) == (200, 409)
        assert said in second.text


def test_tokens_and_keys_go_on_working_when_the_password_changes(
    app: Flask, visitor: Browser, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    """*Authentication* says so: who was robbed of a password revokes and removes them too."""
    token = token_of(alice_actor)
    test_ssh_keys.adds(alice, ED25519)

    def work() -> bool:
        kept = api_for(app).get(f"/customers/{acme.customer_id}/ssh_keys").get_json()["data"]
        return balance(app, acme, token) == 200 and len(kept) == 1

    changes(alice)
    assert password_is(alice_actor, NEW) and work()
    chosen = "six white geese land at noon"
    with clock.at(clock.now() + timedelta(seconds=1)):
        page = visitor.opens(asked_link(visitor))
        visitor.submits(page, FORM, password=chosen)
    assert password_is(alice_actor, chosen) and work()


def test_a_token_stops_with_its_member_and_works_again_when_they_may_sign_in_again(
    app: Flask, alice_actor: Actor, acme: Customer
) -> None:
    token = token_of(alice_actor)
    members.let_in(alice_actor.email, False, by="ops")
    assert balance(app, acme, token) == 401
    members.let_in(alice_actor.email, True, by="ops")
    assert balance(app, acme, token) == 200

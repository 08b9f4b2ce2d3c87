"""Eleven minutes after the sign-in each sensitive view asks first, in whatever way it is asked, and keeps what was typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.payments import PaymentMethod
from app.services.access import api_tokens, ssh_keys
from tests.support.browser import Browser
from tests.support.confirm_page import FORM, METHODS, PATH, app, card, endpoint, later
from tests.support.routes import UNSAFE, path_of
from tests.support.ssh_keys import ED25519
from tests.support.webhook_cast import settings

__all__ = ["app", "card", "endpoint", "later", "settings"]
TYPED = {"typed": "kept words"}
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Rows:
    """What Alice has, so that a question can name it."""

    card: str
    key: str
    token: str


@pytest.fixture
def rows(alice: Browser, alice_actor: Actor, card: PaymentMethod, endpoint: str) -> Rows:
    key = ssh_keys.add(alice_actor.member_id, alice_actor.customer_id, ED25519, "laptop")
    api_tokens.make(alice_actor, "reports", ["billing:read"], None)
    (token,) = api_tokens.listed(alice_actor, 2)
    return Rows(card.id, key.id, token.token.id)


NAMED: Mapping[str, Callable[[Rows], str]] = {
    "payment_methods.remove": lambda has: f"{METHODS}{has.card}/removal",
    "ssh_keys.remove": lambda has: f"/account/ssh-keys/{has.key}/removal",
    "api_tokens.revoke": lambda has: f"/account/api-tokens/{has.token}/revocation",
}
"""What a question names must be there."""
AMONG_OTHERS: Mapping[str, Mapping[str, str]] = {
    "auto_recharge.save": {
        "enabled": "y", "threshold": "5", "amount": "20", "period_limit": "100", "method": "pm_any", "consent": "y",
    },
    "invoice_notifications.save": {"billing_email": "other@acme.example"},
}  # fmt: skip
"""What makes a form sensitive that is not always."""
ELSEWHERE = {"payment_methods.portal", "identities.link", "identities.unlink"}
"""What this seller does not offer: `test_the_processors_portal_opens_only_afterwards` and the tests of identities ask."""
ELSEWHERE |= {"two_factor.new_codes", "two_factor.switch_off"}
"""What asks for the password in its own form, and for another proof of those alone who have none: `test_two_factor`."""


def asked(app: Flask, rows: Rows) -> dict[str, tuple[str, bool, Mapping[str, str]]]:
    """Return of each sensitive view where it is, whether it changes something, and what is sent."""
    found = {}
    for rule in app.url_map.iter_rules():
        if hasattr(app.view_functions[rule.endpoint], "is_sensitive") and rule.endpoint not in ELSEWHERE:
            named = NAMED.get(rule.endpoint)
            path = named(rows) if named else path_of(app, rule)
            changes = bool(UNSAFE & (rule.methods or set()))
            found[rule.endpoint] = (path, changes, {**AMONG_OTHERS.get(rule.endpoint, {}), **TYPED})
    return found


def test_asvs_7_5_1_each_sensitive_view_asks_first_and_keeps_what_was_typed(
    app: Flask, alice: Browser, rows: Rows, later: None
) -> None:
    views = asked(app, rows)
    assert len(views) > 15
    token = alice.opens("/account/authentication/").value("csrf_token")
    for name, (path, changes, data) in views.items():
        if not changes:
            page = alice.opens(path)
            assert page.path.startswith(f"{PATH}/?next="), name
            assert alice.opens(path, **HTMX).status == 401, name
            continue
        for headers in ({}, HTMX):
            page = alice.posts(path, {"csrf_token": token, **data}, **headers)
            assert page.status == 401, (name, page.text[:300])
            form = page.find("form" if headers else FORM)
            assert form.select("input[type=password], button[data-passkey]"), name
            for field, value in data.items():
                assert [each["value"] for each in form.select(f"input[name={field}]")] == [value], (name, field)

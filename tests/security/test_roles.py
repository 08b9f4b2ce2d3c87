"""Roles, routes, two customers: which role a route lets in is one table, and nobody is let in to another customer.

What a stranger and a viewer with a sign-in meet is walked in `test_access.py`, and what an owner with a sign-in meets at
another customer's ids in `test_mallory.py`; here each role walks every page, signed in and from a host's frame without
cookies.
"""

import re
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock
from app.domain.people.members import Actor, Role
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import CustomerOwned, db
from app.models.documents import Document
from app.models.ledger import Transfer
from app.models.limits import UsageAlert
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.services.alerts import thresholds
from tests.security.test_access import ANY_ROLE, closed, methods
from tests.security.test_mallory_api import everything_of
from tests.support import cast, tiers
from tests.support.browser import Browser
from tests.support.host import Frame, host_of
from tests.support.reversals import buys
from tests.support.routes import UNSAFE, path_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
READ_BY_MANAGERS = {
    "activity.page",
    "activity.csv_file",
    "access_links.page",
    "invoice_correction.page",
    "tax_settings.certificate",
    "webhook.ask_rotation",
    "webhook.secret",
}
"""What is read, and only by whoever may change it."""
NEVER_IN_A_FRAME = {
    "activity.page", "activity.csv_file", "activity.undo",
    "access_links.page", "access_links.make", "access_links.revoke",
    "members.page", "members.member", "members.invite", "members.again", "members.withdraw", "members.change_role",
    "members.remove", "members.leave",
    "two_factor.begin", "two_factor.set_up", "two_factor.switch_on", "two_factor.new_codes", "two_factor.switch_off",
    "passkeys.page", "passkeys.options", "passkeys.add", "passkeys.remove", "confirm_access.passkey_options",
    "confirm_access.page", "confirm_access.confirm", "sign_in.sign_out", "profile.page", "profile.save",
    "customers.page", "customers.switch",
    "ssh_keys.page", "ssh_keys.add", "ssh_keys.remove",
    "authentication.page", "authentication.change_password", "authentication.end_session", "authentication.end_others",
    "authentication.change_email", "own_account.page", "own_account.data", "own_account.delete", "authentication.cancel_email",
    "api_tokens.page", "api_tokens.make", "api_tokens.revoke",
    "identities.link", "identities.unlink", "sign_in_with.confirm",
}  # fmt: skip
ENDS = {"sign_in.sign_out", "members.leave"}
LEAD_BACK = {"usage_undo.opened"}
"""Addresses that are posted to: opened, they lead to the visitor's own page, whatever id stands in them."""
FIELD = re.compile(r'\sname="([a-z_]+)"')
PARAMETER = re.compile(r"<(?:int:)?(\w+)>")


def is_let_in(rule: Rule, method: str, role: Role, *, framed: bool) -> bool:
    """The table: may a member of this role use the route?"""
    if framed and rule.endpoint in NEVER_IN_A_FRAME:
        return False
    changes = method in UNSAFE and rule.endpoint not in ANY_ROLE
    return role.may_manage or not (changes or rule.endpoint in READ_BY_MANAGERS)


def token_of(frame: Frame) -> str:
    """Return the form token that the page's scripts send."""
    return str(frame.page.find("body")["hx-headers:inherited"]).split('"')[3]


def asked(browser: Browser, method: str, path: str, data: dict[str, str]) -> TestResponse:
    """Return the answer as it is: nothing is followed."""
    headers = {"Origin": browser.origin, "Sec-Fetch-Site": "same-origin"} if method in UNSAFE else {}
    sent = data if method in UNSAFE else None
    return browser.client.open(path, method=method, base_url=browser.origin, data=sent, headers=headers, buffered=True)


@pytest.mark.parametrize("role", tiers.some(1, [Role.VIEWER, Role.BILLING_MANAGER, Role.OWNER]))
def test_asvs_8_2_1_each_role_is_let_in_where_the_table_says_so(
    app: Flask, origin: str, acme: Customer, role: Role
) -> None:
    owner = cast.make_actor(cast.Part("Olivia Orr", "olivia@acme.example", Role.OWNER), acme)
    frame = host_of(app, origin, owner).frame(cookies=False, role=role.value, auth_time=clock.now().isoformat())
    token, found = token_of(frame), {}
    for rule in closed(app):
        for method in methods(rule):
            answer = asked(frame, method, frame.root + path_of(app, rule), {"csrf_token": token})
            assert answer.status_code != 401 and answer.status_code < 500, (rule.endpoint, method, answer.status_code)
            found[rule.endpoint, method] = answer.status_code != 403
    assert found == {
        (rule.endpoint, method): is_let_in(rule, method, role, framed=True)
        for rule in closed(app)
        for method in methods(rule)
    }


@pytest.mark.parametrize("role", tiers.some(1, [Role.BILLING_MANAGER, Role.OWNER, Role.VIEWER]))
def test_each_role_that_has_signed_in_is_let_in_where_the_table_says_so(
    app: Flask, origin: str, acme: Customer, role: Role
) -> None:
    member = cast.make_actor(cast.Part("Olivia Orr", "olivia@acme.example", role), acme)
    browser = cast.signed_in(app, origin, member)
    token, found = str(browser.opens("/billing/").soup.select("[name=csrf_token]")[0]["value"]), {}
    for rule in sorted(closed(app), key=lambda each: each.endpoint in ENDS):  # it all
        for method in methods(rule):
            answer = asked(browser, method, path_of(app, rule), {"csrf_token": token})
            leads_to = answer.headers.get("Location", "")
            assert answer.status_code != 401 and answer.status_code < 500, (rule.endpoint, method, answer.status_code)
            assert "/sign-in" not in leads_to or rule.endpoint in ENDS, (rule.endpoint, leads_to)
            found[rule.endpoint, method] = answer.status_code != 403
    assert found == {
        (rule.endpoint, method): is_let_in(rule, method, role, framed=False)
        for rule in closed(app)
        for method in methods(rule)
    }


@pytest.fixture
def ids_of_acme(app: Flask, acme: Customer, alice_actor: Actor) -> dict[str, str]:
    """Acme has bought: an id of each thing that the address of a page can name."""
    buys(app, alice_actor, 2500)
    thresholds.add(acme.customer_id, Threshold("requests", 4_444_444), actor=alice_actor.member_id)
    kinds: dict[str, type[CustomerOwned]] = {
        "document_id": Document, "txn_id": Transfer, "method_id": PaymentMethod, "alert_id": UsageAlert,
    }  # fmt: skip
    with as_service("read Acme's ids"):
        return {
            name: str(db.session.scalars(select(kind.id).where(kind.customer_id == acme.customer_id)).first())  # type: ignore[attr-defined]  # each has one
            for name, kind in kinds.items()
        }


def test_from_a_frame_nobody_reaches_another_customer(
    app: Flask, origin: str, acme: Customer, mallory_actor: Actor, ids_of_acme: dict[str, str]
) -> None:
    frame = host_of(app, origin, mallory_actor).frame(cookies=False, auth_time=clock.now().isoformat())
    before, token, fields = everything_of(acme), token_of(frame), set[str]()
    values = [acme.customer_id, ids_of_acme["document_id"]]
    for rule in [each for each in closed(app) if not each.arguments and "GET" in methods(each)]:
        answer = asked(frame, "GET", frame.root + rule.rule, {})
        fields |= set(FIELD.findall(answer.text)) if answer.mimetype == "text/html" else set()
    assert {"amount", "method", "form_key"} <= fields
    for rule in closed(app):
        for value in values if rule.arguments - set(ids_of_acme) else values[:1]:
            path = PARAMETER.sub(lambda name, one=value: quote(ids_of_acme.get(name[1], one)), rule.rule)  # type: ignore[misc]
            body = {**dict.fromkeys(sorted(fields), value), "csrf_token": token}
            for method in methods(rule):
                answer = asked(frame, method, frame.root + path, body)
                if rule.arguments and rule.endpoint not in LEAD_BACK:
                    none = 403 if rule.endpoint in NEVER_IN_A_FRAME else 404
                    assert answer.status_code == none, (method, path, answer.status_code)
                words = answer.text.lower() if answer.mimetype.startswith("text/") else ""
                for said in ("acme works", "alice archer", cast.ALICE.email, "4242", "4,444,444"):
                    assert said not in words.replace(value.lower(), ""), (method, path, said)
    assert everything_of(acme) == before

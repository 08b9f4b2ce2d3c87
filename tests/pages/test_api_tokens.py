"""API tokens: made, shown once and revoked by members; each does no more than its member may at that moment."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import clock
from app.blueprints.account import api_tokens as page_of_tokens
from app.domain.people.members import Actor, Role
from app.extensions import settings
from app.models.api_keys import ApiKey
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.services.access import api_keys, api_tokens
from app.services.transaction import transaction
from tests.support import cast
from tests.support.api import Api, api_for, problem_of
from tests.support.browser import Browser, Page
from tests.support.host import IN_A_FRAME, host_of
from tests.support.statements import counted

PATH = "/account/api-tokens/"
FORM, SAVE = "#api_tokens-form", "#api_tokens-save"
READ, WRITE = "billing:read", "billing:write"
LATER = timedelta(minutes=11)


def makes(browser: Browser, name: str = "backup", scopes: tuple[str, ...] = (READ,), **fields: Any) -> Page:
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, name=name, scopes=list(scopes), **fields)


def text_of(page: Page) -> str:
    return page.find("#api_tokens-made code").text


def token_of(actor: Actor, *scopes: str) -> str:
    return api_tokens.make(actor, "a test", list(scopes or (READ,)), clock.now() + timedelta(days=30))


def balance(app: Flask, customer: Customer, text: str) -> int:
    return Api(app, text).get(f"/customers/{customer.customer_id}/balance").status_code


@pytest.mark.both_databases
def test_a_token_is_made_shown_once_used_and_revoked(
    alice: Browser, app: Flask, alice_actor: Actor, acme: Customer, globex: Customer
) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1"), "There is no token yet." in page.text) == (200, ["API tokens"], True)
    assert page.find("a[href='/v1/docs']").text == "Read what the API does"
    made = makes(alice, scopes=(READ, WRITE), lasts="90")
    text = text_of(made)
    assert made.status == 200 and re.fullmatch(r"pat_[0-7][0-9a-hjkmnp-tv-z]{25}_[A-Za-z0-9_-]{43}", text)
    again = alice.opens(PATH)
    assert text not in str(again.soup) and text[:31] in again.text and "never used" in again.text
    with as_service("look at it"):
        row = db.session.scalars(select(ApiKey)).one()
    assert (row.member_id, row.customer_id, row.scopes) == (alice_actor.member_id, acme.customer_id, f"{READ} {WRITE}")
    assert row.secret_hash == api_keys.hash_of(text[31:]) and text[31:] not in str(vars(row))
    assert (row.expires_at or row.created_at) - row.created_at > timedelta(days=89)
    with counted() as seen:
        assert balance(app, acme, text) == 200
    assert sum("api_keys" in each for each in seen) == 2, seen  # found by one statement, and its use noted
    with counted() as seen:
        assert balance(app, acme, text) == 200
    assert sum("api_keys" in each or "memberships" in each for each in seen) == 1, seen
    assert balance(app, globex, text) == 404
    assert problem_of(Api(app, text).post("/portal_sessions", {"customer": acme.customer_id})) == (403, "forbidden")
    listed = alice.opens(PATH)
    assert "last used" in listed.text
    revoked = alice.submits(listed, "#api_tokens-content li form")
    assert revoked.notices() == ["The token backup is revoked."] and "There is no token yet." in revoked.text
    assert problem_of(Api(app, text).get("/customers")) == (401, "unauthorized")
    with as_service("read the trail"):
        trail = select(AuditEntry).where(AuditEntry.action.startswith("api_token.")).order_by(AuditEntry.id)
        entries = [(each.actor, each.subject, each.action) for each in db.session.scalars(trail)]
        mail = db.session.scalars(select(Mail).where(Mail.template == "api_token_made")).one()
    assert (mail.recipient, text[31:] in mail.context) == (alice_actor.email, False)
    assert entries == [(alice_actor.member_id, row.id, f"api_token.{each}") for each in ("created", "revoked")]


def test_a_reload_of_the_page_that_shows_a_token_makes_no_other_one(alice: Browser, alice_actor: Actor) -> None:
    page = alice.opens(PATH)
    sent = {"name": "backup", "scopes": [READ], "lasts": "30"}
    made = alice.submits(page, FORM, button=SAVE, **sent)
    assert text_of(made).startswith("pat_")
    for _time in range(2):
        again = alice.submits(page, FORM, button=SAVE, **sent)
        assert (again.status, again.path) == (200, PATH) and not again.soup.select("#api_tokens-made")
        assert again.notices() == [
            "This token is made already, and was shown once. If you have no copy, revoke it and make another one."
        ]
    assert len(api_tokens.listed(alice_actor, 5)) == 1
    with as_service("count the mails"):
        assert len(db.session.scalars(select(Mail).where(Mail.template == "api_token_made")).all()) == 1
    other = alice.submits(made, FORM, button=SAVE, **sent)
    assert text_of(other) != text_of(made) and len(api_tokens.listed(alice_actor, 5)) == 2
    odd = alice.posts(PATH, {"csrf_token": page.value("csrf_token"), "form_key": "x" * 300, **sent})
    assert odd.status == 200 and len(api_tokens.listed(alice_actor, 5)) == 3, (
        "a key that is none of ours counts for none"
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ["removed", "back", "disabled", "demoted"])
def test_a_token_of_a_removed_member_is_dead_at_once(app: Flask, alice_actor: Actor, acme: Customer, how: str) -> None:
    writes, reads = token_of(alice_actor, READ, WRITE), token_of(alice_actor, READ)
    assert [balance(app, acme, each) for each in (writes, reads)] == [200, 200]
    with as_service("change what the member may"), transaction() as session:
        membership = session.get_one(Membership, (alice_actor.member_id, acme.customer_id))
        match how:
            case "removed" | "back":
                session.delete(membership)
            case "disabled":
                session.get_one(Member, alice_actor.member_id).disabled_at = clock.now()
            case "demoted":
                membership.role = Role.VIEWER.value
        session.flush()
        if how == "back":
            came = clock.now() + timedelta(seconds=1)
            values = {"member_id": alice_actor.member_id, "customer_id": acme.customer_id, "created_at": came}
            session.add(Membership(role=Role.OWNER.value, **values))
    assert balance(app, acme, writes) == 401
    assert balance(app, acme, reads) == (200 if how == "demoted" else 401), "a viewer may read"


def test_what_such_a_token_asks_for_before_use_is_refused_too(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    """The way that asks in one round trip looks at no member: no token of a member has its scope."""
    text = token_of(alice_actor, READ, WRITE)
    asked = Api(app, text).post("/authorizations", {"customer": acme.customer_id, "meter": "requests", "quantity": 1})
    assert problem_of(asked) == (403, "forbidden")
    with pytest.raises(IntegrityError), as_service("try it"), transaction() as session:
        session.execute(update(ApiKey).values(scopes=f"{READ} usage:write"))


def test_a_viewers_token_only_reads_and_a_forged_form_is_refused(bob: Browser, app: Flask, acme: Customer) -> None:
    page = bob.opens(PATH)
    assert [each["value"] for each in page.soup.select("[name=scopes]")] == [READ]
    token = page.value("csrf_token")
    forged = bob.posts(PATH, {"csrf_token": token, "name": "x", "scopes": [READ, WRITE], "lasts": "30"})
    assert (forged.status, forged.errors()) == (
        403,
        ["Your role only reads, and so does a token of yours. Choose reading alone."],
    )
    text = text_of(makes(bob))
    assert balance(app, acme, text) == 200
    ordered = Api(app, text).post(
        f"/customers/{acme.customer_id}/top_ups", {"amount": {"amount_minor": 500, "currency": "USD"}}
    )
    assert problem_of(ordered) == (403, "forbidden")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Enter a name, such as the program that uses the token."),
        ({"scopes": []}, "Choose what the token may do."),
        ({"lasts": "date", "ends_on": ""}, "Enter the day on which it ends."),
        ({"lasts": "date", "ends_on": "2020-01-01"}, "Enter a day after today."),
        ({"lasts": "date", "ends_on": "soon"}, "Enter a day such as 2026-11-21."),
        ({"lasts": "never"}, "Choose how long the token lasts."),
    ],
)
def test_what_cannot_be_made_is_refused_and_stays_typed(alice: Browser, fields: dict[str, Any], words: str) -> None:
    sent = {"csrf_token": alice.opens(PATH).value("csrf_token"), "name": "backup", "scopes": [READ], "lasts": "90"}
    refused = alice.posts(PATH, sent | fields)
    assert (refused.status, refused.errors()) == (422, [words])
    kept = sent | fields
    assert [each["value"] for each in refused.soup.select("[name=scopes][checked]")] == kept["scopes"]
    assert refused.value("name").strip() == str(kept["name"]).strip()
    with as_service("look"):
        assert db.session.scalars(select(ApiKey)).all() == []


def test_a_seller_may_allow_tokens_that_do_not_end(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "never" not in [each.get("value") for each in alice.opens(PATH).soup.select("#lasts option")]
    allows = replace(settings(), api_tokens_may_last=True)
    monkeypatch.setattr(page_of_tokens, "settings", lambda: allows)
    made = makes(alice, lasts="never")
    assert made.status == 200 and "does not end" in made.text


def test_an_expired_token_is_shown_as_such(alice: Browser, app: Flask, acme: Customer) -> None:
    text = text_of(makes(alice, lasts="30"))
    with clock.at(clock.now() + timedelta(days=31)):
        assert balance(app, acme, text) == 401
        alice.submits(alice.opens("/sign-in"), "main form", email=cast.ALICE.email, password=cast.PASSWORD)
        assert alice.opens(PATH).texts("#api_tokens-content .pill") == ["Expired"]


def test_managers_see_and_revoke_all_tokens_and_viewers_their_own(
    alice: Browser, bob: Browser, visitor: Browser, app: Flask, origin: str, alice_actor: Actor, bob_actor: Actor
) -> None:
    token_of(alice_actor)
    token_of(bob_actor)
    assert "By Bob" in alice.opens(PATH).text and "By Alice" not in (own := bob.opens(PATH)).text
    (of_alice,) = [each.token.id for each in api_tokens.listed(alice_actor, 9) if each.member_name == alice_actor.name]
    assert bob.posts(f"{PATH}{of_alice}/revocation", {"csrf_token": own.value("csrf_token")}).status == 404
    sellers, _text = api_keys.create("host", ["all"])
    assert bob.posts(f"{PATH}{sellers.id}/revocation", {"csrf_token": own.value("csrf_token")}).status == 404
    assert alice.submits(alice.opens(PATH), "#api_tokens-content li:first-child form").status == 200
    assert api_tokens.listed(bob_actor, 9) == []
    assert visitor.opens(PATH).path == "/sign-in?next=%2Faccount%2Fapi-tokens%2F"
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403


def test_it_asks_for_the_password_and_keeps_what_was_chosen(alice: Browser) -> None:
    page = alice.opens(PATH)
    with clock.at(clock.now() + LATER):
        asked = alice.submits(page, FORM, button=SAVE, name="backup", scopes=[READ, WRITE], lasts="365")
        assert asked.status == 401 and "Enter your password to make an API token." in asked.text
        made = alice.submits(asked, "#confirm_access-form form", confirm_password=cast.PASSWORD)
        assert text_of(made).startswith("pat_")
    with as_service("look"):
        assert db.session.scalars(select(ApiKey.scopes)).one() == f"{READ} {WRITE}"


def test_what_a_token_does_is_said_of_the_token(app: Flask, alice_actor: Actor, acme: Customer) -> None:
    text = token_of(alice_actor, READ, WRITE)
    added = Api(app, text).open("PUT", f"/customers/{acme.customer_id}/invoice_address", json=ADDRESS)
    assert added.status_code == 200, added.text
    with as_service("read the trail"):
        (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.actor.startswith("key_")))
    assert entry.actor == f"key_{text[4:30]}" and json.loads(entry.after)


ADDRESS = {
    "company": "Acme AS",
    "line1": "Karl Johans gate 1",
    "city": "Oslo",
    "postal_code": "0154",
    "country": "NO",
    "version": 0,
}


def test_pages_of_tokens_follow_each_other(alice: Browser, alice_actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_of_tokens, "ROWS", 1)
    first, second = token_of(alice_actor), token_of(alice_actor)
    shown = alice.opens(PATH)
    assert second[:31] in shown.text and first[:31] not in shown.text
    older = alice.follows(shown, "a[rel=next]")
    assert first[:31] in older.text and second[:31] not in older.text
    assert alice.opens(f"{PATH}?before=nonsense").status == 200


def test_the_page_asks_one_statement_more_than_any_page(alice: Browser, alice_actor: Actor) -> None:
    token_of(alice_actor)
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 4, seen


def test_a_sellers_key_is_as_good_as_before(app: Flask, acme: Customer) -> None:
    assert api_for(app, customer=acme).get(f"/customers/{acme.customer_id}/balance").status_code == 200

"""Profile: what a member says of themselves is kept, looks and times follow it, and nobody else's is touched."""

import json
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.domain.people.profiles import Profile
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.scope import as_service
from app.services.people import profiles
from tests.support.browser import Browser, Page
from tests.support.host import IN_A_FRAME, host_of
from tests.support.spend import gives
from tests.support.statements import counted

PATH = "/account/profile/"
FORM, SAVE = "form[aria-label='Profile']", "#profile-save"
TYPED: dict[str, Any] = {
    "name": "Alice Archer-Bell", "username": "Alice.B", "location": "Lisbon", "company": "Archer & Bell",
    "newsletter": True, "theme": "dark", "time_zone": "Asia/Kathmandu",
}  # fmt: skip
KEPT = Profile("Alice Archer-Bell", "alice.b", "Lisbon", "Archer & Bell", True, "dark", "Asia/Kathmandu")


def saves(browser: Browser, **fields: Any) -> Page:
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, **fields)


def written(model: Any, customer: Customer, **values: str) -> list[Any]:
    with as_service("look at what was written"):
        wanted = select(model).filter_by(customer_id=customer.customer_id, **values)
        return list(db.session.scalars(wanted))


@pytest.mark.both_databases
def test_a_profile_is_kept_and_said_in_trail_and_event(alice: Browser, alice_actor: Actor, acme: Customer) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1"), page.value("name")) == (200, ["Profile"], alice_actor.name)
    saved = saves(alice, **TYPED)
    assert (saved.status, saved.redirects, saved.notices()) == (200, (PATH,), ["Your profile is saved."])
    assert profiles.current(alice_actor.member_id) == KEPT
    assert [saved.value(each) for each in ("username", "time_zone")] == ["alice.b", "Asia/Kathmandu"]
    (entry,) = written(AuditEntry, acme, action="profile.changed")
    assert not entry.before and {"theme", "newsletter"} <= set(json.loads(entry.after)["fields"])
    assert "Asia/Kathmandu" not in entry.after, "the trail is never erased, and a member may be"
    (event,) = written(OutboxEvent, acme, type="member.newsletter_changed")
    facts = {"customer": acme.customer_id, "member": alice_actor.member_id, "email": alice_actor.email}
    assert json.loads(event.data) == facts | {"name": "Alice Archer-Bell", "newsletter": True}
    saves(alice, location="Porto")
    assert len(written(OutboxEvent, acme, type="member.newsletter_changed")) == 1, "the choice is the same"
    saves(alice, location="Porto")
    assert len(written(AuditEntry, acme, action="profile.changed")) == 2, "nothing changed"


def test_looks_and_times_follow_on_every_page_at_once(alice: Browser, bob: Browser, acme: Customer) -> None:
    with clock.at(datetime.fromisoformat("2026-11-28T09:19:00Z")):
        gives(acme, "25")
        history = "/billing/balance-history?view=rows"
        before = alice.opens(history)
        assert before.find("html").get("data-theme") is None
        assert before.find("td time").text == "28 Nov 2026, 09:19 UTC" and not before.find("td time").get("data-utc")
        saves(alice, **TYPED)
        after = alice.opens(history)
        assert after.find("html")["data-theme"] == "dark"
        assert after.find("td time").text == "28 Nov 2026, 15:04 UTC+5:45"
        assert after.find("td time")["data-utc"] == "28 Nov 2026, 09:19 UTC"
        assert after.texts(".account .member__name") == ["Alice Archer-Bell"]
        assert bob.opens(history).find("html").get("data-theme") is None


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"name": " "}, "name", "Enter your full name."),
        ({"name": "x" * 201}, "name", "The full name is longer than 200 characters. Shorten it."),
        ({"location": "Lis\x07bon"}, "location", "The location has an invisible character. Enter it without."),
        ({"username": "-a-"}, "username", "A username has 3 to 39 letters a to z, digits, dots, dashes or underscores, and begins and ends with a letter or digit."),
        ({"time_zone": "Europe/Nowhere"}, "time_zone", "There is no time zone called Europe/Nowhere. Choose one such as Europe/Zurich."),
        ({"theme": "pink"}, "theme", "Choose one of the themes."),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_beside_its_field_and_stays_typed(
    alice: Browser, alice_actor: Actor, typed: dict[str, str], field: str, words: str
) -> None:
    before, page = profiles.current(alice_actor.member_id), alice.opens(PATH)
    sent = {"csrf_token": page.value("csrf_token"), **TYPED, "newsletter": "y", **typed}
    refused = alice.posts(PATH, sent)
    assert (refused.status, refused.errors()) == (422, [words])
    assert refused.value("company") == TYPED["company"] and profiles.current(alice_actor.member_id) == before
    assert refused.find(f"#{field}-error")


def test_a_username_is_had_once_whatever_its_case(alice: Browser, bob: Browser, bob_actor: Actor) -> None:
    saves(alice, username="heron")
    refused = saves(bob, username="Heron")
    assert (refused.status, refused.errors()) == (409, ["Somebody has this username. Choose another one."])
    assert profiles.current(bob_actor.member_id).username == ""
    saves(alice, username="")
    assert saves(bob, username="Heron").status == 200, "a name that was given up is free"


def test_htmx_is_refused_by_the_part_and_saves_by_a_page_that_is_loaded_anew(alice: Browser) -> None:
    page = alice.opens(PATH)
    sent = {"csrf_token": page.value("csrf_token"), "name": "", "theme": "light"}
    part = alice.posts(PATH, sent, **{"HX-Request": "true"})
    assert (part.status, part.soup.find(recursive=False).get("id")) == (422, "profile-content")
    saved = alice.posts(PATH, sent | {"name": "Alice"}, **{"HX-Request": "true"})
    assert (saved.status, saved.response.headers["HX-Redirect"]) == (204, PATH)
    assert alice.opens(PATH).find("html")["data-theme"] == "light"


def test_a_viewer_has_a_profile_of_their_own_and_a_stranger_none(bob: Browser, visitor: Browser) -> None:
    assert saves(bob, company="Baker & Sons").status == 200
    assert visitor.opens(PATH).path == "/sign-in?next=%2Faccount%2Fprofile%2F"


def test_a_host_product_neither_shows_nor_changes_it(app: Flask, origin: str, alice_actor: Actor) -> None:
    """The host says who it is; the portal has not asked that person."""
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    assert frame.opens(PATH, **IN_A_FRAME).status == 403
    assert frame.posts(PATH, {"csrf_token": frame.page.value("csrf_token"), "name": "Eve"}).status == 403
    assert PATH not in [each.get("href") for each in frame.page.soup.select("a")]
    assert profiles.current(alice_actor.member_id).name == alice_actor.name


def test_the_page_asks_one_statement_more_than_any_page(alice: Browser) -> None:
    alice.opens(PATH)
    with counted() as seen:
        alice.opens(PATH)
    assert len(seen) <= 4, seen

"""Spend management: the switch that gates the section, the limits with what they stop, saved and refused as one set."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.customers import registration
from tests.support import cast, spend
from tests.support.api import api_for, problem_of
from tests.support.browser import Browser, Page
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme
from tests.support.statements import counted

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
SAVE = "#spend_management-save"
FRAGMENT = {"HX-Request": "true"}


def saves(browser: Browser, **fields: object) -> Page:
    """Fill in the form as it stands, and save it."""
    return browser.submits(browser.opens(PATH), FORM, button=SAVE, **fields)


@pytest.mark.both_databases
def test_a_new_customer_sees_the_catalogs_suggestion_switched_off(alice: Browser) -> None:
    page = alice.opens(PATH)
    assert (page.status, page.texts("h1")) == (200, ["Spend management"])
    assert [page.value(name) for name in ("enabled", "daily_limit", "notify_threshold")] == ["", "50.00", "40.00"]
    assert "Saved as off: no calls are refused." in page.text and "Saved as off: no e-mail is sent to" in page.text


def test_it_is_saved_with_who_did_it(alice: Browser, acme: Customer, alice_actor: Actor) -> None:
    page = saves(alice, enabled=True, daily_limit="25", notify_threshold="20.5")
    assert (page.status, page.redirects) == (200, (PATH,))
    assert page.notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "25", "20.5")
    assert [page.value(name) for name in ("enabled", "daily_limit", "notify_threshold")] == ["on", "25.00", "20.50"]
    with as_service("test"):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "spend_management.changed")).one()
    assert (entry.actor, entry.customer_id, entry.address) == (alice_actor.member_id, acme.customer_id, "127.0.0.1")
    assert json.loads(entry.before)["enabled"] is False
    assert json.loads(entry.after) == {
        "enabled": True, "daily_limit_micros": 25_000_000, "notify_threshold_micros": 20_500_000,
    }  # fmt: skip


def test_htmx_gets_the_content_and_the_notice_beside_it(alice: Browser, acme: Customer) -> None:
    form = alice.opens(PATH)
    sent = {"csrf_token": form.value("csrf_token"), "version": "0", "enabled": "on", "daily_limit": "25"}
    part = alice.posts(PATH, sent, **FRAGMENT)
    assert part.status == 200
    assert part.texts("#notices .toast__text") == ["Spend management is saved."]
    assert part.soup.select("html, h1") == []
    assert part.find("#spend_management-today").has_attr("autofocus")
    assert spend.held(acme) == (True, "25", "")


def test_page_and_fragment_agree(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "12")
    whole, part = alice.opens(PATH), alice.opens(PATH, **FRAGMENT)
    for token in [*whole.soup.select("[name=csrf_token]"), *part.soup.select("[name=csrf_token]")]:
        token.decompose()  # it says when it was made
    assert str(whole.find("#spend_management-content")) == str(part.find("#spend_management-content"))


def test_what_one_tab_saved_the_other_does_not_undo_unseen(alice: Browser, acme: Customer) -> None:
    first, second = alice.opens(PATH), alice.opens(PATH)
    alice.submits(first, FORM, button=SAVE, enabled=True, daily_limit="30", notify_threshold="")
    page = alice.submits(second, FORM, button=SAVE, enabled=True, daily_limit="90", notify_threshold="80")
    assert page.status == 409
    assert page.errors() == [
        (
            "Spend management was changed while this page was open. It is now: on, daily limit $30.00, no e-mail threshold, "
            "no webhook URL. Nothing of yours was saved; save again to replace it."
        )
    ]
    assert spend.held(acme) == (True, "30", "")
    assert page.value("daily_limit") == "90"
    again = alice.submits(page, FORM, button=SAVE)
    assert again.notices() == ["Spend management is saved."]
    assert spend.held(acme) == (True, "90", "80")


def test_switching_it_off_keeps_what_was_set(alice: Browser, acme: Customer) -> None:
    saves(alice, enabled=True, daily_limit="30", notify_threshold="20")
    saves(alice, enabled=False)
    assert spend.held(acme) == (False, "30", "20")
    with as_customer(acme.customer_id):
        assert history.numbers().daily_limit is None


def test_today_and_yesterday_are_what_was_used(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "84.2", NOON - timedelta(days=1))
    spend.uses(acme, "18.24")
    spend.chooses(acme, "25")
    page = alice.opens(PATH)
    shown = dict(zip(page.texts(".today dt"), page.texts(".today dd"), strict=True))
    assert shown == {"Used": "$18.24", "Left of the limit": "$6.76", "Used yesterday": "$84.20"}
    assert page.find("[role=meter]")["aria-valuenow"] == "72"
    assert page.find("[role=meter]")["aria-valuetext"] == "$18.24 of $25.00 used today"


def test_a_viewer_may_look_but_neither_change_nor_try(bob: Browser, acme: Customer) -> None:
    page = bob.opens(PATH)
    assert page.status == 200
    assert page.find(f"{FORM} fieldset").has_attr("disabled")
    assert page.soup.select(f"{SAVE}, #spend_management-simulate") == []
    sent = {"csrf_token": page.value("csrf_token"), "version": "0", "enabled": "on", "daily_limit": "1"}
    assert bob.posts(PATH, sent).status == 403
    assert bob.posts(PATH + "simulation", sent).status == 403
    assert spend.held(acme) == (False, "50", "40")


def test_a_stranger_is_sent_to_sign_in(visitor: Browser, acme: Customer) -> None:
    assert visitor.opens(PATH).path.startswith("/sign-in")
    assert visitor.opens(PATH, **FRAGMENT).status == 401


def test_mallory_sees_her_own(mallory: Browser, acme: Customer) -> None:
    spend.chooses(acme, "77.77")
    spend.uses(acme, "12.34")
    page = mallory.opens(PATH)
    assert "77.77" not in page.text and "12.34" not in page.text


def test_it_is_not_there_where_the_seller_does_not_offer_it(app: Flask, origin: str) -> None:
    cast.apply_catalog("identity")
    initech = registration.create(name="Initech", email="b@initech.example", catalog="identity", external_id="initech")
    browser = cast.signed_in(app, origin, cast.make_actor(cast.ALICE, initech))
    there = browser.opens(PATH)
    assert (there.status, there.texts("h1")) == (404, ["This page is not offered here"])
    assert there.texts("main header p") == ["Spend management is not offered for this account."]
    assert "Usage" in there.texts(".side .nav a"), "the frame stays"
    page = browser.opens("/billing/")
    assert "Spend management" not in page.texts("nav a")
    sent = {"csrf_token": page.soup.select("[name=csrf_token]")[0]["value"]}
    webhook = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("webhook.")]
    assert len(webhook) == 8
    webhook += [rule for rule in app.url_map.iter_rules() if rule.endpoint == "spend_management.log"]
    with clock.at(clock.now() + timedelta(minutes=11)):  # nothing asks for a password first
        for rule in webhook:
            path = rule.rule.replace("<delivery_id>", "whd_1")
            answers = browser.posts(path, sent) if "POST" in (rule.methods or ()) else browser.opens(path)
            assert (answers.status, answers.find("h1").text) == (404, "This page is not offered here"), rule
    answer = api_for(app).get(f"/customers/{initech.customer_id}/spend_management")
    assert problem_of(answer) == (404, "not_offered")
    assert answer.get_json()["detail"] == "This customer's catalog does not offer spend management."


def test_the_number_of_statements_does_not_grow(alice: Browser, acme: Customer) -> None:
    def asked() -> int:
        with counted() as statements:
            assert alice.opens(PATH).status == 200
        return len(statements)

    spend.chooses(acme, "1", "0.5")
    spend.uses(acme, "2", NOON - timedelta(days=1))
    before = asked()
    for days in range(2, 12):
        spend.uses(acme, "2", NOON - timedelta(days=12 - days, minutes=-days))
    spend.decided()
    assert asked() == before

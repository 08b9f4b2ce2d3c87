"""Texts of others keep their own direction on a Hebrew page, and who is gone is named in the reader's words."""

import pytest
from flask import Flask
from sqlalchemy import update

from app import clock
from app.domain import language
from app.domain.people.deletion import NAME, member_name
from app.domain.people.members import Actor
from app.models.members import Member
from app.models.scope import as_service
from app.services.transaction import transaction
from tests.pages.test_activity import limited
from tests.pages.test_plan import opened
from tests.pages.test_plan_cancellation import FEATURES
from tests.support.browser import Browser, Page
from tests.support.host import host_of
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method

HEBREW = {"Accept-Language": "he"}


def apart(page: Page) -> list[str]:
    """Return what the page sets apart from the text around it."""
    return [each.text for each in page.soup.select("main bdi, main [dir=auto]")]


def test_features_of_plans_are_set_apart(app: Flask, origin: str) -> None:
    _acme, alice, browser = opened(app, origin, FEATURES)
    with clock.at(HALF):
        confirms(alice, target("personal"), add_method(alice, GOOD).id)
        page = browser.opens("/billing/plan/", **HEBREW)
    assert page.find("html")["dir"] == "rtl"
    assert [each.name for each in page.soup.find_all(["bdi", "li"], string="Single sign-on")] == ["bdi", "li"]
    assert apart(page).count("Single sign-on") == 2, "in the plan that is had, and on its card"


def test_descriptions_networks_and_names_are_set_apart(alice: Browser, alice_actor: Actor) -> None:
    limited(alice_actor, 5, 0)
    meters = alice.opens("/billing/usage/", **HEBREW)
    meter = alice.opens(meters.soup.select("#usage-meters tbody a")[0]["href"], **HEBREW)
    assert [each.endswith(".") for each in apart(meter)][:1] == [True]
    assert apart(alice.opens("/account/authentication/", **HEBREW)), "the network of a session"
    name = alice.opens("/account/profile/").value("name")
    for path in ("/account/members/", "/account/activity/", f"/account/members/{alice_actor.member_id}/"):
        page = alice.opens(path, **HEBREW)
        assert page.status == 404 or name in apart(page), path


def test_a_member_who_is_gone_is_named_in_the_words_of_the_reader(alice: Browser, alice_actor: Actor) -> None:
    limited(alice_actor, 5, 0)
    with as_service("delete"), transaction() as session:
        session.execute(update(Member).where(Member.id == alice_actor.member_id).values(name=NAME))
    german = {"Accept-Language": "de"}
    assert (
        alice.opens("/account/activity/", **german).texts("#activity-list td:nth-of-type(2)")[0]
        == "Gelöschtes Mitglied"
    )
    assert "„Gelöschtes Mitglied“" in alice.opens("/account/authentication/account/", **german).text
    text = alice.opens("/account/authentication/account/").text
    assert "by a “Deleted member”" in text, text
    with language.using("fr"):
        assert (member_name(NAME), member_name("Alice")) == ("Membre supprimé", "Alice")


@pytest.mark.parametrize(("asked", "found"), [({}, "de"), ({"locale": "pt"}, "de"), ({"locale": "fr-CA"}, "fr")])
def test_a_frame_without_a_language_that_is_offered_has_that_of_the_member(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, asked: dict[str, str], found: str
) -> None:
    alice.submits(alice.opens("/account/profile/"), "#profile-form", language="de")
    frame = host_of(app, origin, alice_actor).frame(**asked)
    assert frame.page.find("html")["lang"] == found

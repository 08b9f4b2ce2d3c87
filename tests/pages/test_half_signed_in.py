"""A password counts as long as it is the password, and no session was to end meanwhile: in the middle of a sign-in too."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from app import extensions
from app.domain.people.acting import By
from app.domain.people.members import Actor
from app.models.database import db
from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.access import members, own_sessions
from app.services.people import team
from app.services.sign_in import passwords, two_factor
from app.web.second_step import half_signed_in
from tests.pages.test_forgot_password import asked_link
from tests.pages.test_members import olivia_actor
from tests.pages.test_reset_password import chooses
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.second_factors import CODE_FORM, SIGN_IN, STEP_TWO, gives_password, shown, stands, switch_on

__all__ = ["olivia_actor"]
NEXT = "nine brown otters swim at dawn"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with stands():
        yield


@pytest.mark.parametrize("way", ["reset", "changed", "others ended", "seller", "everybody's"])
def test_a_half_sign_in_ends_with_what_ends_sessions(
    app: Flask, visitor: Browser, alice_actor: Actor, way: str
) -> None:
    switch_on(alice_actor)
    half = gives_password(visitor, alice_actor)
    mine = (alice_actor.member_id, alice_actor.customer_id)
    match way:
        case "reset":
            other = Browser(app.test_client(), visitor.origin)
            chooses(other, asked_link(other))
        case "changed":
            passwords.change(By(*mine), PASSWORD, NEXT)
        case "others ended":
            own_sessions.end_others(*mine, "", address="")
        case "seller":
            own_sessions.end_by_seller(alice_actor.email, by="seller")
        case _:
            own_sessions.end_everybodys(by="seller")
    late = visitor.submits(half, CODE_FORM, code=shown(alice_actor))
    assert late.path.startswith(SIGN_IN)
    assert late.texts(".toast__text") == ["This sign-in has ended. Sign in again."]
    assert visitor.opens("/billing/").path.startswith(SIGN_IN)


def test_a_half_sign_in_ends_when_its_visitor_signs_out(visitor: Browser, alice_actor: Actor) -> None:
    switch_on(alice_actor)
    half = gives_password(visitor, alice_actor)
    assert visitor.posts("/sign-out", {}).status == 400, "from a page of ours alone"
    out = visitor.posts("/sign-out", {"csrf_token": half.value("csrf_token")})
    assert out.path.startswith(SIGN_IN)
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path.startswith(SIGN_IN)
    assert visitor.opens("/billing/").path.startswith(SIGN_IN)


def test_a_half_sign_in_ends_when_another_app_is_set_up(visitor: Browser, alice_actor: Actor) -> None:
    switch_on(alice_actor)
    half = gives_password(visitor, alice_actor)
    two_factor.reset(alice_actor.email, "seller", "a lost phone")
    switch_on(alice_actor)
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path.startswith(SIGN_IN)
    assert visitor.opens("/billing/").path.startswith(SIGN_IN)


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["changed", "removed", "seller", "everybody's"])
def test_a_sign_in_that_was_being_checked_when_sessions_ended_begins_none(
    app: Flask, visitor: Browser, alice_actor: Actor, olivia_actor: Actor, way: str
) -> None:
    """The password has fitted already; what ends all sessions comes before the new one is there."""
    who = members.sign_in(alice_actor.email, PASSWORD, "192.0.2.1")
    match way:
        case "changed":
            passwords.change(By(alice_actor.member_id, alice_actor.customer_id), PASSWORD, NEXT)
        case "removed":
            team.remove(alice_actor.customer_id, alice_actor.member_id, by=olivia_actor.member_id)
        case "seller":
            own_sessions.end_by_seller(alice_actor.email, by="seller")
        case _:
            own_sessions.end_everybodys(by="seller")
    for has_two_factor in (False, True):
        with app.test_request_context("/sign-in", base_url=visitor.origin):
            answer = half_signed_in.go_on(replace(who, has_two_factor=has_two_factor), "/billing/")
            assert urlsplit(answer.location).path == (STEP_TWO if has_two_factor else SIGN_IN)
            if has_two_factor:
                half = half_signed_in.current()
                assert half is not None
                assert urlsplit(half_signed_in.through(half, "/billing/").location).path == SIGN_IN
    with as_service("look for a session"):
        asked = select(BrowserSession).where(BrowserSession.member_id == alice_actor.member_id)
        assert db.session.scalars(asked).all() == []


def test_an_error_before_the_second_factor_leads_on_to_it(visitor: Browser, alice_actor: Actor) -> None:
    """The Overview would lead to the sign-in again, and the half of it that is done would be given up."""
    switch_on(alice_actor)
    gives_password(visitor, alice_actor)
    page = visitor.opens("/billing/nowhere")
    assert (page.status, page.texts(".actions a")) == (404, ["Go on to the second step"])
    on = visitor.follows(page, ".actions a")
    assert visitor.submits(on, CODE_FORM, code=shown(alice_actor)).path == "/billing/"


def test_an_error_before_two_factor_sign_in_is_set_up_leads_there(
    app: Flask, visitor: Browser, alice_actor: Actor
) -> None:
    extensions.settings.set(app, replace(extensions.settings.of(app), two_factor_required=True))
    gives_password(visitor, alice_actor)
    page = visitor.opens("/billing/nowhere")
    assert (page.status, page.texts(".actions a")) == (404, ["Set up two-factor sign-in"])
    assert page.texts(".menu__name") == ["Account"], "it holds Authentication and the way out, and no menu"
    assert "Overview" not in page.text
    assert visitor.follows(page, ".actions a").path == "/account/authentication/"

"""A password counts as long as it is the password, and no session was to end meanwhile: in the middle of a sign-in too."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.domain.people.acting import By
from app.domain.people.members import Actor
from app.services.access import own_sessions
from app.services.sign_in import passwords, two_factor
from tests.pages.test_forgot_password import asked_link
from tests.pages.test_reset_password import chooses
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.second_factors import CODE_FORM, SIGN_IN, gives_password, shown, stands, switch_on

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
    assert visitor.opens("/billing/").path.startswith(SIGN_IN)


def test_a_half_sign_in_ends_when_another_app_is_set_up(visitor: Browser, alice_actor: Actor) -> None:
    switch_on(alice_actor)
    half = gives_password(visitor, alice_actor)
    two_factor.reset(alice_actor.email, "seller", "a lost phone")
    switch_on(alice_actor)
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path.startswith(SIGN_IN)
    assert visitor.opens("/billing/").path.startswith(SIGN_IN)

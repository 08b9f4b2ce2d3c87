"""The second step of a sign-in: nothing is open before it, no code counts twice, and what was wanted is kept."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member, Membership
from app.models.scope import as_service
from app.models.second_factors import RecoveryCode
from app.services.access import sessions
from app.services.people import team
from app.services.sign_in import two_factor
from app.services.transaction import transaction
from app.web.session_cookie import DATA_LIMIT
from tests.pages.test_forgot_password import asked_link
from tests.pages.test_reset_password import chooses
from tests.support import cast
from tests.support.browser import Browser
from tests.support.cast import PASSWORD
from tests.support.confirm_page import cookie
from tests.support.second_factors import (
    CODE_FORM,
    SIGN_IN,
    STEP_TWO,
    gives_password,
    shown,
    signs_in,
    stands,
    switch_on,
)

HOME, HISTORY = "/billing/", "/billing/balance-history?kind=usage"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with stands():
        yield


@pytest.fixture
def codes(app: Flask, alice_actor: Actor) -> tuple[str, ...]:
    return switch_on(alice_actor)


def mails(kind: str) -> list[Mail]:
    with as_service("look at mails"):
        return list(db.session.scalars(select(Mail).filter_by(template=kind)))


@pytest.mark.both_databases
def test_asvs_6_3_3_nothing_is_open_between_the_password_and_the_code(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    half = gives_password(visitor, alice_actor, HISTORY)
    assert (half.status, half.path, half.texts("h1")) == (200, STEP_TWO, ["Second step"])
    assert alice_actor.name not in half.text and "Acme" not in half.text
    for path in (HOME, "/account/authentication/", "/account/two-factor/off", "/billing/balance-badge"):
        assert visitor.opens(path).path.startswith(SIGN_IN)
    through = visitor.submits(half, CODE_FORM, code=shown(alice_actor))
    assert (through.status, through.path) == (200, HISTORY), "and where they were going was kept"


def test_asvs_7_2_4_the_session_changes_hands_at_both_steps(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    page = visitor.opens(SIGN_IN)
    before = cookie(visitor)
    half = visitor.submits(page, "form.form", email=alice_actor.email, password=PASSWORD)
    between = cookie(visitor)
    visitor.submits(half, CODE_FORM, code=shown(alice_actor))
    after = cookie(visitor)
    assert len({before, between, after}) == 3 and all((before, between, after))
    assert [sessions.find(each) is None for each in (before, between, after)] == [True, True, False]


def test_asvs_6_5_1_a_code_is_accepted_once(visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]) -> None:
    code = shown(alice_actor)
    assert signs_in(visitor, alice_actor, code).path == HOME
    again = signs_in(Browser(visitor.client.application.test_client(), visitor.origin), alice_actor, code)
    assert (again.status, again.path) == (422, STEP_TWO)
    assert again.errors() == ["This code was used already. Wait for the next one: your app shows it within 30 seconds."]
    with clock.at(clock.now() + timedelta(seconds=30)):
        assert visitor.submits(again, CODE_FORM, code=shown(alice_actor)).status in {200, 400}


@pytest.mark.parametrize(
    ("steps", "said"), [(-1, "This code is over."), (-2, "This code is wrong."), (1, "This code is wrong.")]
)
def test_asvs_6_5_5_a_code_lasts_its_own_thirty_seconds(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...], steps: int, said: str
) -> None:
    refused = signs_in(visitor, alice_actor, shown(alice_actor, steps=steps))
    assert (refused.status, refused.path) == (422, STEP_TWO)
    assert refused.errors()[0].startswith(said)
    assert refused.find("[name=code]")["aria-invalid"] == "true"


def test_spaces_and_dashes_do_not_matter(visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]) -> None:
    code = shown(alice_actor)
    assert signs_in(visitor, alice_actor, f" {code[:3]} {code[3:]} ").path == HOME


def test_asvs_6_5_2_a_recovery_code_works_once_and_says_how_many_are_left(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    half = gives_password(visitor, alice_actor)
    page = visitor.follows(half, "a[href$='recovery-code']")
    assert page.texts("label") == ["Recovery code"]
    through = visitor.submits(page, CODE_FORM, code=codes[0].lower().replace("-", " "))
    assert (through.path, through.notices()) == (
        HOME, ["You have 9 of 10 recovery codes left. Make new ones on the page Authentication."],
    )  # fmt: skip
    assert [mail.recipient for mail in mails("recovery_code_used")] == [alice_actor.email]
    again = signs_in(Browser(visitor.client.application.test_client(), visitor.origin), alice_actor, codes[0])
    assert again.errors() == ["This is not one of your recovery codes, or it was used. Each works once."]
    assert two_factor.standing(alice_actor.member_id).recovery_codes == 9
    with as_service("look at codes"):
        kept = set(db.session.scalars(select(RecoveryCode.code_hash)))
    assert kept == {hashlib.sha256(each.replace("-", "").encode()).digest() for each in codes}, "hashes, and no code"
    assert {len(each.replace("-", "")) for each in codes} == {24}, "24 letters of 32: 120 bits"


@pytest.mark.parametrize("typed", ["", "12345", "x" * 3000, "a\0b", "\ufffd" * 6, "U" * 24, "١٢٣٤٥٦"])
def test_odd_input_is_refused_in_words(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...], typed: str
) -> None:
    half = gives_password(visitor, alice_actor)
    refused = visitor.posts(STEP_TWO, {"csrf_token": half.value("csrf_token"), "code": typed})
    assert (refused.status, len(refused.errors())) == (422, 1)


def test_asvs_6_3_1_five_wrong_codes_close_the_door_even_to_the_right_one(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    page = gives_password(visitor, alice_actor)
    for _ in range(5):
        page = visitor.submits(page, CODE_FORM, code="000000")
        assert page.status == 422
    late = visitor.submits(page, CODE_FORM, code=shown(alice_actor))
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")
    again = signs_in(visitor, alice_actor, shown(alice_actor))
    assert again.status == 429, "giving the password again forgets no code"


def test_asvs_6_3_1_twenty_wrong_codes_close_the_door_from_every_address(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    page = gives_password(visitor, alice_actor)
    for number in range(20):
        visitor.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number // 4}"
        page = visitor.submits(page, CODE_FORM, code="000000")
        assert page.status == 422
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    assert visitor.submits(page, CODE_FORM, code=shown(alice_actor)).status == 429


def test_five_minutes_after_the_password_it_is_asked_for_again(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    half = gives_password(visitor, alice_actor)
    with clock.at(clock.now() + timedelta(minutes=5)):
        late = visitor.submits(half, CODE_FORM, code=shown(alice_actor))
        assert (late.status, late.path) == (200, SIGN_IN)
        assert late.notices() == ["The second step was not taken within five minutes. Sign in again."]
        assert visitor.opens(HOME).path.startswith(SIGN_IN)


def test_the_same_form_sent_twice_and_another_tab_lead_on(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    half = gives_password(visitor, alice_actor)
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path == HOME
    for page in (half, visitor.opens(STEP_TWO)):
        assert page.path in {STEP_TWO, HOME}
    assert visitor.submits(half, CODE_FORM, code=shown(alice_actor)).path == HOME
    visitor.client.delete_cookie("purser")
    lost = visitor.submits(half, CODE_FORM, code=shown(alice_actor))
    assert (lost.status, lost.path) == (200, SIGN_IN)


def test_without_a_password_there_is_no_second_step(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    assert visitor.opens(STEP_TWO).path == SIGN_IN
    token = visitor.opens(SIGN_IN).value("csrf_token")
    for path in (STEP_TWO, f"{STEP_TWO}passkey"):
        assert visitor.posts(path, {"csrf_token": token, "code": shown(alice_actor)}).path == SIGN_IN
    assert visitor.posts(f"{STEP_TWO}passkey/options", {"csrf_token": token}).status == 409


def test_a_form_of_another_site_takes_no_second_step(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    gives_password(visitor, alice_actor)
    assert visitor.posts(STEP_TWO, {"code": shown(alice_actor)}).status == 400
    assert visitor.posts(STEP_TWO, {"code": shown(alice_actor)}, Origin="https://evil.example").status == 403


def test_who_is_disabled_meanwhile_does_not_come_in(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    half = gives_password(visitor, alice_actor)
    with as_service("disable"), transaction() as session:
        session.execute(update(Member).values(disabled_at=clock.now()))
    visitor.submits(half, CODE_FORM, code=shown(alice_actor))
    assert visitor.opens(HOME).path.startswith(SIGN_IN)


def test_asvs_6_3_8_before_the_password_fits_nothing_says_who_has_a_second_factor(
    visitor: Browser, alice_actor: Actor, bob_actor: Actor, codes: tuple[str, ...]
) -> None:
    page = visitor.opens(SIGN_IN)
    said = [
        (answer.status, answer.errors(), answer.path)
        for email in (alice_actor.email, bob_actor.email, "nobody@acme.example")
        for answer in [visitor.submits(page, "form.form", email=email, password="not the password")]
    ]
    assert said == [(422, ["The e-mail address or the password is wrong."], SIGN_IN)] * 3


def test_asvs_6_4_3_a_new_password_keeps_the_second_factor(
    app: Flask, visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    page = chooses(visitor, asked_link(visitor), "another good password")
    half = visitor.submits(page, "form.form", email=alice_actor.email, password="another good password")
    assert half.path == STEP_TWO and visitor.opens(HOME).path.startswith(SIGN_IN)


def test_who_has_none_is_asked_for_none(visitor: Browser, alice_actor: Actor, bob_actor: Actor) -> None:
    two_factor.begin(alice_actor.member_id)  # and gave no code yet
    assert gives_password(visitor, alice_actor).path == HOME
    assert cast.signed_in(visitor.client.application, visitor.origin, bob_actor).opens(HOME).status == 200


def test_a_way_on_that_a_session_cannot_keep_is_forgotten_at_the_second_step(
    visitor: Browser, alice_actor: Actor, codes: tuple[str, ...]
) -> None:
    """A session keeps 4,000 characters: what is longer as it is kept is the front page."""
    for wanted, is_kept in (("/ü" + "ß" * 1500, True), ("/" + '"' * 1999, False)):
        page = visitor.opens(SIGN_IN)
        sent = {"csrf_token": page.value("csrf_token"), "email": alice_actor.email, "password": PASSWORD}
        half = visitor.posts(SIGN_IN, sent | {"next": wanted})
        assert (half.status, half.path) == (200, STEP_TWO)
        found = sessions.find(cookie(visitor))
        assert found is not None and len(found.data) <= DATA_LIMIT
        assert json.loads(found.data)["half_signed_in"]["next"] == (wanted if is_kept else "/")


def test_a_removed_members_sign_in_that_waits_for_a_code_is_over(
    visitor: Browser, alice_actor: Actor, bob_actor: Actor, acme: Customer
) -> None:
    codes = switch_on(bob_actor)
    half = gives_password(visitor, bob_actor)
    team.remove(acme.customer_id, bob_actor.member_id, by=alice_actor.member_id)
    with as_service("come back"), transaction() as session:
        back = {"member_id": bob_actor.member_id, "customer_id": acme.customer_id}
        session.add(Membership(**back, role=Role.VIEWER.value, created_at=clock.now()))
    assert visitor.submits(half, CODE_FORM, code=codes[0]).path == "/sign-in"

"""Passkeys: refused where anything about them is not as it was, in words, and used up all the same."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.people.members import Actor
from app.models.database import db
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.models.second_factors import Passkey, PasskeyChallenge
from app.services.transaction import transaction
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.confirm_page import after
from tests.support.passkeys import (
    HOME,
    NOT_KNOWN,
    PAGE,
    ROOM,
    SIGN_IN,
    UNREADABLE,
    adds,
    asks,
    device,
    signs_in,
    written,
)
from tests.support.second_factors import STEP_TWO, gives_password, sends, switch_on

__all__ = ["device"]


def refused(browser: Browser, answer: str) -> list[str]:
    page = browser.opens(SIGN_IN)
    said = sends(browser, page, "form.form", answer)
    assert (said.status, said.path, said.texts("h1")) == (422, f"{SIGN_IN}/passkey", ["Sign in"])
    return said.errors()


def test_a_challenge_is_taken_once_in_its_session_for_its_purpose_and_for_five_minutes(
    visitor: Browser, app: Flask, alice: Browser, alice_actor: Actor, device: Authenticator
) -> None:
    over = ["This took too long, or was sent twice. Use your passkey again."]
    page = visitor.opens(SIGN_IN)
    answer = device.uses(asks(visitor, f"{SIGN_IN}/passkey/options", page))
    stranger = Browser(app.test_client(), visitor.origin)
    assert refused(stranger, answer) == over, "another session"
    assert sends(visitor, page, "form.form", answer).path == HOME
    assert refused(stranger, answer) == over, "again"
    page = stranger.opens(SIGN_IN)
    late = device.uses(asks(stranger, f"{SIGN_IN}/passkey/options", page))
    with after(timedelta(minutes=5)):
        assert refused(stranger, late) == over
    with after(timedelta(minutes=11)):
        asked = alice.opens(f"{ROOM}/new")
        other = device.uses(asks(alice, "/confirm-access/passkey/options", asked))
        with as_service("look"):
            assert db.session.scalars(select(PasskeyChallenge.purpose).order_by(PasskeyChallenge.purpose)).all() == [
                "confirm"
            ]
        token = asked.value("csrf_token")
        assert alice.posts(f"{SIGN_IN}/passkey", {"csrf_token": token, "credential": other}).errors() == over, (
            "another purpose"
        )


def test_a_challenge_is_used_up_by_an_answer_that_is_wrong(visitor: Browser, device: Authenticator) -> None:
    page = visitor.opens(SIGN_IN)
    options = asks(visitor, f"{SIGN_IN}/passkey/options", page)
    right = device.uses(options)
    wrong = json.loads(right)
    wrong["response"]["signature"] = "AAAA"
    assert sends(visitor, page, "form.form", json.dumps(wrong)).errors() == [UNREADABLE]
    again = sends(visitor, page, "form.form", right)
    assert again.errors() == ["This took too long, or was sent twice. Use your passkey again."]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"crossOrigin": True}, "This passkey was used on another site. Open the portal itself and try again."),
        (
            {"topOrigin": "https://evil.example"},
            "This passkey was used on another site. Open the portal itself and try again.",
        ),
        ({"origin": "http://localhost.evil.example"}, UNREADABLE),
        ({"origin": "http://localhost:81"}, UNREADABLE),
        ({"type": "webauthn.create"}, UNREADABLE),
    ],
)
def test_what_was_signed_elsewhere_opens_nothing(
    visitor: Browser, alice: Browser, device: Authenticator, said: dict[str, Any], words: str
) -> None:
    device.client_data = said
    page = signs_in(visitor, device)
    assert (page.status, page.errors()) == (422, [words])
    if "type" not in said:
        assert adds(alice, Authenticator(visitor.origin, client_data=said)).errors() == [words]


def test_a_device_that_did_not_see_who_holds_it_opens_nothing(
    visitor: Browser, alice: Browser, device: Authenticator
) -> None:
    device.verifies = False
    assert signs_in(visitor, device).errors() == [UNREADABLE]
    assert adds(alice, Authenticator(visitor.origin, verifies=False)).errors() == [UNREADABLE]


def test_a_count_that_does_not_rise_is_a_copy_and_one_that_is_never_there_is_none(
    visitor: Browser, app: Flask, alice: Browser, origin: str
) -> None:
    key = Authenticator(origin, counts=True)
    adds(alice, key)
    assert signs_in(visitor, key).path == HOME
    key.count -= 1
    other = Browser(app.test_client(), origin)
    assert signs_in(other, key).errors() == [UNREADABLE]
    assert signs_in(other, key).path == HOME, "the next one is higher again"


def test_of_a_strangers_and_a_disabled_members_and_a_removed_passkey_the_same_is_said(
    visitor: Browser, alice: Browser, alice_actor: Actor, device: Authenticator, origin: str
) -> None:
    nobodys = Authenticator(origin)
    nobodys.credential_id, nobodys.user_id = b"nobody", b"nobody"
    assert signs_in(visitor, nobodys).errors() == [NOT_KNOWN]
    with as_service("disable"), transaction() as session:
        session.execute(update(Member).values(disabled_at=clock.now()))
    assert signs_in(visitor, device).errors() == [NOT_KNOWN]
    with as_service("enable"), transaction() as session:
        session.execute(update(Member).values(disabled_at=None))
    alice.submits(alice.opens(PAGE), f"form[action='{ROOM}/{written(Passkey)[0].id}/removal']")
    assert [mail.recipient for mail in written(Mail, template="passkey_removed")] == [alice_actor.email]
    assert signs_in(visitor, device).errors() == [NOT_KNOWN]


def test_anothers_passkey_is_no_second_factor_and_confirms_nothing(
    visitor: Browser, mallory: Browser, alice: Browser, alice_actor: Actor, device: Authenticator
) -> None:
    theirs = Authenticator(visitor.origin)
    adds(mallory, theirs)
    switch_on(alice_actor, alice)
    half = gives_password(visitor, alice_actor)
    answer = theirs.uses(asks(visitor, f"{STEP_TWO}passkey/options", half))
    assert sends(visitor, half, "form.form", answer).errors() == [NOT_KNOWN]
    with after(timedelta(minutes=11)):
        asked = alice.opens(f"{ROOM}/new")
        answer = theirs.uses(asks(alice, "/confirm-access/passkey/options", asked))
        assert sends(alice, asked, "#confirm_access-form form", answer, field="confirm_passkey").errors() == [NOT_KNOWN]
    token = mallory.opens(PAGE).value("csrf_token")
    for passkey in (written(Passkey, name="Laptop", member_id=alice_actor.member_id)[0].id, "pky_nothing"):
        assert mallory.posts(f"{ROOM}/{passkey}/removal", {"csrf_token": token}).status == 404
    theirs.user_id = alice_actor.member_id.encode()
    stranger = Browser(visitor.client.application.test_client(), visitor.origin)
    assert signs_in(stranger, theirs).errors() == [UNREADABLE], "a handle that is not the passkey's"


@pytest.mark.parametrize(
    "answer",
    ["", "null", "[]", "{}", "1", '{"response":{"clientDataJSON":"e30"}}', '{"response":{"clientDataJSON":"é"}}', "[" * 20_001, "{" * 9_000, '{"response":{"clientDataJSON":1}}', "\ud800"],
)  # fmt: skip
def test_bytes_that_are_no_passkey_are_refused_in_words(visitor: Browser, answer: str) -> None:
    token = visitor.opens(SIGN_IN).value("csrf_token")
    page = visitor.posts(
        f"{SIGN_IN}/passkey", {"csrf_token": token, "credential": answer.encode("utf-8", "surrogatepass")}
    )
    assert (page.status, page.errors()) == (422, [UNREADABLE])


def test_garbage_in_any_part_of_a_passkey_is_refused_in_words(
    visitor: Browser, alice: Browser, device: Authenticator
) -> None:
    addresses = count(1)  # fifty are refused to each
    for part in ("id", "rawId", "type", "authenticatorData", "signature", "userHandle"):
        for garbage in (None, 7, "", "AAAA", "é", [], {"a": 1}):
            page = visitor.opens(SIGN_IN)
            answer = json.loads(device.uses(asks(visitor, f"{SIGN_IN}/passkey/options", page)))
            (answer if part in answer else answer["response"])[part] = garbage
            visitor.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{next(addresses)}"
            said = sends(visitor, page, "form.form", json.dumps(answer))
            assert said.status == 422 and said.errors()[0] in {UNREADABLE, NOT_KNOWN}, (part, garbage)


def test_asvs_6_3_1_fifty_wrong_ones_close_the_door_to_their_address(visitor: Browser, device: Authenticator) -> None:
    page = visitor.opens(SIGN_IN)
    for _ in range(50):
        assert sends(visitor, page, "form.form", "{}").status == 422
    late = signs_in(visitor, device)
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")

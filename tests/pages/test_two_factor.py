"""Two-factor sign-in: set up by the first code, its recovery codes shown once, changed by password and code alone."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.models.second_factors import RecoveryCode, TwoFactor
from app.services.mail import payment_text
from app.services.sign_in import two_factor
from app.services.transaction import transaction
from tests.support import cast
from tests.support.browser import Browser, Page
from tests.support.cast import PASSWORD
from tests.support.confirm_page import confirms
from tests.support.second_factors import STEP_TWO, by, gives_password, secret_of, shown, signs_in, stands, switch_on

PAGE, ROOM = "/account/authentication/", "/account/two-factor"
PROOF = "#two_factor-proof-form"
CODE = re.compile(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){5}[0-9A-HJKMNP-TV-Z]{4}")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with stands():
        yield


def written(model: type, **values: object) -> list:  # type: ignore[type-arg]  # rows of any table
    with as_service("look at what was written"):
        return list(db.session.scalars(select(model).filter_by(**values)))


def begins(browser: Browser) -> Page:
    return browser.submits(browser.opens(PAGE), f"form[action='{ROOM}/set-up/begin']")


def without_password(actor: Actor) -> None:
    with as_service("make a member as a host does"), transaction() as session:
        session.execute(update(Member).where(Member.id == actor.member_id).values(password_hash=None))


def codes_of(page: Page) -> list[str]:
    return [code for code in page.texts("#two_factor-codes li") if CODE.fullmatch(code)]


@pytest.mark.both_databases
def test_it_is_set_up_by_the_first_code_and_shows_ten_recovery_codes(
    app: Flask, origin: str, alice: Browser, alice_actor: Actor, acme: Customer
) -> None:
    other = cast.signed_in(app, origin, alice_actor)
    page = begins(alice)
    secret = page.find("#two_factor-secret").text.replace(" ", "")
    assert (page.status, page.path, len(secret)) == (200, f"{ROOM}/set-up", 32), "160 bits: apps refuse less than 112"
    address = unquote(str(page.find("a[href^='otpauth:']")["href"]))
    assert pyotp.parse_uri(address).secret == secret and alice_actor.email in address
    assert page.soup.select(".two-factor__code svg path") and "style=" not in str(page.find(".two-factor__code"))
    wrong = alice.submits(page, "#two_factor-form", code="000000")
    assert (wrong.status, wrong.find("#two_factor-secret").text.replace(" ", "")) == (422, secret), "it stays the same"
    done = alice.submits(wrong, "#two_factor-form", code=pyotp.TOTP(secret).at(clock.now()))
    assert (done.status, len(set(codes_of(done)))) == (200, 10)
    saved = unquote(str(done.find("a[download]")["href"])).partition(",")[2]
    assert CODE.findall(saved) == codes_of(done) and alice_actor.email in saved
    assert done.response.headers["Cache-Control"] == "private, no-store"
    assert other.opens(PAGE).path.startswith("/sign-in"), "other sessions were begun with less"
    (kept,) = written(TwoFactor)
    assert secret not in kept.secret, "encrypted"
    assert [entry.action for entry in written(AuditEntry, actor=alice_actor.member_id)] == ["two_factor.on"]
    assert [mail.recipient for mail in written(Mail, template="two_factor_on")] == [alice_actor.email]
    section = alice.opens(PAGE)
    assert "10 of 10 recovery codes are left." in section.text and secret not in section.text
    assert alice.opens(f"{ROOM}/set-up").path == PAGE, "the secret is shown no more"


def test_the_first_code_signs_nobody_in_again(alice: Browser, visitor: Browser, alice_actor: Actor) -> None:
    page, code = begins(alice), shown(alice_actor)
    alice.submits(page, "#two_factor-form", code=code)
    assert signs_in(visitor, alice_actor, code).path == STEP_TWO


def test_a_set_up_lasts_an_hour_and_is_drawn_anew_after_it(alice: Browser, alice_actor: Actor) -> None:
    page, secret = begins(alice), secret_of(alice_actor)
    assert begins(alice) and secret_of(alice_actor) == secret, "a second tab shows the same"
    with clock.at(clock.now() + timedelta(hours=1)):
        late = confirms(alice, alice.submits(page, "#two_factor-form", code=shown(alice_actor)))
        assert late.notices() == ["This took longer than an hour. Begin again."]
        assert begins(alice).path == f"{ROOM}/set-up" and secret_of(alice_actor) != secret
    assert not two_factor.standing(alice_actor.member_id).is_on


@pytest.mark.parametrize("where", ["recovery-codes", "off"])
def test_asvs_7_5_1_a_change_asks_for_password_and_code_however_fresh_the_sign_in(
    alice: Browser, alice_actor: Actor, where: str
) -> None:
    codes, path = switch_on(alice_actor, alice), f"{ROOM}/{where}"
    page = alice.opens(path)
    code = shown(alice_actor)
    for given, field in (
        ({"current_password": "", "code": code}, "current_password"),
        ({"current_password": "not the password", "code": code}, "current_password"),
        ({"current_password": PASSWORD, "code": ""}, "code"),
        ({"current_password": PASSWORD, "code": "000000"}, "code"),
    ):
        refused = alice.submits(page, PROOF, **given)
        assert (refused.status, refused.find("[aria-invalid]")["name"], len(refused.errors())) == (422, field, 1)
        assert refused.value("current_password") == ""
    assert two_factor.standing(alice_actor.member_id).recovery_codes == 10
    token = page.value("csrf_token")
    assert alice.posts(path, {"csrf_token": token}).status == 422
    done = alice.submits(page, PROOF, current_password=PASSWORD, code=codes[0])
    assert done.status == 200
    assert alice.opens("/billing/").status == 200, "this session goes on"


def test_new_recovery_codes_kill_the_old_ones_at_once(alice: Browser, visitor: Browser, alice_actor: Actor) -> None:
    old = switch_on(alice_actor, alice)
    page = alice.submits(
        alice.opens(f"{ROOM}/recovery-codes"), PROOF, current_password=PASSWORD, code=shown(alice_actor)
    )
    new = codes_of(page)
    assert len(new) == 10 and not set(new) & set(old)
    assert signs_in(visitor, alice_actor, old[3]).errors()[0].startswith("This is not one of your recovery codes")
    assert signs_in(visitor, alice_actor, new[3]).path == "/billing/"
    assert len(written(RecoveryCode, used_at=None)) == 9
    assert [mail.recipient for mail in written(Mail, template="recovery_codes_made")] == [alice_actor.email]


def test_switched_off_app_and_codes_are_dead_and_other_sessions_end(
    app: Flask, origin: str, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    switch_on(alice_actor, alice)
    other = cast.signed_in(app, origin, alice_actor)
    done = alice.submits(alice.opens(f"{ROOM}/off"), PROOF, current_password=PASSWORD, code=shown(alice_actor))
    assert (done.path, done.notices()[0][:28]) == (PAGE, "Two-factor sign-in is off. Y")
    assert written(TwoFactor) == [] and written(RecoveryCode) == []
    assert other.opens(PAGE).path.startswith("/sign-in")
    assert gives_password(visitor, alice_actor).path == "/billing/"
    assert [mail.recipient for mail in written(Mail, template="two_factor_off")] == [alice_actor.email]
    for path in ("off", "recovery-codes"):
        assert alice.opens(f"{ROOM}/{path}").notices() == ["Two-factor sign-in is off."]


def test_few_recovery_codes_are_said(alice: Browser, alice_actor: Actor) -> None:
    codes = switch_on(alice_actor, alice)
    for code in codes[:7]:
        two_factor.check(by(alice_actor), code)
    page = alice.opens(PAGE)
    assert page.texts(".notice--warn") == ["3 of 10 recovery codes are left. Make new ones before they run out."]
    mails = written(Mail, template="recovery_code_used")
    assert len(mails) == 7
    said = [
        payment_text.of(each.template, each.customer_id, json.loads(each.context))
        for each in mails
        if '"left": 3' in each.context
    ]
    assert "Make new ones before they run out." in said[0].text  # type: ignore[union-attr]  # it is written


@pytest.mark.parametrize("room", ["off", "recovery-codes"])
def test_who_has_no_password_and_signed_in_a_while_ago_is_not_asked_for_a_code_alone(
    alice: Browser, alice_actor: Actor, room: str
) -> None:
    codes = switch_on(alice_actor, alice)
    without_password(alice_actor)
    page = alice.opens(f"{ROOM}/{room}")
    with clock.at(clock.now() + timedelta(minutes=11)):
        for refused in (alice.submits(page, PROOF, code=codes[0]), alice.opens(f"{ROOM}/{room}")):
            assert refused.texts("#confirm_access-form h1, #confirm_access-form h2") == ["Confirm access"]
            assert "you need a password, and you have none yet" in refused.text, "there is no other way to confirm"
    assert two_factor.standing(alice_actor.member_id).recovery_codes == 10


def test_who_has_no_password_and_confirmed_just_now_is_asked_for_a_code(alice: Browser, alice_actor: Actor) -> None:
    switch_on(alice_actor, alice)
    without_password(alice_actor)
    page = alice.opens(f"{ROOM}/off")
    assert page.soup.select("[name=current_password]") == []
    assert alice.submits(page, PROOF, code="000000").status == 422
    assert alice.submits(page, PROOF, code=shown(alice_actor)).path == PAGE
    assert not two_factor.standing(alice_actor.member_id).is_on


def test_nobody_elses_is_touched(alice: Browser, mallory: Browser, alice_actor: Actor) -> None:
    codes = switch_on(alice_actor, alice)
    page = mallory.opens(PAGE)
    assert page.texts("#two_factor-begin") == ["Set up"]
    token = page.value("csrf_token")
    for path in ("off", "recovery-codes"):
        sent = {"csrf_token": token, "current_password": PASSWORD, "code": codes[0]}
        assert mallory.posts(f"{ROOM}/{path}", sent).path == PAGE
    assert two_factor.standing(alice_actor.member_id).recovery_codes == 10


def test_a_viewer_sets_it_up_and_a_stranger_does_not(bob: Browser, visitor: Browser, bob_actor: Actor) -> None:
    assert begins(bob).path == f"{ROOM}/set-up"
    for path in ("set-up", "off", "recovery-codes"):
        assert visitor.opens(f"{ROOM}/{path}").path.startswith("/sign-in")


def test_under_another_secret_key_a_recovery_code_is_asked_for(
    app: Flask, alice: Browser, visitor: Browser, alice_actor: Actor
) -> None:
    codes, code = switch_on(alice_actor, alice), shown(alice_actor)
    app.extensions["purser.settings"] = replace(app.extensions["purser.settings"], secret_key="another one " * 4)
    refused = signs_in(visitor, alice_actor, code)
    assert (refused.status, refused.errors()[0][:48]) == (409, "Codes of your app cannot be checked any more. Us")
    assert visitor.submits(refused, "#second_factor-code", code=codes[0]).path == "/billing/"

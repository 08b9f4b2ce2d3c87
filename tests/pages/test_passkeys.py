"""Passkeys: added afresh, signed in with by whoever holds one, listed and removed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.domain.people.members import Actor
from app.models.events import AuditEntry
from app.models.mails import Mail
from app.models.members import Member
from app.models.scope import as_service
from app.models.second_factors import Passkey, PasskeyChallenge
from app.services.sign_in import passkeys, two_factor
from app.services.transaction import transaction
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser
from tests.support.confirm_page import after, cookie
from tests.support.passkeys import HOME, PAGE, ROOM, SIGN_IN, adds, asks, device, signs_in, written
from tests.support.second_factors import STEP_TWO, gives_password, sends, shown, stands, switch_on

__all__ = ["device"]


@pytest.mark.both_databases
def test_a_passkey_is_added_listed_and_signs_in_without_a_name(
    alice: Browser, visitor: Browser, alice_actor: Actor, origin: str
) -> None:
    device, page = Authenticator(origin), alice.opens(f"{ROOM}/new")
    options = asks(alice, f"{ROOM}/options", page)
    assert (options["rp"]["id"], options["user"]["name"]) == ("localhost", alice_actor.email)
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    saved = sends(alice, page, "#passkeys-form form", device.creates(options), name="  My   laptop ")
    assert (saved.path, saved.notices()) == (PAGE, ["Your passkey is added. You can sign in with it from now on."])
    assert saved.texts("#passkeys-list tbody tr")[0].startswith("My laptop")
    assert "never" in saved.texts("#passkeys-list tbody tr")[0]
    (kept,) = written(Passkey)
    assert (kept.member_id, kept.name, kept.sign_count, kept.transports) == (
        alice_actor.member_id,
        "My laptop",
        0,
        "internal",
    )
    through = signs_in(visitor, device, "/billing/balance-history?kind=usage")
    assert (through.status, through.path) == (200, "/billing/balance-history?kind=usage")
    assert alice_actor.name in through.text
    assert "never" not in alice.opens(PAGE).texts("#passkeys-list tbody tr")[0]
    assert [entry.action for entry in written(AuditEntry, subject=kept.id)] == ["passkey.added"]
    assert [mail.recipient for mail in written(Mail, template="passkey_added")] == [alice_actor.email]
    assert written(PasskeyChallenge) == []


def test_asvs_7_2_4_the_session_changes_hands(visitor: Browser, device: Authenticator) -> None:
    visitor.opens(SIGN_IN)
    before = cookie(visitor)
    signs_in(visitor, device)
    assert before and cookie(visitor) not in {"", before}


def test_it_counts_for_both_factors_and_for_the_second_one(
    visitor: Browser, app: Flask, alice: Browser, alice_actor: Actor, device: Authenticator
) -> None:
    switch_on(alice_actor, alice)
    assert signs_in(visitor, device).path == HOME, "its device has seen who holds it"
    other = Browser(app.test_client(), visitor.origin)
    half = gives_password(other, alice_actor, "/billing/usage/")
    options = asks(other, f"{STEP_TWO}passkey/options", half)
    assert len(options["allowCredentials"]) == 1 and options["userVerification"] == "required"
    through = sends(other, half, "form.form", device.uses(options))
    assert (through.status, through.path) == (200, "/billing/usage/")


def test_asvs_7_5_3_it_confirms_a_sensitive_change_and_what_was_typed_is_kept(
    alice: Browser, alice_actor: Actor, device: Authenticator
) -> None:
    with after(timedelta(minutes=11)):
        asked = alice.submits(alice.opens(PAGE), f"form[action='{ROOM}/{written(Passkey)[0].id}/removal']")
        assert asked.status == 401 and "Enter your password to remove a passkey." in asked.text
        answer = device.uses(asks(alice, "/confirm-access/passkey/options", asked))
        done = sends(alice, asked, "#confirm_access-form form", answer, field="confirm_passkey")
        assert (done.path, done.notices()) == (PAGE, ["The passkey Laptop is removed."])
    assert written(Passkey) == []


def test_who_has_no_password_confirms_with_it_and_without_one_reads_what_to_do(
    alice: Browser, bob: Browser, alice_actor: Actor, device: Authenticator
) -> None:
    with as_service("make members as a host does"), transaction() as session:
        session.execute(update(Member).values(password_hash=None))
    with after(timedelta(minutes=11)):
        page = alice.opens(f"{ROOM}/new")
        assert page.path.startswith("/confirm-access") and page.soup.select("[type=password]") == []
        assert "Use your passkey to add a passkey." in page.text
        answer = device.uses(asks(alice, "/confirm-access/passkey/options", page))
        assert sends(alice, page, "#confirm_access-form form", answer, field="confirm_passkey").path == f"{ROOM}/new"
        asked = bob.opens(f"{ROOM}/new")
        assert (
            "Forgot your password?" in asked.text and asked.soup.select("button[data-passkey], [type=password]") == []
        )


REMOVE = f"#passkeys-list tbody tr:first-of-type form[action^='{ROOM}/']"
ONLY = "This is your only way in. Set a password by “Forgot your password?”, or add another passkey first."


def test_the_only_way_in_stays(alice: Browser, origin: str, device: Authenticator) -> None:
    def removes() -> str:
        return alice.submits(alice.opens(PAGE), REMOVE).texts(".toast__text")[0]

    with as_service("make members as a host does"), transaction() as session:
        session.execute(update(Member).values(password_hash=None))
    assert removes() == ONLY
    assert len(written(Passkey)) == 1 and written(Mail, template="passkey_removed") == []
    adds(alice, Authenticator(origin))
    assert "is removed" in removes() and removes() == ONLY
    with as_service("a password"), transaction() as session:
        session.execute(update(Member).values(password_hash="x"))
    assert "is removed" in removes() and written(Passkey) == []


def test_a_member_has_twenty_at_most_and_each_device_one(alice: Browser, origin: str, device: Authenticator) -> None:
    page = alice.opens(f"{ROOM}/new")
    assert len(asks(alice, f"{ROOM}/options", page)["excludeCredentials"]) == 1
    for number in range(19):
        adds(alice, Authenticator(origin), f"Key {number}")
    full = adds(alice, Authenticator(origin))
    assert (full.status, full.errors()) == (409, ["You have 20 passkeys. Remove one first."])
    assert len(alice.opens(PAGE).texts("#passkeys-list tbody tr")) == 20


@pytest.mark.parametrize("name", ["", "x" * 61, "a\u202eb"])
def test_a_name_that_cannot_be_kept_is_refused(alice: Browser, origin: str, name: str) -> None:
    page = adds(alice, Authenticator(origin), name)
    assert (page.status, len(page.errors()), page.value("name")) == (422, 1, name)
    assert written(Passkey) == []


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://[::1]:8000"])
def test_where_the_portal_has_an_address_for_a_name_none_are_offered(
    app: Flask, visitor: Browser, alice: Browser, base: str
) -> None:
    from dataclasses import replace

    app.extensions["purser.settings"] = replace(app.extensions["purser.settings"], base_url=base)
    assert visitor.opens(SIGN_IN).soup.select("[data-passkey]") == []
    assert alice.opens(PAGE).soup.select("#passkeys-title") == []
    assert alice.opens(f"{ROOM}/new").status == 404


def test_without_javascript_the_page_says_so(alice: Browser) -> None:
    assert "This browser makes no passkeys, or its JavaScript is off." in alice.opens(f"{ROOM}/new").text


def test_asvs_7_5_1_with_two_factor_sign_in_a_code_is_asked_before_a_passkey_goes_past_it(
    alice: Browser, alice_actor: Actor, origin: str
) -> None:
    with stands():
        switch_on(alice_actor, alice)
        for code, words in (
            ("", "Enter the code."),
            ("000000", "This code is wrong. Enter the one that your app shows now, and each code once only."),
        ):
            page = alice.opens(f"{ROOM}/new")
            made = Authenticator(origin).creates(asks(alice, f"{ROOM}/options", page))
            refused = sends(alice, page, "#passkeys-form form", made, name="Stolen", code=code)
            assert (refused.status, refused.errors(), written(Passkey)) == (422, [words], [])
        page = alice.opens(f"{ROOM}/new")
        made = Authenticator(origin).creates(asks(alice, f"{ROOM}/options", page))
        added = sends(alice, page, "#passkeys-form form", made, name="Mine", code=shown(alice_actor))
    assert (added.path, [each.name for each in written(Passkey)]) == (PAGE, ["Mine"])


def test_a_passkey_that_is_not_added_spends_no_recovery_code(
    alice: Browser, alice_actor: Actor, origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that cannot be read, nor one of another site, nor one too many."""
    page_path = f"{ROOM}/new"
    adds(alice, Authenticator(origin))
    codes = switch_on(alice_actor, alice)
    for most, browser in ((20, ""), (20, "http://elsewhere.example"), (1, origin)):
        page = alice.opens(page_path)
        asked = asks(alice, f"{ROOM}/options", page)
        monkeypatch.setattr(passkeys, "MOST", most)
        made = Authenticator(browser).creates(asked) if browser else "{}"
        refused = sends(alice, page, "#passkeys-form form", made, name="Mine", code=codes[0])
        assert refused.status in {409, 422} and refused.errors(), browser
        assert two_factor.standing(alice_actor.member_id).recovery_codes == 10
    monkeypatch.undo()
    page = alice.opens(page_path)
    made = Authenticator(origin).creates(asks(alice, f"{ROOM}/options", page))
    assert sends(alice, page, "#passkeys-form form", made, name="Mine", code=codes[0]).path == PAGE
    assert two_factor.standing(alice_actor.member_id).recovery_codes == 9
    assert [each.template for each in written(Mail)][-2:] == ["recovery_code_used", "passkey_added"]

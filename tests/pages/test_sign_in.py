"""Sign in: the one page that strangers may open."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor, Role
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession, Member, Membership
from app.models.scope import as_service
from app.services.access import members
from app.services.access import sessions as access_sessions
from app.services.transaction import transaction
from tests.support.browser import Browser, Page
from tests.support.cast import ALICE, PASSWORD

PATH = "/sign-in"
FORM = "form[method=post]"
HOME = "/billing/"
WRONG = ["The e-mail address or the password is wrong."]


def sign_in(browser: Browser, email: str = ALICE.email, password: str = PASSWORD, path: str = PATH) -> Page:
    return browser.submits(browser.opens(path), FORM, email=email, password=password)


def sessions() -> int:
    with as_service("count"):
        return db.session.scalar(select(func.count()).select_from(BrowserSession)) or 0


def cookie(browser: Browser) -> str:
    kept = browser.client.get_cookie("purser")
    return kept.value if kept else ""


@pytest.mark.both_databases
def test_it_shows_a_form_to_strangers(visitor: Browser) -> None:
    page = visitor.opens(PATH)
    assert page.status == 200
    assert page.find("h1").text == "Sign in"
    assert page.find("[name=password]")["type"] == "password"


def test_it_opens_the_portal(visitor: Browser, alice_actor: Actor) -> None:
    page = sign_in(visitor)
    assert page.status == 200
    assert page.path == HOME
    assert "Alice Archer" in page.text
    assert "Acme" in page.text


def test_the_address_may_be_typed_in_capitals_and_with_spaces(visitor: Browser, alice_actor: Actor) -> None:
    assert sign_in(visitor, "  ALICE@Acme.Example ").path == HOME


def test_it_goes_on_to_the_page_that_was_asked_for(visitor: Browser, alice_actor: Actor) -> None:
    page = visitor.opens("/billing/balance-history?kind=usage")
    assert page.path.startswith(PATH)
    home = visitor.submits(page, FORM, email=ALICE.email, password=PASSWORD)
    assert home.path == "/billing/balance-history?kind=usage"


@pytest.mark.parametrize(
    "hostile",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil",
        "",
    ],
)
def test_it_goes_on_only_within_the_portal(visitor: Browser, alice_actor: Actor, hostile: str) -> None:
    page = visitor.opens(PATH)
    token = page.value("csrf_token")
    data = {"csrf_token": token, "email": ALICE.email, "password": PASSWORD, "next": hostile}
    assert visitor.posts(PATH, data).path == HOME


def test_asvs_6_3_8_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    visitor: Browser, alice_actor: Actor
) -> None:
    wrong = sign_in(visitor, password="not the password")
    unknown = sign_in(visitor, email="nobody@acme.example")
    assert (wrong.status, wrong.errors()) == (422, WRONG)
    assert (unknown.status, unknown.errors()) == (422, WRONG)


def test_it_keeps_the_address_that_was_typed_and_never_the_password(visitor: Browser, alice_actor: Actor) -> None:
    page = sign_in(visitor, password="not the password")
    assert page.value("email") == ALICE.email
    assert page.value("password") == ""


@pytest.mark.parametrize("email", ["", "a\0b@acme.example", "x" * 3000, "\ufffd@acme.example"])
def test_odd_input_is_refused_in_words(visitor: Browser, alice_actor: Actor, email: str) -> None:
    page = visitor.opens(PATH)
    refused = visitor.posts(PATH, {"csrf_token": page.value("csrf_token"), "email": email, "password": "x"})
    assert refused.status == 422
    assert len(refused.errors()) == 1


def test_bytes_that_are_not_text_are_refused_in_words(visitor: Browser) -> None:
    token = visitor.opens(PATH).value("csrf_token")
    body = f"csrf_token={token}&password=x&email=%ff%fe".encode()
    refused = visitor.posts(PATH, body, **{"Content-Type": "application/x-www-form-urlencoded"})
    assert refused.status == 422


def test_asvs_6_3_1_five_wrong_tries_close_the_door_even_to_the_right_password(
    visitor: Browser, alice_actor: Actor
) -> None:
    for _ in range(5):
        assert sign_in(visitor, password="not the password").status == 422
    late = sign_in(visitor)
    assert late.status == 429
    assert late.response.headers["Retry-After"] == "900"
    assert late.errors() == ["Too many tries. Wait 15 minutes, then try again."]


def test_tries_are_counted_for_each_member(visitor: Browser, alice_actor: Actor, bob_actor: Actor) -> None:
    for _ in range(5):
        sign_in(visitor, password="not the password")
    assert sign_in(visitor, bob_actor.email).path == HOME


def test_fifty_wrong_tries_close_the_door_to_their_address_and_to_no_other(
    visitor: Browser, alice_actor: Actor
) -> None:
    page = visitor.opens(PATH)
    for number in range(50):
        assert visitor.submits(page, FORM, email=f"{number}@guessed.example", password="a guess").status == 422
    late = visitor.submits(page, FORM, email=ALICE.email, password=PASSWORD)
    assert (late.status, late.response.headers["Retry-After"]) == (429, "900")
    visitor.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert visitor.submits(page, FORM, email=ALICE.email, password=PASSWORD).path == HOME


def test_signing_in_forgets_the_wrong_tries(app: Flask, visitor: Browser, alice_actor: Actor) -> None:
    for _ in range(2):
        for _ in range(4):
            sign_in(visitor, password="not the password")
        home = sign_in(visitor)
        assert home.path == HOME
        visitor.submits(home, ".account form[action='/sign-out']")


def test_asvs_7_2_4_the_session_changes_hands_at_sign_in(visitor: Browser, alice_actor: Actor) -> None:
    page = visitor.opens(PATH)
    before = cookie(visitor)
    visitor.submits(page, FORM, email=ALICE.email, password=PASSWORD)
    after = cookie(visitor)
    assert before
    assert after not in {"", before}
    assert sessions() == 1  # the visitor's is gone


def test_only_the_hash_of_the_token_is_stored(visitor: Browser, alice_actor: Actor) -> None:
    sign_in(visitor)
    with as_service("look"):
        row = db.session.scalars(select(BrowserSession)).one()
    assert len(row.token_hash) == 32
    assert cookie(visitor).encode() not in row.token_hash
    assert cookie(visitor) not in row.data


def test_asvs_7_4_1_signing_out_ends_the_session_on_the_server(alice: Browser) -> None:
    token = cookie(alice)
    page = alice.submits(alice.opens(HOME), ".account form[action='/sign-out']")
    assert page.path == PATH
    assert access_sessions.find(token) is None
    alice.client.set_cookie("purser", token)
    assert alice.opens(HOME).path.startswith(PATH)


def test_asvs_7_3_1_an_idle_session_ends(alice: Browser) -> None:
    start = clock.now()
    with clock.at(start + timedelta(hours=11, minutes=59)):
        assert access_sessions.find(cookie(alice)) is not None
    with clock.at(start + timedelta(hours=12, minutes=1)):
        assert access_sessions.find(cookie(alice)) is None


def test_asvs_7_3_2_a_busy_session_ends_all_the_same(alice: Browser) -> None:
    start, token = clock.now(), cookie(alice)
    for hours in range(6, 24 * 14, 6):
        with clock.at(start + timedelta(hours=hours)):
            assert access_sessions.find(token) is not None
            access_sessions.keep(token, "{}")
    with clock.at(start + timedelta(days=14, seconds=1)):
        assert access_sessions.find(token) is None


def test_asvs_7_4_2_a_disabled_member_is_signed_out_at_once(alice: Browser) -> None:
    with as_service("disable"), transaction() as session:
        session.execute(update(Member).values(disabled_at=clock.now()))
    assert alice.opens(HOME).path.startswith(PATH)


def test_a_member_who_lost_the_membership_is_signed_out_at_once(alice: Browser) -> None:
    with as_service("remove"), transaction() as session:
        session.execute(delete(Membership))
    assert alice.opens(HOME).path.startswith(PATH)


def test_a_changed_role_holds_at_once(alice: Browser) -> None:
    with as_service("demote"), transaction() as session:
        session.execute(update(Membership).values(role=Role.VIEWER.value))
    found = access_sessions.find(cookie(alice))
    assert found is not None
    assert found.actor is not None
    assert not found.actor.may_manage


def test_expired_sessions_are_swept_a_batch_at_a_time(app: Flask) -> None:
    for _ in range(3):
        access_sessions.begin("{}")
    with clock.at(clock.now() + timedelta(hours=2)):
        access_sessions.begin("{}")
    assert sessions() == 1


def test_files_and_health_checks_make_no_session(visitor: Browser) -> None:
    for path in ("/static/portal.css", "/healthz", "/readyz", "/no-such-page"):
        visitor.opens(path).response.close()
    assert sessions() == 0
    assert cookie(visitor) == ""


@pytest.mark.parametrize("password", ["short", "password123", "x" * 257, "aaaaaaaaaa", ALICE.email])
def test_a_poor_password_is_refused(acme: Customer, password: str) -> None:
    with pytest.raises(Refused) as refused:
        members.create_member(ALICE.email, ALICE.name, password, acme.customer_id, Role.OWNER)
    assert refused.value.field == "password"


def test_asvs_6_2_8_a_long_password_of_any_script_is_taken_whole(app: Flask, acme: Customer) -> None:
    password = "ключ-" * 51
    members.create_member(ALICE.email, ALICE.name, password, acme.customer_id, Role.OWNER)
    assert members.sign_in(ALICE.email, password, "192.0.2.1").customer_id == acme.customer_id
    with pytest.raises(Refused):
        members.sign_in(ALICE.email, password[:-1], "192.0.2.1")


def test_an_address_is_taken_once(acme: Customer, globex: Customer, alice_actor: Actor) -> None:
    with pytest.raises(Refused) as refused:
        members.create_member(ALICE.email.upper(), "Another", PASSWORD, globex.customer_id, Role.OWNER)
    assert refused.value.reason == "email_taken"


def test_the_log_says_who_signed_in_but_no_address(
    visitor: Browser, alice_actor: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(visitor, password="not the password")
    sign_in(visitor)
    written = capsys.readouterr().err
    assert "signed_in" in written
    assert "sign_in_refused" in written
    assert alice_actor.member_id in written
    for secret in (ALICE.email, PASSWORD, "not the password", cookie(visitor), "127.0.0.1"):
        assert secret not in written

"""The seller lets members in no more, and ends sessions: one member's or everybody's."""

import pytest
from click.testing import Result
from flask import Flask

from app.domain.people.members import Actor
from app.models.events import AuditEntry
from tests.pages.test_authentication import PATH, password_is, written
from tests.support.browser import Browser
from tests.support.cast import ALICE, PASSWORD
from tests.support.client import outside_contexts
from tests.support.host import IN_A_FRAME, host_of


def runs(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def test_asvs_7_4_5_the_seller_ends_the_sessions_of_one_member_or_of_everybody(
    app: Flask, origin: str, alice: Browser, bob: Browser, alice_actor: Actor
) -> None:
    frame = host_of(app, origin, alice_actor).frame(view="invoice_address")
    done = runs(app, "end-sessions", "--email", ALICE.email.upper(), "--by", "ops")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "2 sessions have ended.")
    assert alice.opens(PATH).path.startswith("/sign-in") and frame.opens("/billing/", **IN_A_FRAME).status == 401
    assert bob.opens(PATH).path == PATH
    assert runs(app, "end-sessions", "--everybody", "--by", "ops").output.endswith("1 session has ended.\n")
    assert bob.opens(PATH).path.startswith("/sign-in")
    assert [each.actor for each in written(AuditEntry, action="sessions.ended")] == ["ops"]


def test_asvs_7_4_2_a_member_who_is_disabled_is_out_at_once_and_may_be_let_in_again(
    app: Flask, alice: Browser, alice_actor: Actor
) -> None:
    assert runs(app, "disable-member", "--email", ALICE.email, "--by", "ops").exit_code == 0
    assert alice.opens(PATH).path.startswith("/sign-in") and not password_is(alice_actor, PASSWORD)
    for _ in range(2):
        assert runs(app, "enable-member", "--email", ALICE.email, "--by", "ops").exit_code == 0
    assert password_is(alice_actor, PASSWORD)
    assert [each.action for each in written(AuditEntry, actor="ops")] == ["member.disabled", "member.enabled"]


@pytest.mark.parametrize(
    "words",
    [
        ("end-sessions", "--email", "nobody@acme.example", "--by", "ops"),
        ("disable-member", "--email", "nobody@acme.example", "--by", "ops"),
        ("end-sessions", "--by", "ops"),
        ("end-sessions", "--email", ALICE.email, "--everybody", "--by", "ops"),
    ],
)
def test_what_names_nobody_is_refused_in_words(app: Flask, words: tuple[str, ...]) -> None:
    done = runs(app, *words)
    assert done.exit_code != 0 and done.output.strip()

"""Many requests at once with the same code, recovery code or challenge: one of them is let in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.models.scope import as_service
from app.services.access import members, own_sessions, sessions
from app.services.sign_in import challenges, two_factor
from app.services.sign_in.challenges import Purpose
from app.services.transaction import transaction
from tests.support.cast import PASSWORD
from tests.support.client import outside_contexts
from tests.support.second_factors import by, shown, stands, switch_on

pytestmark = pytest.mark.both_databases
AT_ONCE = 4


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with stands():
        yield


def ends(app: Flask, ask: Callable[[], object]) -> list[str]:
    """Ask in several threads at one moment, and return how that ended."""
    now = clock.now()

    def one(_number: int) -> str:
        with app.app_context(), clock.at(now):
            try:
                ask()
            except Refused as refusal:
                return refusal.reason
            return "in"

    with outside_contexts(), ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(one, range(AT_ONCE)))


def test_asvs_6_5_1_a_code_and_a_recovery_code_let_one_request_in(app: Flask, alice_actor: Actor) -> None:
    codes = switch_on(alice_actor)
    code = shown(alice_actor)
    assert ends(app, lambda: two_factor.check(by(alice_actor), code)) == ["code_used"] * 3 + ["in"]
    assert ends(app, lambda: two_factor.check(by(alice_actor), codes[0])) == ["in"] + ["recovery_code_wrong"] * 3


def test_a_challenge_is_taken_by_one_request(app: Flask, alice_actor: Actor) -> None:
    challenge = challenges.ask(Purpose.SIGN_IN, "a session")
    assert ends(app, lambda: challenges.take(challenge, Purpose.SIGN_IN, "a session")) == ["challenge_over"] * 3 + [
        "in"
    ]


def test_a_session_that_begins_while_all_are_being_ended_waits_and_is_refused(app: Flask, alice_actor: Actor) -> None:
    """The end is written and not committed yet: whoever has signed in by what was so before comes too late."""
    who, ended = members.sign_in(alice_actor.email, PASSWORD, "192.0.2.1"), []

    def begins() -> None:
        with app.app_context():
            try:
                ended.append(sessions.begin("{}", who.member_id, who.customer_id, sessions_ended=who.sessions_ended))
            except Refused as refusal:
                ended.append(refusal.reason)

    with outside_contexts():
        late = Thread(target=begins)
        with app.app_context(), as_service("end all sessions"), transaction() as session:
            own_sessions.end_all(session, who.member_id)
            late.start()
            late.join(0.5)  # long enough for one that does not wait
        late.join()
    assert ended == ["sessions_ended"]

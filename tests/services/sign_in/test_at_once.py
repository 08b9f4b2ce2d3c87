"""Many requests at once with the same code, recovery code or challenge: one of them is let in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.services.sign_in import challenges, two_factor
from app.services.sign_in.challenges import Purpose
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

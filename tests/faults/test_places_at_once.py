"""Twelve processes and kills where prices depend on what others use: allowances, steps, the plan's and the day's limit."""

import random
import time
from datetime import UTC, datetime

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.models.customers import Customer
from app.services.authorizations import holds
from app.services.verification.verify import verify
from tests.support import spenders, stepped, tiers

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
WORKERS = tiers.sample_of(4, proof=12)
HISTORIES = tiers.sample_of(3, proof=1_000)
KILLED_IN = 4
"""In one of so many histories processes are killed."""
CALLS = 6


def a_customer(number: int, chance: random.Random) -> Customer:
    """Return a customer near a limit: of the credit, of the day, or of the plan."""
    with clock.at(NOW):
        return stepped.customer(
            f"Acme{number}",
            plan=chance.choice(stepped.PLANS),
            credit=chance.choice([3, 12, 30, 200]),
            overage=chance.choice([0, 0, 5]),
            daily=chance.choice([None, 2, 9, 25]),
        )


@ON_POSTGRESQL
@pytest.mark.case("AC-55", "AC-44")
@pytest.mark.fault("A6")
def test_what_is_captured_and_may_still_be_never_passes_a_limit(app: Flask, settings: Settings) -> None:
    with spenders.spenders(settings, NOW, WORKERS) as workers:
        for number in range(HISTORIES):
            chance = random.Random(number)  # noqa: S311  # a test's dice
            acme = a_customer(number, chance)
            spenders.send_work(workers, "places", acme, number, CALLS)
            kills = 2 if number % KILLED_IN == 0 else 0
            if kills:
                time.sleep(chance.uniform(0, 0.05))
            for place in range(kills):
                workers[place].kill()
                workers[place].communicate()
            spenders.heard(workers[kills:])
            workers[:kills] = spenders.started(settings, NOW, kills)
            assert stepped.passed(acme, NOW) == [], number
            if number % KILLED_IN == 0:
                assert verify(acme.customer_id) == [], number
            all_captured(acme, chance)
            assert stepped.passed(acme, NOW) == [], number
    assert verify() == []


def all_captured(acme: Customer, chance: random.Random) -> None:
    """Capture what is open still, in any order: none of it is refused."""
    left = stepped.open_holds(acme)
    chance.shuffle(left)
    with clock.at(NOW):
        for hold_id in left:
            holds.capture(hold_id)

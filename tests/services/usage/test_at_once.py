"""Many processes report, hold, post and give at once: every micro is counted once, and nobody waits for ever."""

import random
from collections import Counter

import pytest
from flask import Flask

from app.config import Settings
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Transfer
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.balance import history
from app.services.ledger import grants
from app.services.verification.verify import verify
from tests.services.payments.test_concurrency import nobody_waited_for_each_other
from tests.support import tiers
from tests.support.databases import Database
from tests.support.meters import post_all
from tests.support.worker_crew import Work, together

UNIT = 1_000_000


@pytest.fixture
def crew(database: Database) -> int:
    """How many processes: SQLite is for small installations."""
    return tiers.sample_of(4, proof=8) if database.kind == "postgresql" else 3


def plan(number: int, customers: list[str]) -> Work:
    """Return one worker's work on both customers; every other worker names them in the other order."""
    chance = random.Random(number)  # noqa: S311  # the same plan on every run
    named = customers if number % 2 else customers[::-1]
    work: Work = [["report", named, f"{number}/{each}", 2500] for each in range(6)]
    work += [["hold", whose, f"{number}/{each}", 2 * UNIT] for whose in customers for each in range(2)]
    work += [["spend", named[0], f"{number}/{each}", UNIT] for each in range(2)]
    work += [["give", whose, 3 * UNIT, 300] for whose in customers]
    work += [["post", whose] for whose in customers] + [["due"]]
    chance.shuffle(work)
    return work


def test_reports_holds_postings_and_expiries_at_once(
    app: Flask, settings: Settings, database: Database, acme: Customer, globex: Customer, crew: int
) -> None:
    whose = [acme.customer_id, globex.customer_id]
    for customer_id in whose:
        grants.give(
            customer_id, kind="promotional", credits=Credits(500 * UNIT), granted_by="support", reason="Welcome"
        )
    answers = together(settings, [plan(number, whose) for number in range(crew)])

    assert Counter(end for what, _key, end in answers if what == "report") == {"2": 6 * crew}
    assert {end for what, _key, end in answers if what == "hold"} == {"allowed"}
    assert {end for what, _key, end in answers if what == "spend"} == {"accepted"}
    db.session.remove()
    nobody_waited_for_each_other(app, database)
    for customer_id in whose:
        post_all(customer_id)
    jobs.run_due()
    assert verify() == []
    spent = Counter(whose[::-1][number % 2] for number in range(crew) for _ in range(2))
    for customer_id in whose:
        with as_customer(customer_id):
            numbers = history.numbers()
        used = (6 * crew + 2 * crew + spent[customer_id]) * UNIT
        assert (numbers.usage_this_period.micros, numbers.held.micros) == (used, 0)
        assert numbers.usage_to_post.micros == 0
        with as_service("add up"):
            kinds = Counter[str]()
            for row in db.session.query(Transfer).filter_by(customer_id=customer_id, unit="credits:USD"):
                kinds[row.kind] += row.amount
        assert kinds["usage"] == used
        gone = kinds["expired"] + numbers.lapsed.micros  # what has ended since the job looked is shown as gone already
        assert kinds["promotional"] - gone - used == numbers.remaining_credits.micros

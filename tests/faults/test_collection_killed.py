"""Unpaid invoices: workers die (kill -9) before and after each commit of an attempt, or look all at once; one cycle."""

import json
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.models.customers import Customer
from app.models.database import db
from app.models.documents import Document
from app.services.verification.verify import verify
from tests.support import cast, dunning, periods, programs, tiers
from tests.support.databases import environment
from tests.support.periods import OVER, now_of
from tests.support.shop import BROKE, GOOD, add_method

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
EVERY = [3, 1, 2, 4, 5, 7, 9, 10, 6, 8]
MOMENTS = tiers.some(2, EVERY)
"""Before and after the commits of: the look that orders, the intent's id, the attempt, the outcome, the look after it."""
COLLECTS = [[OVER.isoformat(), "collects"]]
AFTER = (timedelta(minutes=3), timedelta(minutes=20), timedelta(minutes=40))
TIMEOUT = 240


def works(settings: Settings, plans: list[tuple[int, int]]) -> list[list[int]]:
    """Let crews collect, one after the other: the moment of death and how many; return how each process ended."""
    db.session.rollback()
    crew = programs.start("tests.programs.day_turner", env=environment(settings))
    said = "".join(json.dumps([kill_at, many, COLLECTS]) + "\n" for kill_at, many in plans)
    heard, _none = crew.communicate(said, timeout=TIMEOUT)
    lines = heard.splitlines()
    assert not [each for each in lines if "Traceback" in each], "\n".join(lines)[-4000:]
    return [json.loads(each.removeprefix("over ")) for each in lines if each.startswith("over ")]


def unpaid(card: str) -> tuple[Customer, Document]:
    small = periods.customer()
    part = cast.Part(f"Ann {card}", f"{card.lower()}@small.example", cast.ALICE.role)
    with clock.at(OVER):
        add_method(cast.make_actor(part, small), card)
    return small, dunning.invoiced(small)


def recovers() -> None:
    for wait in AFTER:
        dunning.sweeps(OVER + wait)


def is_collected_once(small: Customer, invoice: Document) -> None:
    ends = [state for _invoice, _amount, state, _at in dunning.charged(small)]
    assert ends.count("succeeded") == 1
    assert set(ends) <= {"succeeded", "canceled"}
    assert (now_of(invoice).state, now_of(invoice).paid_minor) == ("paid", 881)
    assert (dunning.standing(small), dunning.mails(small)) == ("good", [])


def is_refused_once(small: Customer, invoice: Document) -> None:
    ends = [state for _invoice, _amount, state, _at in dunning.charged(small)]
    assert ends.count("failed") == 1
    assert set(ends) <= {"failed", "canceled"}
    counted = [(place, state) for place, state, _at in dunning.attempts(invoice) if state != "not_made"]
    assert counted == [(0, "failed"), (1, "waiting")]
    assert (dunning.standing(small), dunning.events(small)) == ("past_due", ["past_due"])
    assert [name for name, _at in dunning.mails(small)] == ["invoice_unpaid"]


@pytest.mark.case("AC-9", "AC-24", "AC-29")
@pytest.mark.fault("A2", "A4", "A5", "A6")
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_commit_the_invoice_is_collected_once(app: Flask, settings: Settings, moment: int) -> None:
    small, invoice = unpaid(GOOD)
    (ends,) = works(settings, [(moment, 1)])
    assert ends == [-9]
    recovers()
    is_collected_once(small, invoice)
    assert verify() == []


@pytest.mark.parametrize("moment", tiers.some(1, EVERY))
def test_killed_at_a_commit_a_declined_one_fails_once(app: Flask, settings: Settings, moment: int) -> None:
    small, invoice = unpaid(BROKE)
    works(settings, [(moment, 1)])
    recovers()
    is_refused_once(small, invoice)
    assert verify() == []


@ON_POSTGRESQL
@pytest.mark.case("AC-29")
def test_many_at_once_make_one_attempt(app: Flask, settings: Settings) -> None:
    good, broke = unpaid(GOOD), unpaid(BROKE)
    for ends in works(settings, [(0, tiers.sample_of(3, proof=8)), (4, 2)]):
        assert set(ends) <= {0, -9}
    recovers()
    is_collected_once(*good)
    is_refused_once(*broke)
    assert [state for _invoice, _amount, state, _at in dunning.charged(good[0])] == ["succeeded"]
    assert verify() == []

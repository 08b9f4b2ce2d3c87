"""A correction or a grant taken back is done once: by many at the same moment, and by whoever dies over it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.config import Settings
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Grant, Transfer
from app.models.scope import as_service
from app.services.ledger import corrections, grants
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support import programs
from tests.support.client import outside_contexts
from tests.support.databases import environment
from tests.support.shop import remaining

WORKERS = 4


@pytest.fixture
def used(app: Flask, acme: Customer) -> tuple[str, str]:
    """A grant of which more than half is used, and the row of that usage."""
    return gives(acme, 100), recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id


def gives(to: Customer, micros: int, ends: datetime | None = None, priority: int = 50) -> str:
    return grants.give(
        to.customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome",
        expires_at=ends, priority=priority,
    ).id  # fmt: skip


def left_in(*names: str) -> list[int]:
    with as_service("look at the grants"):
        return [db.session.get_one(Grant, name, populate_existing=True).remaining_micros for name in names]


def _rows(kind: str) -> list[str]:
    with as_service("look at the ledger"):
        return list(db.session.scalars(select(Transfer.id).where(Transfer.kind == kind)))


def _kept(action: str) -> int:
    with as_service("look at what was kept"):
        return len(db.session.scalars(select(AuditEntry.id).where(AuditEntry.action == action)).all())


def _at_once(app: Flask, work: Callable[[], str]) -> set[str]:
    def one(_number: int) -> str:
        with app.app_context():
            return work()

    with outside_contexts(), ThreadPoolExecutor(WORKERS) as pool:
        return set(pool.map(one, range(WORKERS)))


@pytest.mark.both_databases
def test_many_at_once_correct_and_void_once(app: Flask, acme: Customer, used: tuple[str, str]) -> None:
    grant, wrong = used
    made = _at_once(app, lambda: corrections.correct(wrong, by="support", reason="Counted twice").id)
    assert made == set(_rows("correction"))
    assert (len(made), _kept("transfer.corrected"), remaining(acme)) == (1, 1, 100)
    assert _at_once(app, lambda: grants.void(grant, by="support", reason="By mistake").id) == {grant}
    assert (len(_rows("voided")), _kept("grant.voided"), remaining(acme)) == (1, 1, 0)
    assert verify() == []


def test_what_a_grant_that_was_taken_back_gets_back_is_taken_back_too(acme: Customer, used: tuple[str, str]) -> None:
    grant, wrong = used
    grants.void(grant, by="support", reason="By mistake")
    corrections.correct(wrong, by="support", reason="Counted twice")
    assert (len(_rows("voided")), _rows("expired"), remaining(acme)) == (2, [], 0)
    assert verify() == []


def test_what_a_later_grant_paid_for_wrong_usage_goes_back_into_it(acme: Customer) -> None:
    first = gives(acme, 40)
    wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
    second = gives(acme, 100)
    assert remaining(acme) == 80
    corrections.correct(wrong, by="support", reason="Counted twice")
    assert (left_in(first, second), verify()) == ([40, 100], [])


def test_what_was_owed_goes_back_into_the_grant_that_paid_it_and_not_into_one_that_expired_before(
    acme: Customer,
) -> None:
    before = clock.now()
    gives(acme, 40, before + timedelta(hours=1), priority=60)
    with clock.at(before + timedelta(hours=2)):
        gives(acme, 10)
        wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
        gives(acme, 100)
        assert (remaining(acme), len(_rows("expired"))) == (50, 1)
        corrections.correct(wrong, by="support", reason="Counted twice")
        assert (remaining(acme), len(_rows("expired")), verify()) == (110, 1, [])


def test_what_was_owed_goes_back_into_the_grant_that_paid_it_and_not_into_one_that_paid_what_stands(
    acme: Customer,
) -> None:
    wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
    paid, later = gives(acme, 100), gives(acme, 30, priority=60)
    other = recording.record(acme.customer_id, key="l", credits=Credits(5), description="Requests").id
    corrections.correct(other, by="support", reason="Counted twice")
    recording.record(acme.customer_id, key="m", credits=Credits(60), description="Requests")
    corrections.correct(wrong, by="support", reason="Counted twice")
    assert (left_in(paid, later), verify()) == ([60, 10], [])


@pytest.mark.parametrize(("kind", "why"), [("expired", "Credit expired"), ("voided", "Credit taken back")])
def test_what_goes_again_at_once_says_why(acme: Customer, kind: str, why: str) -> None:
    before = clock.now()
    grant = gives(acme, 100, before + timedelta(hours=1))
    wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
    if kind == "voided":
        grants.void(grant, by="support", reason="By mistake")
    with clock.at(before + timedelta(hours=2)):
        made = corrections.correct(wrong, by="support", reason="Counted twice")
        with as_service("look at the ledger"):
            row = db.session.scalars(select(Transfer).where(Transfer.source_id == f"{grant}:{made.id}")).one()
        assert (row.kind, row.amount, row.description, remaining(acme)) == (kind, 60, why, 0)


@pytest.mark.both_databases
@pytest.mark.fault("A3")
@pytest.mark.parametrize(("moment", "is_done"), [("before_commit", False), ("after_commit", True)])
def test_who_dies_over_it_has_done_it_whole_or_not_at_all_and_may_do_it_again(
    app: Flask, settings: Settings, acme: Customer, used: tuple[str, str], moment: str, is_done: bool
) -> None:
    grant, wrong = used
    for command, kind, action, again, left in [
        (("correct", wrong), "correction", "transfer.corrected", corrections.correct, 100),
        (("void-grant", grant), "voided", "grant.voided", grants.void, 0),
    ]:
        before = remaining(acme)
        db.session.remove()
        words = (moment, *command, "--reason", "By mistake")
        ended = programs.run("tests.programs.dies_over_it", *words, env=environment(settings), timeout=120)
        assert ended.returncode == -9, ended.said[-2000:]
        assert (len(_rows(kind)), _kept(action)) == ((1, 1) if is_done else (0, 0))
        assert remaining(acme) == (left if is_done else before)
        assert verify() == []
        again(command[1], by="support", reason="By mistake")
        assert (len(_rows(kind)), _kept(action), remaining(acme)) == (1, 1, left)
    assert verify() == []

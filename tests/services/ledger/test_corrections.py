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
    grant = grants.give(
        acme.customer_id, kind="promotional", credits=Credits(100), granted_by="support", reason="Welcome"
    )
    return grant.id, recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id


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
    def gives(micros: int) -> str:
        return grants.give(
            acme.customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome"
        ).id

    first = gives(40)
    wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
    second = gives(100)
    assert remaining(acme) == 80
    corrections.correct(wrong, by="support", reason="Counted twice")
    with as_service("look at the grants"):
        assert {name: db.session.get_one(Grant, name).remaining_micros for name in (first, second)} == {
            first: 40, second: 100
        }  # fmt: skip
    assert verify() == []


def test_what_was_owed_goes_back_into_the_grant_that_paid_it_and_not_into_one_that_expired_before(
    acme: Customer,
) -> None:
    def gives(micros: int, ends: datetime | None = None, priority: int = 50) -> None:
        grants.give(
            acme.customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome",
            expires_at=ends, priority=priority,
        )  # fmt: skip

    before = clock.now()
    gives(40, before + timedelta(hours=1), priority=60)
    with clock.at(before + timedelta(hours=2)):
        gives(10)
        wrong = recording.record(acme.customer_id, key="k", credits=Credits(60), description="Requests").id
        gives(100)
        assert (remaining(acme), len(_rows("expired"))) == (50, 1)
        corrections.correct(wrong, by="support", reason="Counted twice")
        assert (remaining(acme), len(_rows("expired")), verify()) == (110, 1, [])


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

"""The credit of a month: once, whoever gives it and however often; what went back is set off."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.models.database import db
from app.models.events import AuditEntry, OutboxEvent
from app.models.referrals import ReferralCredit
from app.models.scope import as_service
from app.services.referrals import counting, giving
from app.services.verification.verify import verify
from tests.services.test_poisoned import poison
from tests.support import referred
from tests.support.databases import Database
from tests.support.periods import USED
from tests.support.referred import granted, invited, inviter
from tests.support.reversals import buys, sends_back
from tests.support.shop import remaining

NOVEMBER, DECEMBER, JANUARY = (
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 12, 1, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
)


@pytest.mark.both_databases
def test_a_month_is_given_for_once_when_it_is_over(app: Flask) -> None:
    ours = inviter()
    first, second = invited(ours), invited(ours, "Initech")
    with referred.on(USED):
        buys(app, referred.manager(first, "Mallory"), 2500)
        buys(app, referred.manager(second, "Morris"), 1001)
    assert referred.gives(NOVEMBER - timedelta(seconds=1)) == 0
    assert referred.gives(NOVEMBER) == 1
    assert referred.gives(NOVEMBER) == 0
    assert granted(ours) == [(7_002_000, "Referral credit for October 2026")]  # 20 % of 35.01
    with clock.at(NOVEMBER):
        assert remaining(ours) == 7_002_000
    with as_service("look at what was written"):
        events = db.session.scalars(
            select(OutboxEvent).where(
                OutboxEvent.customer_id == ours.customer_id, OutboxEvent.type == "credits.granted"
            )
        ).all()
        assert ['"kind": "referral"' in each.data and '"month": "2026-10"' in each.data for each in events] == [True]
        given = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "grant.given")).all()
        assert [each.actor for each in given] == ["referrals"]
        assert len(db.session.scalars(select(ReferralCredit)).all()) == 1
    assert verify() == []


def test_months_that_nobody_gave_for_are_given_for_each_by_itself(app: Flask) -> None:
    ours = inviter()
    theirs = referred.manager(invited(ours), "Mallory")
    for at, minor in ((USED, 2500), (NOVEMBER + timedelta(days=3), 1000)):
        with referred.on(at):
            buys(app, theirs, minor)
    assert referred.gives(JANUARY) == 3
    assert [micros for micros, _words in granted(ours)] == [5_000_000, 2_000_000]


def test_what_went_back_after_it_was_given_is_set_off_against_the_months_that_follow(app: Flask) -> None:
    ours = inviter()
    theirs = referred.manager(invited(ours), "Mallory")
    with referred.on(USED):
        payment = buys(app, theirs, 2500)
    referred.gives(NOVEMBER)
    with referred.on(NOVEMBER + timedelta(days=1)):
        sends_back(payment)
        buys(app, theirs, 1000)
    referred.gives(DECEMBER)  # 2.00 earned of the 5.00 that were given
    assert [micros for micros, _words in granted(ours)] == [5_000_000]
    with referred.on(DECEMBER + timedelta(days=1)):
        buys(app, theirs, 2000)
    referred.gives(JANUARY)
    assert [micros for micros, _words in granted(ours)] == [5_000_000, 1_000_000]  # 20 % of 30.00, less the 5.00


def test_an_inviter_for_whom_nothing_can_be_written_stops_no_other(app: Flask, database: Database) -> None:
    first, second = inviter(), inviter()
    for ours, name in ((first, "Globex"), (second, "Initech")):
        with referred.on(USED):
            buys(app, referred.manager(invited(ours, name), name), 2500)
    poison(database, f"new.customer_id = '{first.customer_id}'")
    with clock.at(NOVEMBER):
        assert (counting.count_due(), giving.give_due()) == (1, 1)
    assert (granted(first), [micros for micros, _words in granted(second)]) == ([], [5_000_000])

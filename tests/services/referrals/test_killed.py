"""The process dies (kill -9) while a month is given for, or two workers give it: it is given once.

What must hold after each line is written in docs/decisions/0043-referrals-are-counted-from-invoices.md.
"""

import signal
from threading import Barrier, Thread

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.services.referrals import giving
from app.services.verification.verify import verify
from tests.services.referrals.test_giving import NOVEMBER
from tests.support import programs, referred, tiers
from tests.support.client import outside_contexts
from tests.support.databases import environment
from tests.support.periods import USED, waits_for_books
from tests.support.referred import granted, invited, inviter
from tests.support.reversals import buys

POINTS = (
    "insert into referral_earnings",
    "update referrals set",
    "insert into grants",
    "insert into transfers",
    "insert into referral_credits",
    "insert into audit_entries",
    "insert into outbox_events",
    "update referrers set",
    "before commit",
    "after commit",
)
GIVEN = [(5_000_000, "Referral credit for October 2026")]


@pytest.mark.parametrize("point", tiers.some(2, POINTS, ids=POINTS))
def test_killed_while_a_month_is_given_for_it_is_given_once(app: Flask, settings: Settings, point: str) -> None:
    ours = inviter()
    with referred.on(USED):
        buys(app, referred.manager(invited(ours), "Mallory"), 2500)
    words = (NOVEMBER.isoformat(), point, "1")
    ended = programs.run("tests.programs.referral_giver", *words, env=environment(settings), timeout=60)
    assert ended.returncode == -signal.SIGKILL, (point, ended.said[-2000:])
    assert granted(ours) == (GIVEN if point == "after commit" else [])
    waits_for_books(ours)
    referred.gives(NOVEMBER)
    assert granted(ours) == GIVEN
    assert verify() == []


@pytest.mark.both_databases
def test_two_workers_give_a_month_once(app: Flask) -> None:
    ours = inviter()
    with referred.on(USED):
        buys(app, referred.manager(invited(ours), "Mallory"), 2500)
    gate, done = Barrier(2), list[int]()

    def gives() -> None:
        with app.app_context(), clock.at(NOVEMBER):
            gate.wait(60)
            done.append(giving.give_due())

    with outside_contexts():
        both = [Thread(target=gives) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
    assert sum(done) == 1
    assert granted(ours) == GIVEN

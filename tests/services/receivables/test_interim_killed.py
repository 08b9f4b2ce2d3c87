"""The process dies (kill -9) while an interim invoice is written, or two workers write it: there is one, or none yet.

What must hold after each line is written in docs/decisions/0046-paying-later.md.
"""

import signal
from threading import Barrier, Thread

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.services.receivables import interim
from app.services.verification.verify import verify
from tests.services.receivables.test_exposure import MORE
from tests.services.receivables.test_interim import invoices, writes
from tests.support import periods, programs, tiers
from tests.support.client import outside_contexts
from tests.support.databases import environment
from tests.support.periods import USED, waits_for_books
from tests.support.shop import GOOD, add_method

POINTS = (
    "insert into transfers",
    "insert into documents",
    "insert into document_lines",
    "update accounts set",
    "insert into number_series",
    "update customers set",
    "insert into audit_entries",
    "insert into outbox_events",
    "insert into mails",
    "before commit",
    "after commit",
)
ONE = [("interim", "open", 2200, 2750)]


@pytest.mark.parametrize("point", tiers.some(2, POINTS, ids=POINTS))
def test_killed_while_it_is_written_there_is_one(app: Flask, settings: Settings, point: str) -> None:
    later = periods.customer("at_use", "at_invoice", overage="0", more=MORE)
    add_method(periods.manager(later), GOOD)
    periods.uses(later, 2200)
    ended = programs.run(
        "tests.programs.interim_writer", USED.isoformat(), point, "1", env=environment(settings), timeout=60
    )
    assert ended.returncode == -signal.SIGKILL, ended.said[-2000:]
    assert invoices(later) == (ONE if point == "after commit" else [])
    waits_for_books(later)
    writes()
    assert invoices(later) == ONE
    assert verify() == []


@pytest.mark.both_databases
def test_two_workers_write_one(app: Flask) -> None:
    later = periods.customer("at_use", "at_invoice", overage="0", more=MORE)
    add_method(periods.manager(later), GOOD)
    periods.uses(later, 2200)
    gate, done = Barrier(2), list[int]()

    def write() -> None:
        with app.app_context(), clock.at(USED):
            gate.wait(60)
            done.append(interim.write_due())

    with outside_contexts():
        both = [Thread(target=write) for _ in range(2)]
        for each in both:
            each.start()
        for each in both:
            each.join()
    assert sum(done) <= 1
    writes()
    assert invoices(later) == ONE

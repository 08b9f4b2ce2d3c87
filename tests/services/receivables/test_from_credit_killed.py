"""The process dies (kill -9) while credit that was bought pays an invoice: both are there once, or neither.

What must hold after each line is written in docs/decisions/0045-credit-that-comes-pays.md.
"""

import signal
from datetime import timedelta

import pytest
from flask import Flask

from app import clock, ids
from app.config import Settings
from app.services.verification.verify import verify
from tests.services.receivables.test_closing import figures
from tests.support import dunning, periods, programs, tiers
from tests.support.databases import environment
from tests.support.periods import now_of
from tests.support.shop import GOOD, add_method

POINTS = (
    "insert into transfers 2",
    "insert into allocations 1",
    "update documents set 2",
    "update customers set 1",
    "insert into outbox_events 1",
    "insert into outbox_events 3",
    "insert into audit_entries 2",
    "insert into mails 2",
    "before commit 4",
    "after commit 4",
)


@pytest.mark.parametrize("point", tiers.some(2, POINTS, ids=POINTS))
def test_killed_while_credit_pays_the_invoice_it_is_paid_once(app: Flask, settings: Settings, point: str) -> None:
    small = periods.customer("at_use", "at_invoice", more="\n[invoices]\ncharge_automatically = false\n")
    periods.uses(small, 800)
    invoice = periods.closes(small)
    assert invoice is not None
    moment = dunning.fails_until_suspended() + timedelta(hours=1)
    with clock.at(moment):
        method = add_method(periods.manager(small), GOOD)
    what, _space, at = point.rpartition(" ")
    words = (moment.isoformat(), what, at, small.customer_id, method.id, ids.new_form_key(), "1500")
    ended = programs.run("tests.programs.credit_adder", *words, env=environment(settings), timeout=60)
    assert ended.returncode == -signal.SIGKILL, ended.said[-2000:]
    dunning.sweeps(moment + timedelta(minutes=30))
    paid = now_of(invoice)
    assert (paid.state, paid.credit_paid_minor, figures(small)[0]) == ("paid", 1000, 500)
    assert dunning.events(small).count("restored") == 1
    assert verify() == []

"""The process dies (kill -9) while an invoice is corrected: there is all of it or nothing, and money goes back once.

What must hold after each line is written in docs/decisions/0035-corrections-of-invoices.md. Each time the same press is
made again, on the same invoice, until one has come through.
"""

import json
import os
import random
import signal
from dataclasses import asdict

import pytest
from flask import Flask

from app import clock
from app.config import Settings
from app.gateways.sandbox import controls
from app.models.customers import Customer
from app.models.documents import Document
from app.services.customers import address
from app.services.invoices.correction_preview import Wanted
from app.services.verification.verify import verify
from tests.support import cast, periods, programs, tiers
from tests.support.corrections import BERLIN, OSLO, PARIS, at, corrects, numbered, seen, verified
from tests.support.databases import environment
from tests.support.documents import documents_of, sold_with_tax
from tests.support.reversals import buys, later, money_back

STATEMENTS = 44
"""So many statements at least there are before the commit."""
KILLED = -signal.SIGKILL
NOTHING, MADE = [1, 0, 0, []], [3, 1, 0, []]


def killed(settings: Settings, whose: Customer, document: Document, wanted: Wanted, *after: tuple[str, int]) -> None:
    """Let the press be killed before the commit, at it, and at each of these points after it."""
    mark = seen(whose, document, wanted).mark
    drawn = random.Random(os.environ["CRASH_SEED"]).sample(range(1, STATEMENTS + 1), 2)  # noqa: S311  # replayed
    whole = tiers.whole() and not settings.on_postgresql
    before = [("statement", each) for each in (range(1, STATEMENTS + 1) if whole else drawn)]
    kills = [*before, ("before commit", 1), ("after commit", 1), *after]
    plans = [[whose.customer_id, document.id, asdict(wanted), mark, *kill] for kill in kills]
    program = programs.run(
        "tests.programs.correction_maker", env=environment(settings), said=json.dumps(plans), timeout=600
    )
    assert program.returncode == 0, program.said[-4000:]
    ends = json.loads(program.said.splitlines()[-1])
    refunds = 1 if after else 0
    made = [KILLED, *MADE[:2], refunds, []]
    assert dict(zip(kills, ends, strict=True)) == {
        kill: [KILLED, *NOTHING] if number <= len(before) else made for number, kill in enumerate(kills)
    }
    corrects(whose, document, wanted, mark)  # the press that comes through
    assert (len(documents_of(whose)), verify()) == (3, [])


def test_tax_that_was_too_much_goes_back_once_wherever_the_process_dies(app: Flask, settings: Settings) -> None:
    customer = sold_with_tax()
    payment = buys(app, cast.make_actor(cast.ALICE, customer), 10_000)
    wanted = at(PARIS, registration_id=verified(customer).id)
    points = (("before create_refund", 1), ("after create_refund", 1), ("before commit", 2), ("after commit", 2))
    killed(settings, customer, documents_of(customer)[0], wanted, *points)
    later(app)
    assert (money_back(settings, payment), verify()) == (1_900, [])


@pytest.mark.proof
def test_more_tax_is_due_once_and_charged_once_wherever_the_process_dies(app: Flask, settings: Settings) -> None:
    customer = sold_with_tax()
    address.change(customer.customer_id, OSLO, "", 0, by="mem_alice", as_typed=True)
    buys(app, cast.make_actor(cast.ALICE, customer), 10_000)
    killed(settings, customer, documents_of(customer)[0], at(BERLIN))
    assert numbered(customer)[-1] == ("invoice", "open", 11_900, 1_900)
    assert len(controls.objects(settings, "charge")) == 1, "a correction charges nothing itself"
    later(app)
    assert (numbered(customer)[-1], verify()) == (("invoice", "paid", 11_900, 1_900), [])
    assert [each["amount"] for each in controls.objects(settings, "charge")] == [1_900, 10_000]


@pytest.mark.proof
def test_what_is_due_is_due_once_wherever_the_process_dies(app: Flask, settings: Settings) -> None:
    small = periods.customer()
    periods.uses(small, 705)
    wrong = periods.closes(small, at=clock.now())
    assert wrong is not None
    killed(settings, small, wrong, at(OSLO))
    assert numbered(small) == [
        ("invoice", "paid", 881, 176), ("credit_note", "issued", 881, 176), ("invoice", "open", 705, 0),
    ]  # fmt: skip

"""Random histories of corrections, payments and refunds: the books hold after each step, and what is owed is what is due."""

import random
from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.models.scope import as_customer
from app.services.customers import address
from app.services.receivables import paying
from app.services.verification.verify import verify
from tests.services.receivables.test_corrections_paid import FINNISH, HELSINKI, STOCKHOLM, owed
from tests.support import periods, tiers
from tests.support.corrections import OSLO, at, corrects
from tests.support.documents import documents_of
from tests.support.periods import OVER, now_of, pays
from tests.support.reversals import buys, payment_of, sends_back
from tests.support.shop import GOOD, add_method

SMALL = "\n[invoices]\ncredits_first = false\n"


def played(app: Flask, seed: int) -> list[str]:
    """Play a history; return what came of each step."""
    chance = random.Random(seed)  # noqa: S311  # replayed, not secret
    mode = chance.choice(["at_purchase", "at_use"])
    small = periods.customer(mode, overage="400", more=(SMALL if mode == "at_use" else "") + FINNISH)
    actor = periods.manager(small)
    address.change(small.customer_id, chance.choice([OSLO, STOCKHOLM]), "", 0, by="mem_alice", as_typed=True)
    with clock.at(periods.USED):
        payments = [buys(app, actor, chance.choice([500, 20_000]))]
        way = add_method(actor, GOOD).id  # the same card: the one before is removed
    periods.uses(small, chance.choice([25_000, 30_001]))
    periods.closes(small)
    found, number = list[str](), 0
    for step in range(14):
        with clock.at(OVER + timedelta(hours=step + 1)):
            invoices = [each for each in documents_of(small) if each.kind == "invoice" and not each.is_corrected]
            what = chance.choice([*["correct"] * 5, *["pay"] * 5, "refund"])
            which = chance.choice([each for each in invoices if each.state == "open" or what != "pay"] or invoices)
            number += 1
            try:
                if what == "correct":
                    where = chance.choice([OSLO, STOCKHOLM, HELSINKI])
                    corrects(small, which, at(where, po_number=str(number)))
                elif what == "pay":
                    with as_customer(small.customer_id):
                        due = paying.to_pay(now_of(which)).amount_minor
                    payments.append(pays(actor, which, way, due))
                else:
                    whose = chance.choice(payments)
                    left = payment_of(whose).received_minor
                    sends_back(whose, chance.choice([None, max(1, left // 3)]), repeat=True)
                found.append(what)
            except Refused as no:
                found.append(f"{what}: {no.reason}")
            due = sum(
                each.payable_minor - each.paid_minor - each.credited_minor
                for each in documents_of(small)
                if each.state == "open"
            )
            assert (owed(small), verify()) == (due, []), (seed, found)
    return found


@pytest.mark.parametrize("seed", tiers.sample_of([112], proof=list(range(60))))
def test_the_books_hold_whatever_is_corrected_paid_and_returned(app: Flask, seed: int) -> None:
    assert len(played(app, seed)) == 14

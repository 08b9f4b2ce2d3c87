"""Who pays later is moved by the overage protection that was agreed: the exposure is no part of it."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_service
from app.services.customers import plan_moves
from app.services.verification.verify import verify
from tests.support import periods
from tests.support.periods import USED
from tests.support.shop import GOOD, add_method

MORE = '\n[arrears]\nexposure = "{}"\n'
WHY = {"by": "ops@metered.example", "reason": "New terms"}


@pytest.mark.parametrize(
    ("protection", "exposure", "said", "line"),
    [
        ("50", "20", [("overage protection", "5.00", "50.00")], 70),
        ("5", "30", [("pay later up to", "20.00", "30.00")], 35),
        ("0", "0", [("overage protection", "5.00", "0.00"), ("pay later up to", "20.00", "0.00")], 0),
    ],
)
def test_a_move_says_and_keeps_what_changes_beside_an_exposure(
    app: Flask, protection: str, exposure: str, said: list[tuple[str, str, str]], line: int
) -> None:
    small = periods.customer("at_use", overage="5", more=MORE.format("20"))
    alice: Actor = periods.manager(small)
    add_method(alice, GOOD)
    periods.customer("at_use", overage=protection, more=MORE.format(exposure))
    with clock.at(USED):
        (move,), _stay = plan_moves.planned("small", customers=[small.customer_id])
        assert [(each.about, each.before, each.after) for each in move.differences] == said
        plan_moves.move(move, **WHY)
    with as_service("test"):
        wanted = select(AuditEntry).where(AuditEntry.action == "customer.moved")
        kept = json.loads(db.session.scalars(wanted).one().after)
        row = db.session.get_one(Customer, small.customer_id, populate_existing=True)
    whole = int(protection) * 1_000_000
    assert kept.get("overage_protection_micros", 5_000_000) == whole
    assert row.overage_protection_micros == line * 1_000_000
    assert verify() == []

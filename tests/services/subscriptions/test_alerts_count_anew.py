"""Percentages are of the plan: an alert that was given under one counts anew under another, in the same period."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.usage_alerts import Threshold
from app.models.customers import Customer
from app.models.database import db
from app.models.limits import Notice
from app.models.scope import as_customer, as_service
from app.services.alerts import thresholds
from app.services.notices import decisions
from tests.support import plans
from tests.support.plans import HALF, confirms, target
from tests.support.shop import GOOD, add_method
from tests.support.usage_cast import uses

SEATS = 'seats = { included = 3, max = 25, monthly = "15.00", annual = "150.00" }'
LIMITS = (("requests = 50000", "requests = 100"), (SEATS, f"{SEATS}\nlimits = {{ requests = 1000 }}"))
LATER = HALF + timedelta(hours=1)


def given(acme: Customer) -> list[tuple[int, int]]:
    """Decide what is due; return of each alert that was given how much was used, and of how much."""
    decisions.decide_due()
    with as_service("look at notices"):
        rows = db.session.scalars(
            select(Notice)
            .where(Notice.customer_id == acme.customer_id, Notice.rule == "usage_alert")
            .order_by(Notice.created_at, Notice.occasion)
        )
        figures = [json.loads(row.data) for row in rows]
    return [(each["quantity"], each["basis"]) for each in figures]


@pytest.mark.case("AC-98")
def test_an_alert_at_80_of_100_fires_again_at_800_of_1000(app: Flask) -> None:
    acme = plans.customer(*LIMITS)
    alice = plans.manager(acme)
    way = add_method(alice, GOOD).id
    confirms(alice, target("personal"), way)
    with clock.at(HALF):
        thresholds.add(acme.customer_id, Threshold("requests", 80, is_percent=True), actor="test")
        thresholds.add(acme.customer_id, Threshold("requests", 50), actor="test")
        uses(acme, "requests", 80)
        assert sorted(given(acme)) == [(80, 100), (80, 100)]  # a number of requests is of nothing
    confirms(alice, target("team"), way, at=LATER)
    with clock.at(LATER):
        uses(acme, "requests", 719)
        assert len(given(acme)) == 2
        uses(acme, "requests", 1)
        assert sorted(given(acme)) == sorted([*given(acme)[:2], (800, 1000)])
        uses(acme, "requests", 1)
        assert len(given(acme)) == 3
        with as_customer(acme.customer_id):
            (percent,) = [each for each in thresholds.current().alerts if each.wants.is_percent]
            assert thresholds.notified(1)[percent.id] == LATER

"""The upgrade to reservations: what is held when it happens gets its place, and what it may still cost is reserved."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from app import create_app
from app.domain import rating
from app.domain.money import MICROS
from app.domain.reservations import Reservation
from app.models.database import db
from app.models.scope import as_service
from app.services.catalog import versions
from app.services.ledger import reservations
from app.services.operations.installation import configuration, install
from app.services.verification import verify
from tests.architecture.test_upgrades_terms import opened
from tests.support import databases
from tests.support.databases import Database
from tests.support.stepped import STEPPED

AT = datetime(2026, 12, 20, 23, tzinfo=UTC)
ENDS = datetime(2026, 12, 21, tzinfo=UTC)
HOLDS = [  # customer, meter, quantity, captured, micros, captured micros, period, state, hours
    ("cus_allowance", "included", 30, 10, 0, 0, 1, "held", 2),  # made in the period before, outlasts this one
    ("cus_allowance", "included", 25, 0, 0, 0, 2, "held", 0.5),
    ("cus_allowance", "included", 99, 0, 0, 0, 2, "refused", 0.5),
    ("cus_allowance", "", 0, 0, 3 * MICROS, MICROS, 2, "held", 2),
    ("cus_steps", "falling", 100, 0, 24_285_714, 0, 2, "held", 0.5),
    ("cus_steps", "rising", 45, 0, 1, 0, 2, "held", 2),
    ("cus_steps", "rising", 45, 45, 1, 1, 2, "captured", 2),
    ("cus_plan", "falling", 50, 0, 0, 0, 2, "held", 2),
    ("cus_gone", "no_longer_sold", 5, 0, 7, 0, 2, "held", 2),
]
PLANS = {"cus_allowance": "", "cus_steps": "free", "cus_plan": "plenty", "cus_gone": "", "cus_idle": ""}
USED = {("cus_allowance", "included"): 90, ("cus_steps", "rising"): 45}


@pytest.fixture
def before(database: Database, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the revision before, with open holds."""
    made = databases.empty_sqlite(tmp_path) if database.kind == "sqlite" else databases.empty_postgresql(session_dir)
    command.upgrade(configuration(made.owner_url), "0006")
    sold = {"catalog": "stepped", "version": 1, "text": STEPPED, "digest": "stepped", "applied_at": AT}
    totals = {(name, 2, meter): (used, 0) for (name, meter), used in USED.items()}
    for name, meter, quantity, captured, _micros, _used, period, state, _hours in HOLDS:
        if state == "held" and meter:
            used, held = totals.get((name, period, meter), (0, 0))
            totals[name, period, meter] = used, held + quantity - captured
    rows: dict[str, list[dict[str, Any]]] = {
        "catalog_versions": [sold],
        "customers": [_customer(name, plan) for name, plan in PLANS.items()],
        "billing_periods": [_period(name, number) for name in PLANS for number in (1, 2)],
        "spending": [{"customer_id": name, "unposted_micros": 0, "held_micros": 8, "dirty": False} for name in PLANS],
        "authorizations": [_hold(number, *each) for number, each in enumerate(HOLDS)],
        "usage_totals": [
            {"customer_id": name, "period_number": period, "meter": meter, "quantity": used, "held_quantity": held,
             "micros": 0}
            for (name, period, meter), (used, held) in totals.items()
        ],
    }  # fmt: skip
    with opened(made) as (connection, metadata):
        for table, found in rows.items():
            connection.execute(metadata.tables[table].insert(), found)
    yield made
    made.drop()


def test_open_holds_get_their_place(before: Database) -> None:
    install(databases.settings_for(before))
    with opened(before) as (connection, metadata):
        totals, spending = metadata.tables["usage_totals"], metadata.tables["spending"]
        found = {
            (row.customer_id, row.period_number, row.meter): (
                row.quantity, row.held_quantity, row.outlasting_quantity, row.reserved_micros,
            )
            for row in connection.execute(select(totals))
        }  # fmt: skip
        held = {row.customer_id: row.held_micros for row in connection.execute(select(spending))}
    falling = 50 * 2_500_000 // 7 - 30 * 2_500_000 // 7  # 30 of them are included on the plan
    assert found == {
        ("cus_allowance", 1, "included"): (0, 0, 0, 0),
        ("cus_allowance", 2, "included"): (90, 45, 20, 35 * 700_000 // 3 + 1),
        ("cus_steps", 2, "falling"): (0, 100, 0, 24_285_714),
        ("cus_steps", 2, "rising"): (45, 45, 45, 4_500_000),
        ("cus_plan", 2, "falling"): (0, 50, 50, found["cus_plan", 2, "falling"][3]),
        ("cus_gone", 2, "no_longer_sold"): (0, 5, 5, 0),
    }
    assert falling <= found["cus_plan", 2, "falling"][3] <= falling + 1
    assert held["cus_allowance"] == 2 * MICROS + found["cus_allowance", 2, "included"][3]
    assert (held["cus_steps"], held["cus_gone"], held["cus_idle"]) == (28_785_714, 0, 0)
    app = create_app(databases.settings_for(before))
    with app.app_context():
        assert [each for each in verify.verify() if "reserve" in each.sentence or "holds" in each.sentence] == []
        with as_service("test"):
            for name in PLANS:
                assert reservations.held(db.session(), name).micros == held[name]
            plan = versions.sold("stepped", 1).plans.plan("plenty")
            assert plan is not None
            tariff = rating.tariff(versions.sold("stepped", 1), plan, "falling")
        assert Reservation(tariff, 0, 50, 50).micros == found["cus_plan", 2, "falling"][3]
        db.session.remove()
        db.engine.dispose()


def _customer(name: str, plan: str) -> dict[str, Any]:
    return {
        "customer_id": name,
        "name": name,
        "email": f"{name}@acme.example",
        "catalog": "stepped",
        "catalog_version": 1,
        "plan": plan,
        "currency": "USD",
        "credit_unit": "USD",
        "overage_protection_micros": 0,
        "standing": "good",
        "created_at": AT - timedelta(days=40),
    }


def _period(name: str, number: int) -> dict[str, Any]:
    ends = ENDS - timedelta(days=30 * (2 - number))
    closed = {"closed_at": ends, "catalog_version": 1, "plan": PLANS[name]} if number == 1 else {"closed_at": None}
    return {
        "customer_id": name,
        "number": number,
        "anchor_day": 21,
        "starts_at": ends - timedelta(days=30),
        "ends_at": ends,
        "catalog_version": None,
        "plan": None,
        **closed,
    }


def _hold(
    number: int, name: str, meter: str, quantity: int, captured: int, micros: int, used: int, period: int, state: str,
    hours: float,
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": f"hold_{number}",
        "customer_id": name,
        "key": f"{number}",
        "digest": "digest",
        "meter": meter,
        "quantity": quantity,
        "micros": micros,
        "state": state,
        "reason": "plan_limit" if state == "refused" else "",
        "available_after_micros": 0,
        "captured_micros": used,
        "captured_quantity": captured,
        "captures": 0,
        "period_number": period,
        "created_at": AT,
        "expires_at": AT + timedelta(hours=hours),
    }

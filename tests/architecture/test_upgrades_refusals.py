"""The upgrade to refusals that say why: what was refused before is kept as it was, and says that no more was kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select

from app import clock, create_app
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS
from app.models.database import db
from app.services.authorizations import holds
from app.services.operations.installation import configuration, install
from app.services.verification.verify import verify
from tests.architecture.test_upgrades_terms import opened
from tests.support import databases, stepped
from tests.support.databases import Database

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUSTOMER = "cus_00000000000000000000000000"
OLD = [
    ("hold_00000000000000000000000001", "refused", "plan_limit"),
    ("hold_00000000000000000000000002", "released", ""),
]


@pytest.fixture
def before(database: Database, session_dir: Path, tmp_path: Path) -> Iterator[Database]:
    """A database of the revision before, with a refusal and a hold that was released."""
    made = databases.empty_sqlite(tmp_path) if database.kind == "sqlite" else databases.empty_postgresql(session_dir)
    command.upgrade(configuration(made.owner_url), "0012")
    rows: dict[str, list[dict[str, Any]]] = {
        "catalog_versions": [
            {"catalog": "stepped", "version": 1, "text": stepped.STEPPED, "digest": "stepped", "applied_at": AT}
        ],
        "customers": [
            {
                "customer_id": CUSTOMER, "name": "Acme", "email": "a@acme.example", "catalog": "stepped",
                "catalog_version": 1, "plan": "", "currency": "USD", "credit_unit": "USD",
                "overage_protection_micros": 0, "standing": "good", "created_at": AT, "profile_version": 0, "po_required": False,
            }
        ],
        "authorizations": [
            {
                "id": name, "customer_id": CUSTOMER, "key": name, "digest": "digest", "meter": "", "quantity": 0,
                "micros": 5, "state": state, "reason": reason, "available_after_micros": 0, "captured_micros": 0,
                "captured_quantity": 0, "captures": 0, "period_number": 1, "created_at": AT,
                "expires_at": AT + timedelta(hours=1), "ended_at": AT,
            }
            for name, state, reason in OLD
        ],
    }  # fmt: skip
    with opened(made) as (connection, metadata):
        for table, found in rows.items():
            connection.execute(metadata.tables[table].insert(), found)
    yield made
    made.drop()


def test_old_refusals_stay_and_new_ones_say_why(before: Database) -> None:
    install(databases.settings_for(before))
    with opened(before) as (connection, metadata):
        table = metadata.tables["authorizations"]
        rows = connection.execute(select(table).order_by(table.c.id)).mappings().all()
    assert [(row["id"], row["state"], row["reason"]) for row in rows] == OLD
    assert {row[name] for row in rows for name in row if name.startswith("judged_")} == {None}
    app = create_app(databases.settings_for(before))
    with app.app_context(), clock.at(AT):
        assert [holds.explained(name)[1] for name, _state, _reason in OLD] == [None, None]
        acme = stepped.customer("Newer", plan="", credit=1)
        made = holds.authorize(AuthorizationRequest(acme.customer_id, micros=2 * MICROS))
        kept = holds.explained(made.id)[1]
        assert (made.reason, kept and kept.balance.micros) == ("insufficient_credits", MICROS)
        assert verify(acme.customer_id) == []
        holds.close()
        db.session.remove()
        db.engine.dispose()

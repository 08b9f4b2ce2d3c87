"""What is archived: events of a month that is over, posted, billed and proved."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services import jobs
from app.services.authorizations import holds
from app.services.ledger import grants
from app.services.operations import archive
from app.services.verification import verify
from tests.support.meters import accept_one, post_all

MONTHS = 5
FILE_OF = "usage_events_{:%Y%m}.jsonl.gz"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A directory for the files."""
    (tmp_path / "archive").mkdir()
    return tmp_path / "archive"


@pytest.fixture
def used(app: Flask, acme: Customer) -> Iterator[date]:
    """Acme's events of this month (posted, captured, held over its end) and of the next; half a year later.

    It yields the first day of the month; everything was posted, billed and proved since.
    """
    now = clock.now()
    first = now.astimezone(UTC).date().replace(day=1)
    edge = datetime.combine(archive.Month(first).before_at.date(), datetime.min.time(), UTC)
    with clock.at(max(now, edge - timedelta(days=2))):
        given = {"kind": "promotional", "granted_by": "support", "reason": "Welcome"}
        grants.give(acme.customer_id, credits=Credits(90_000_000), **given)  # type: ignore[arg-type]
        for number in range(3):
            accept_one(acme.customer_id, id=f"e{number}", meter="requests", quantity=700, properties={"path": "/é"})
        _holds(acme.customer_id, "a", 500)
    with clock.at(edge - timedelta(hours=2)):
        held = holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 400, key="b", ttl_seconds=86_400))
        holds.capture(held.id, quantity=150, keep=True)
    with clock.at(edge + timedelta(hours=2)):
        holds.capture(held.id, quantity=250)
        accept_one(acme.customer_id, id="next", meter="requests", quantity=100)
    later = archive.Month(first).before_at + timedelta(days=31 * (MONTHS + 1))
    with clock.at(later):
        post_all(acme.customer_id)
        jobs.run_due()
        db.session.remove()
        assert verify.verify_since().violations == []
        yield first


def rows_of(sql: str) -> list[tuple[object, ...]]:
    """Return what the database has."""
    with as_service("look"):
        rows = [tuple(each) for each in db.session.execute(sa.text(sql))]
        db.session.rollback()
    return rows


def _holds(customer_id: str, key: str, quantity: int) -> None:
    held = holds.authorize(AuthorizationRequest(customer_id, "requests", quantity, key=key))
    holds.capture(held.id, quantity=quantity)

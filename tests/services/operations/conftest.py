"""What is archived: events of a month that is over, posted, billed and proved."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import uuid_utils
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
from app.services.verification.proved import NOTHING
from tests.support import cast
from tests.support.databases import Database
from tests.support.meters import accept_one, post_all

MONTHS = 5
FILE_OF = "usage_events_{:%Y%m}.jsonl.gz"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A directory for the files."""
    (tmp_path / "archive").mkdir()
    return tmp_path / "archive"


@pytest.fixture
def acme(catalog: str) -> Customer:
    """A customer whose billing periods never begin at the edge of a month, whichever day it is."""
    last_month = clock.now().astimezone(UTC).replace(day=1) - timedelta(days=1)
    with clock.at(last_month.replace(day=15)):
        return cast.make_customer("Acme")


@pytest.fixture
def ids_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ids begin with the moment that the clock shows, as they do where nobody moves it."""
    made = count()

    def uuid7() -> SimpleNamespace:
        return SimpleNamespace(int=(int(clock.now().timestamp() * 1_000) << 80) + next(made))

    monkeypatch.setattr(uuid_utils, "uuid7", uuid7)


@pytest.fixture
def spent(ids_by_the_clock: None, app: Flask, acme: Customer) -> date:
    """Let Acme have events in this month (captured, held over its end) and in the next; return its first day."""
    now = clock.now()
    first = now.astimezone(UTC).date().replace(day=1)
    edge = archive.Month(first).before_at
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
    return first


@pytest.fixture
def used(acme: Customer, spent: date) -> Iterator[date]:
    """The first day of that month, half a year later: everything was posted, billed and proved since."""
    with half_a_year_later(acme, spent):
        yield spent


@contextmanager
def half_a_year_later(customer: Customer, month: date) -> Iterator[None]:
    """Let it be then inside the block, and all of the customer's month posted, billed and proved."""
    with clock.at(half_a_year_after(month)):
        post_all(customer.customer_id)
        jobs.run_due()
        db.session.remove()
        assert verify.verify_since().violations == []
        yield


def half_a_year_after(month: date) -> datetime:
    """Return a moment at which the month may be archived."""
    return archive.Month(month).before_at + timedelta(days=31 * (MONTHS + 1))


def rows_of(sql: str) -> list[tuple[object, ...]]:
    """Return what the database has."""
    with as_service("look"):
        rows = [tuple(each) for each in db.session.execute(sa.text(sql))]
        db.session.rollback()
    return rows


def _holds(customer_id: str, key: str, quantity: int) -> None:
    held = holds.authorize(AuthorizationRequest(customer_id, "requests", quantity, key=key))
    holds.capture(held.id, quantity=quantity)


def proved() -> tuple[bool, list[verify.Violation]]:
    """Prove what came since, and say whether anything was proved before."""
    db.session.remove()
    verdict = verify.verify_since()
    return verdict.before != NOTHING, verdict.violations


def by_hand(database: Database, damage: str) -> None:
    """Change rows as only the owner of the database could."""
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(damage)

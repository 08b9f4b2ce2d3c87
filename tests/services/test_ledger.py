"""The ledger through its services: exactly once, never below the floor, and proved again from the raw rows."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock
from app.domain.errors import Broken, Refused
from app.domain.ledger import Posting
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services import balance, grants, ledger, usage
from app.services.balance import HistoryQuery
from app.services.transaction import transaction
from app.services.verify import verify
from tests.support.databases import Database

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _give(customer: Customer, micros: int, **when: datetime) -> str:
    given = grants.give(customer.customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome", **when)
    return given.id


def _use(customer: Customer, micros: int, key: str) -> str:
    return usage.record(customer.customer_id, key=key, credits=Credits(micros), description="Requests").id


def _remaining(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return balance.numbers().remaining_credits.micros


def test_usage_counts_once_for_its_key_and_another_amount_is_refused(acme: Customer) -> None:
    _give(acme, 100)
    assert _use(acme, 30, "k") == _use(acme, 30, "k")
    with pytest.raises(Refused) as refusal:
        _use(acme, 31, "k")
    assert refusal.value.status == 409
    assert _remaining(acme) == 70
    assert verify() == []


def test_below_the_floor_nothing_is_written(acme: Customer) -> None:
    _give(acme, 100)
    with pytest.raises(Refused) as refusal:
        _use(acme, 101 + acme.overage_protection_micros, "k")
    assert (refusal.value.status, refusal.value.reason) == (402, "insufficient_credits")
    assert _remaining(acme) == 100
    _use(acme, 100 + acme.overage_protection_micros, "k")
    assert _remaining(acme) == -acme.overage_protection_micros
    assert verify() == []


@pytest.mark.case("AC-8")
def test_nothing_is_posted_before_a_grant_begins(acme: Customer) -> None:
    with clock.at(START):
        _give(acme, 100, effective_at=START + timedelta(days=1))
        assert _remaining(acme) == grants.post_due() == 0
    with clock.at(START + timedelta(days=1)):
        assert (grants.post_due(), grants.post_due(), _remaining(acme)) == (1, 0, 100)
    assert verify() == []


def test_an_expired_grant_is_never_spent_and_expires_once(acme: Customer) -> None:
    with clock.at(START):
        _give(acme, 100, expires_at=START + timedelta(days=1))
        _use(acme, 40, "k")
    with clock.at(START + timedelta(days=1)):
        assert _remaining(acme) == 0
        assert (grants.expire_due(), grants.expire_due(), _remaining(acme)) == (1, 0, 0)
    assert verify() == []


@pytest.mark.case("AC-34")
def test_a_correction_is_a_new_opposite_row_that_gives_the_grants_back(acme: Customer) -> None:
    _give(acme, 100)
    used = _use(acme, 60, "k")
    fixed = ledger.correct(used, by="support", reason="Counted twice")
    assert ledger.correct(used, by="support", reason="Counted twice").id == fixed.id
    with as_customer(acme.customer_id):
        entry = balance.entry(fixed.id)
        assert entry.corrects is not None
        assert (entry.corrects.id, [part.micros for part, _grant in entry.allocations]) == (used, [-60])
    assert _remaining(acme) == 100
    assert verify() == []


def test_one_fact_is_posted_once_and_never_with_another_content(acme: Customer) -> None:
    def post(amount: int) -> str:
        with as_service("a test"), transaction() as session:
            one = Posting(f"money:{acme.currency}", "processor", "prepaid", amount, "test", "test", "1", "Test")
            return ledger.post(session, acme.customer_id, [one], START)[0].id

    assert post(5) == post(5)
    with pytest.raises(Broken):
        post(6)
    assert verify() == []


def test_the_history_pages_both_ways(acme: Customer) -> None:
    _give(acme, 100)
    for number in range(4):
        _use(acme, 1, f"k{number}")
    with as_customer(acme.customer_id):
        first = balance.history(HistoryQuery(limit=2))
        second = balance.history(HistoryQuery(limit=2, before=first.older))
        back = balance.history(HistoryQuery(limit=2, after=second.newer))
        assert [each.sequence for each in first.entries] == [5, 4]
        assert [each.sequence for each in second.entries] == [3, 2]
        assert (back.entries, back.newer, first.newer) == (first.entries, None, None)
        assert [each.sequence for each in balance.export(HistoryQuery())] == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("damage", "invariant"),
    [
        ("update accounts set balance = balance + 1 where name = 'revenue'", "I2"),
        ("update transfers set balance_after_micros = balance_after_micros + 1 where sequence = 2", "history"),
        ("update transfers set change_micros = -change_micros where sequence = 2", "history"),
        ("update transfers set sequence = 9 where sequence = 2", "history"),
        ("update grants set remaining_micros = remaining_micros - 1", "grants"),
        ("delete from allocations", "grants"),
        ("update balance_days set used_micros = used_micros + 1", "days"),
        ("update transfers set amount = 99, change_micros = 99 where sequence = 1", "I10"),
    ],
)
def test_a_row_damaged_by_hand_is_found(app: Flask, acme: Customer, database: Database, damage: str, invariant: str) -> None:
    _give(acme, 100)
    _use(acme, 40, "k")
    assert verify() == []
    db.session.remove()
    engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if database.kind == "postgresql":
            connection.exec_driver_sql("set session_replication_role = replica")
        else:
            for name in ("transfers_no_update", "allocations_no_delete"):
                connection.exec_driver_sql(f"drop trigger {name}")
        connection.exec_driver_sql(damage)
    assert invariant in {each.invariant for each in verify(acme.customer_id)}

"""The ledger through its services: exactly once, never below the floor, and proved again from the raw rows."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.errors import Broken, Refused
from app.domain.ledger import Posting
from app.domain.money import Credits
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.balance.history import HistoryQuery
from app.services.customers import billing_periods, registration
from app.services.ledger import corrections, grants, posting
from app.services.transaction import transaction
from app.services.usage import recording
from app.services.verification.verify import verify

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _give(customer: Customer, micros: int, **when: datetime) -> str:
    given = grants.give(
        customer.customer_id,
        kind="promotional",
        credits=Credits(micros),
        granted_by="support",
        reason="Welcome",
        **when,
    )
    return given.id


def _use(customer: Customer, micros: int, key: str) -> str:
    return recording.record(customer.customer_id, key=key, credits=Credits(micros), description="Requests").id


def _remaining(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return history.numbers().remaining_credits.micros


@pytest.mark.both_databases
def test_usage_counts_once_for_its_key_and_another_amount_is_refused(acme: Customer) -> None:
    _give(acme, 100)
    assert _use(acme, 30, "k") == _use(acme, 30, "k")
    with pytest.raises(Refused) as refusal:
        _use(acme, 31, "k")
    assert refusal.value.status == 409
    assert _remaining(acme) == 70
    assert verify() == []


@pytest.mark.both_databases
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


@pytest.mark.both_databases
def test_an_expired_grant_is_never_spent_and_expires_once(acme: Customer) -> None:
    with clock.at(START):
        _give(acme, 100, expires_at=START + timedelta(days=1))
        _use(acme, 40, "k")
    with clock.at(START + timedelta(days=1)):
        assert _remaining(acme) == 0
        assert (grants.expire_due(), grants.expire_due(), _remaining(acme)) == (1, 0, 0)
    assert verify() == []


@pytest.mark.both_databases
@pytest.mark.case("AC-34")
def test_a_correction_is_a_new_opposite_row_that_gives_the_grants_back(acme: Customer) -> None:
    _give(acme, 100)
    used = _use(acme, 60, "k")
    fixed = corrections.correct(used, by="support", reason="Counted twice")
    assert corrections.correct(used, by="support", reason="Counted twice").id == fixed.id
    with as_customer(acme.customer_id):
        entry = history.entry(fixed.id)
        assert entry.corrects is not None
        assert (entry.corrects.id, [part.micros for part, _grant in entry.allocations]) == (used, [-60])
    assert _remaining(acme) == 100
    assert verify() == []


@pytest.mark.both_databases
def test_one_fact_is_posted_once_and_never_with_another_content(acme: Customer) -> None:
    def post(amount: int) -> str:
        with as_service("a test"), transaction() as session:
            one = Posting(f"money:{acme.currency}", "processor", "prepaid", amount, "test", "test", "1", "Test")
            return posting.lock(session, acme.customer_id).post([one], START)[0].id

    assert post(5) == post(5)
    with pytest.raises(Broken):
        post(6)
    assert verify() == []


def test_who_gave_took_back_and_corrected_is_written_down(acme: Customer) -> None:
    given = _give(acme, 100)
    used = _use(acme, 60, "k")
    for _ in range(2):  # the second time nothing happens, so nothing is written
        corrections.correct(used, by="support", reason="Counted twice")
        grants.void(given, by="boss", reason="By mistake")
    with as_customer(acme.customer_id):
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all()
    assert [(each.actor, each.action, each.subject) for each in entries[-3:]] == [
        ("support", "grant.given", given),
        ("support", "transfer.corrected", used),
        ("boss", "grant.voided", given),
    ]
    assert entries[-4].action == "customer.created"


def test_credit_needs_an_amount_a_giver_a_reason_and_time_to_be_used(acme: Customer) -> None:
    fair = {"kind": "promotional", "credits": Credits(1), "granted_by": "support", "reason": "Welcome"}
    for wrong, field in [
        ({"credits": Credits(0)}, "credits"),
        ({"granted_by": " "}, "reason"),
        ({"reason": ""}, "reason"),
        ({"expires_at": START - timedelta(days=1)}, "expires_at"),
        ({"effective_at": START + timedelta(days=2), "expires_at": START + timedelta(days=2)}, "expires_at"),
    ]:
        with clock.at(START), pytest.raises(Refused) as refusal:
            grants.give(acme.customer_id, **(fair | wrong))  # type: ignore[arg-type]
        assert (refusal.value.status, refusal.value.field) == (422, field)
    assert verify() == []


def test_only_usage_is_corrected(acme: Customer) -> None:
    _give(acme, 100)
    with as_customer(acme.customer_id):
        (row,) = history.history(HistoryQuery()).entries
    with pytest.raises(Refused, match="voided"):
        corrections.correct(row.id, by="support", reason="Wrong")


def test_periods_follow_each_other_and_usage_counts_in_the_open_one(app: Flask, catalog: str) -> None:
    begun = datetime(2026, 1, 31, 15, tzinfo=UTC)
    late = registration.create(name="Late", email="late@example.com", catalog=catalog, created_at=begun)
    with clock.at(begun):
        _give(late, 100)
        _use(late, 30, "k")
    with clock.at(datetime(2026, 3, 1, tzinfo=UTC)):
        assert (billing_periods.roll_due(), billing_periods.roll_due()) == (1, 0)
        _use(late, 5, "l")
        with as_customer(late.customer_id):
            rows = db.session.scalars(select(BillingPeriod).order_by(BillingPeriod.number)).all()
            assert history.numbers().usage_this_period == Credits(5)
    assert [(each.starts_at.day, each.ends_at.day, each.closed_at is None) for each in rows] == [
        (31, 28, False),
        (28, 31, True),
    ]
    assert rows[0].ends_at == rows[1].starts_at


@pytest.mark.both_databases
def test_the_history_pages_both_ways(acme: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    _give(acme, 100)
    for number in range(4):
        _use(acme, 1, f"k{number}")
    with as_customer(acme.customer_id):
        first = history.history(HistoryQuery(limit=2))
        second = history.history(HistoryQuery(limit=2, before=first.older))
        back = history.history(HistoryQuery(limit=2, after=second.newer))
        assert [each.sequence for each in first.entries] == [5, 4]
        assert [each.sequence for each in second.entries] == [3, 2]
        assert (back.entries, back.newer, first.newer) == (first.entries, None, None)
        monkeypatch.setattr(history, "CHUNK", 2)
        assert [each.sequence for each in history.export(HistoryQuery())] == [5, 4, 3, 2, 1]

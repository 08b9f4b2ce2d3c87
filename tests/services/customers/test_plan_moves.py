"""Customers are moved to the newest version of their catalog: each by itself, guarded, and written down."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.domain.authorizations import AuthorizationRequest, Authorized
from app.domain.errors import Refused
from app.domain.ledger import CREDITS
from app.domain.money import MICROS, Credits
from app.models.customers import BillingPeriod, Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Account, Transfer
from app.models.scope import as_customer, as_service
from app.models.usage import Spending, UsageTotal
from app.services.authorizations import holds
from app.services.catalog import versions
from app.services.customers import plan_moves
from app.services.ledger import grants
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import meters, terms
from tests.support.meters import accept_one

BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
WHY = {"by": "ops@metered.example", "reason": "New prices from December"}


@pytest.fixture
def acme(app: Flask) -> Customer:
    """A customer on the plan that includes 1,000 requests, allows 5,000 and has its own price of a run."""
    with clock.at(BEGIN):
        meters.apply()
        return credited("Acme")


def credited(name: str, *, plan: str = "paid", units: int = 10) -> Customer:
    """A customer with so much credit."""
    made = meters.customer(name, plan=plan)
    grants.give(made.customer_id, kind="promotional", credits=Credits(units * MICROS), granted_by="test", reason="Test")
    return made


def ask(customer: Customer, meter: str, quantity: int, **more: object) -> Authorized:
    """Ask for units of a meter."""
    return holds.authorize(AuthorizationRequest(customer.customer_id, meter, quantity, **more))  # type: ignore[arg-type]


def row_of(customer: Customer) -> Customer:
    """Return the customer as it is now."""
    with as_service("test"):
        return db.session.get_one(Customer, customer.customer_id, populate_existing=True)


def moved(*, to: str = "") -> list[str]:
    """Move everybody; return why who stays."""
    moves, stay = plan_moves.planned("metered", to=to)
    return [each.why for each in (*stay, *plan_moves.move_each(moves, **WHY)) if each is not None]


def dearer(old: str = '"0.40"', new: str = '"0.80"') -> None:
    """Apply the catalog with another price of requests."""
    text = meters.METERED.format(burn="realtime")
    assert text.count(old) == 1
    versions.apply(text.replace(old, new))


def test_the_next_unit_costs_the_new_price_and_what_was_used_keeps_its_own(acme: Customer) -> None:
    with clock.at(BEGIN):
        accept_one(acme.customer_id, id="before", meter="requests", quantity=2_000)
        dearer()
        assert ask(acme, "requests", 1_000, at_once=True).micros == 400_000
        assert moved() == []
        assert ask(acme, "requests", 1_000, at_once=True).micros == 800_000
        with as_customer(acme.customer_id):
            total = db.session.scalars(select(UsageTotal)).one()
    assert (total.quantity, total.micros) == (4_000, 1_600_000)
    assert verify() == []


def test_it_says_who_changes_and_by_how_much_before_anything_does(acme: Customer) -> None:
    versions.apply(meters.dearer_without_paid_and_hours())
    globex = meters.customer("Globex")
    moves, stay = plan_moves.planned("metered")
    assert (moves, [each.customer_id for each in stay]) == ([], [acme.customer_id])
    assert stay[0].why == "Version 2 has no plan paid: say which one they get, with --to."
    (move,), stay = plan_moves.planned("metered", to="free", plan="paid")
    assert (move.customer_id, move.before.name, move.after.name, stay) == (
        acme.customer_id, "paid of version 1", "free of version 2", [],
    )  # fmt: skip
    assert [(each.about, each.before, each.after) for each in move.differences] == [
        ("plan", "paid (Paid), 10.00 USD a month, none a year", "free (Free), 0.00 USD a month, none a year"),
        ("requests costs", "0.40 per 1,000", "0.80 per 1,000"),
        ("requests included", "1,000", "0"),
        ("requests limit", "5,000", "none"),
        ("runs costs", "0.10 each", "0.25 each"),
        ("users included", "2", "0"),
        ("meter hours", "0.02 up to 100, then 0.016 each, 0 included, limit none", "not there"),
    ]
    assert (row_of(acme).catalog_version, row_of(globex).catalog_version) == (1, 2)


def test_each_move_is_written_down(acme: Customer) -> None:
    versions.apply(meters.dearer_without_paid_and_hours())
    assert moved(to="free") == []
    with as_service("test"):
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "customer.moved")).one()
    assert (entry.customer_id, entry.actor) == (acme.customer_id, WHY["by"])
    assert json.loads(entry.before) == {"catalog_version": 1, "plan": "paid"}
    assert json.loads(entry.after) == {"catalog_version": 2, "plan": "free", "reason": WHY["reason"]}
    assert plan_moves.planned("metered", to="free") == ([], []), "moved once"


def test_the_default_plan_by_its_name_is_no_move(app: Flask) -> None:
    meters.apply()
    meters.customer("Globex", plan="")
    assert plan_moves.planned("metered", to="free") == ([], [])


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * 301])
def test_nobody_is_moved_without_a_reason(acme: Customer, reason: str) -> None:
    dearer()
    moves, _stay = plan_moves.planned("metered")
    with pytest.raises(Refused):
        list(plan_moves.move_each(moves, by="ops", reason=reason))
    assert row_of(acme).catalog_version == 1


@pytest.mark.both_databases
def test_whoever_was_changed_meanwhile_stays_and_stops_nobody(acme: Customer) -> None:
    globex = credited("Globex")
    dearer()
    moves, _stay = plan_moves.planned("metered")
    terms.gives(acme, "free")
    left = [each for each in plan_moves.move_each(moves, **WHY) if each]
    assert [(each.customer_id, each.why) for each in left] == [
        (acme.customer_id, "Its terms or the catalog changed meanwhile. Look again.")
    ]
    assert (row_of(acme).plan, row_of(globex).catalog_version) == ("free", 2)


@pytest.mark.both_databases
def test_a_version_that_is_applied_meanwhile_moves_nobody_unseen(acme: Customer) -> None:
    dearer()
    moves, _stay = plan_moves.planned("metered")
    dearer(new='"9.00"')
    assert [each.why for each in plan_moves.move_each(moves, **WHY) if each] == [
        "Its terms or the catalog changed meanwhile. Look again."
    ]
    assert row_of(acme).catalog_version == 1


@pytest.mark.both_databases
def test_an_open_hold_is_captured_at_the_new_price_and_its_place_is_reserved(acme: Customer) -> None:
    with clock.at(BEGIN):
        held = ask(acme, "requests", 3_000)
        assert held.micros == 800_000
        dearer()
        assert moved() == []
        with as_service("test"):
            assert db.session.get_one(Spending, acme.customer_id, populate_existing=True).held_micros == 1_600_000
        assert ask(acme, "", 0, micros=8_400_001).reason == "insufficient_credits"
        assert ask(acme, "", 0, micros=8_400_000, at_once=True).allowed
        assert holds.capture(held.id).micros == 1_600_000
    assert verify() == []


def test_who_has_no_credit_for_the_open_holds_by_the_new_price_stays_until_they_end(acme: Customer) -> None:
    with clock.at(BEGIN):
        held = ask(acme, "requests", 3_000)
        assert ask(acme, "", 0, micros=9_000_000, at_once=True).allowed
        dearer()
        again = "Capture or release them, or try again when they have ended."
        assert moved() == [f"What is held may cost 1.60 by the new terms, more than may be spent. {again}"]
        assert (row_of(acme).catalog_version, holds.capture(held.id).micros) == (1, 800_000)
        assert moved() == []
    assert verify() == []


@pytest.mark.parametrize(
    ("meter", "quantity", "why"),
    [
        ("hours", 10, "10 of hours are held, a meter that the new version does not have."),
        ("requests", 3_000, "3,000 of requests are held, more than the new plan leaves."),
    ],
)
def test_who_holds_what_the_new_terms_do_not_have_stays_until_it_ends(
    acme: Customer, meter: str, quantity: int, why: str
) -> None:
    with clock.at(BEGIN):
        held = ask(acme, meter, quantity)
        versions.apply(without_hours().replace("requests = 5000 }", "requests = 2000 }"))
        assert moved() == [f"{why} Capture or release them, or try again when they have ended."]
        holds.capture(held.id)
        assert moved() == []
        assert row_of(acme).catalog_version == 2
    assert verify() == []


def without_hours() -> str:
    """Return the catalog without the meter of hours."""
    head, rest = meters.METERED.format(burn="realtime").split('[[meters]]\nkey = "hours"')
    return head + rest[rest.index("[plans]") :]


def test_another_plan_is_guarded_like_another_version_of_the_same(acme: Customer) -> None:
    with clock.at(BEGIN):
        held = ask(acme, "hours", 10)
        versions.apply(without_hours())
        with pytest.raises(Refused) as refusal:
            terms.gives(acme, "free")
        assert (refusal.value.reason, refusal.value.status) == ("open_holds", 409)
        assert (row_of(acme).plan, holds.capture(held.id).micros) == ("paid", 200_000)
        changed = terms.gives(acme, "free")
        assert (changed.plan, changed.catalog_version) == ("free", 2)
    assert verify() == []


@pytest.mark.both_databases
def test_after_a_move_a_meter_that_is_not_there_is_refused(acme: Customer) -> None:
    versions.apply(without_hours())
    assert moved() == []
    with pytest.raises(Refused) as refusal:
        ask(acme, "hours", 1)
    assert (refusal.value.reason, refusal.value.status) == ("unknown_meter", 422)
    with pytest.raises(Refused) as refusal:
        accept_one(acme.customer_id, id="one", meter="hours")
    assert refusal.value.reason == "unknown_meter"


def test_usage_of_a_meter_that_is_dropped_keeps_its_name_in_the_balance_history(acme: Customer) -> None:
    with clock.at(BEGIN):
        accept_one(acme.customer_id, id="one", meter="hours", quantity=10)
        versions.apply(without_hours())
        assert moved() == []
    with as_customer(acme.customer_id):
        words = db.session.scalars(select(Transfer.description).where(Transfer.kind == "usage")).all()
    assert words == ["Hours, 21 November 2026"]
    assert verify() == []


def test_a_hold_whose_time_is_over_keeps_nobody(acme: Customer) -> None:
    with clock.at(BEGIN):
        assert ask(acme, "hours", 10, ttl_seconds=1).allowed
        versions.apply(without_hours())
    with clock.at(BEGIN + timedelta(seconds=1)):
        assert moved() == []
    assert verify() == []


@pytest.mark.both_databases
def test_a_period_that_is_over_closes_by_the_terms_it_had(acme: Customer) -> None:
    dearer()
    with clock.at(BEGIN + timedelta(days=40)):
        assert moved() == []
        with as_customer(acme.customer_id):
            rows = db.session.scalars(select(BillingPeriod).order_by(BillingPeriod.number)).all()
    assert [(row.number, row.catalog_version, row.plan) for row in rows] == [(1, 1, "paid"), (2, None, None)]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("own", "protection", "why"),
    [
        (None, "50", ""),
        (None, "25", ""),
        (None, "15", "20.00 credits are owed, more than the overage protection of 15.00 would allow."),
        (70, "15", ""),
    ],
)
def test_overage_protection_moves_along_unless_it_is_in_use_or_the_customers_own(
    app: Flask, own: int | None, protection: str, why: str
) -> None:
    sold = meters.METERED.format(burn="realtime") + '\n[overage]\nprotection = "{protection}"\n'
    with clock.at(BEGIN):
        versions.apply(sold.replace("{protection}", "30"))
        acme = credited("Acme", plan="free")
        if own is not None:
            with as_service("test"), transaction() as session:
                session.get_one(Customer, acme.customer_id).overage_protection_micros = own * MICROS
                account = select(Account).where(Account.customer_id == acme.customer_id, Account.name == CREDITS)
                session.scalars(account).one().floor = -own * MICROS
        assert ask(acme, "", 0, micros=30 * MICROS, at_once=True).allowed
        versions.apply(sold.replace("{protection}", protection))
        assert moved() == ([why] if why else [])
        after = 30 if why else own or int(protection)
        assert row_of(acme).overage_protection_micros == after * MICROS
        assert ask(acme, "", 0, micros=(after - 20) * MICROS, at_once=True).allowed
        assert ask(acme, "", 0, micros=1, at_once=True).reason == "insufficient_credits"
        meters.post_all(acme.customer_id)
    assert verify() == []

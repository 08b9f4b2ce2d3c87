"""A refusal keeps what it was decided from, in the row that it is anyway; what is allowed keeps none of it."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock
from app.domain.authorizations import AuthorizationRequest
from app.domain.money import MICROS, Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.authorizations import holds
from app.services.authorizations.judged import Judged
from app.services.transaction import transaction
from app.services.verification.verify import verify, violations
from tests.services.authorizations.test_trips import trips
from tests.support import stepped
from tests.support.meters import accept_one

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def asks(customer: Customer, meter: str = "", amount: int = 0, *, at_once: bool = False) -> tuple[str, Judged | None]:
    """Ask for so many units, or micros of credit; return the reason of the answer and what it was decided from."""
    units, micros = (amount, 0) if meter else (0, amount)
    made = holds.authorize(AuthorizationRequest(customer.customer_id, meter, units, micros, at_once=at_once))
    return made.reason, holds.explained(made.id)[1]


def stands(customer: Customer, standing: str) -> None:
    with as_service("test"), transaction() as session:
        session.get_one(Customer, customer.customer_id).standing = standing


@pytest.mark.both_databases
def test_a_refusal_keeps_the_balance_the_holds_the_limits_and_their_use_and_the_terms(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="capped", credit=9, overage=2, daily=6)
        assert asks(acme, "", MICROS) == ("", None), "what is allowed keeps none"
        assert asks(acme, "rising", 30)[0] == ""
        accept_one(acme.customer_id, id="e1", meter="rising", quantity=10)
        assert asks(acme, "", MICROS // 2, at_once=True) == ("", None)
        # 10 are used and 30 held, of which 20 are included: the others cost 0.02 each.
        then = Judged(
            balance=Credits(8_500_000), overage=Credits(2 * MICROS), held=Credits(1_400_000),
            daily_limit=Credits(6 * MICROS), daily_used=Credits(500_000), plan_limit=None, used=None, units_held=None,
            catalog="stepped", version=1, plan="capped",
        )  # fmt: skip
        of_meter = {"plan_limit": 110, "used": 10, "units_held": 30}
        assert asks(acme, "", 4_100_001) == ("daily_limit", then)
        assert asks(acme, "", 9_100_001, at_once=True) == ("insufficient_credits", then)
        assert asks(acme, "rising", 71) == ("plan_limit", Judged(**asdict_of(then) | of_meter))
        stands(acme, "suspended")
        assert asks(acme, "rising", 1) == ("suspended", Judged(**asdict_of(then) | of_meter))
        stands(acme, "good")
        free = stepped.customer("Free", plan="", credit=1)
        reason, kept = asks(free, "falling", 3)
        assert (reason, kept and (kept.daily_limit, kept.daily_used, kept.plan, kept.plan_limit, kept.used)) == (
            "insufficient_credits", (None, None, "", None, 0),
        )  # fmt: skip
        assert kept is not None and (kept.balance, kept.room) == (Credits(MICROS), Credits(MICROS))
        assert verify(acme.customer_id) == verify(free.customer_id) == []


def asdict_of(known: Judged) -> dict[str, object]:
    return {name: getattr(known, name) for name in asdict(known)}


@pytest.mark.both_databases
def test_keeping_it_takes_no_statement_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="", credit=9)
        holds.close()
        db.session.remove()
        db.engine.dispose()
        with trips(monkeypatch) as seen:
            asks(acme, "", 10 * MICROS)
            seen.clear()
            made = holds.authorize(AuthorizationRequest(acme.customer_id, micros=10 * MICROS))
            sent = [each for each in seen if each not in {"begin", "commit"}]
    assert made.reason == "insufficient_credits"
    on_sqlite = ["select", "select", "select", "insert"]  # whose it is, what there is, the key, the row
    assert len(sent) == 1 if db.engine.dialect.name == "postgresql" else sent == on_sqlite


def test_below_zero_only_what_is_left_of_the_protection_is_room() -> None:
    def room(balance: int, overage: int, held: int) -> int:
        known = Judged(Credits(balance), Credits(overage), Credits(held), None, None, None, None, None, "a", 1, "")
        return known.room.micros

    assert [room(5, 3, 2), room(-2, 3, 0), room(-5, 3, 0), room(0, 0, 0), room(5, 0, 6), room(-1, 3, 1)] == [
        6, 1, 0, 0, 0, 1,
    ]  # fmt: skip


def test_what_does_not_follow_from_it_is_named(app: Flask) -> None:
    with clock.at(NOON):
        acme = stepped.customer("Acme", plan="capped", credit=9, daily=6)
        found = [asks(acme, "", 6 * MICROS + 1), asks(acme, "", 9 * MICROS + 1), asks(acme, "rising", 111)]
        assert [reason for reason, _kept in found] == ["daily_limit", "insufficient_credits", "plan_limit"]
        assert verify(acme.customer_id) == []
        for damage in (
            "judged_balance_micros = 9000001 where reason = 'insufficient_credits'",
            "judged_daily_limit_micros = 6000001 where reason = 'daily_limit'",
            "judged_held_micros = 1 where reason = 'daily_limit'",
            "judged_plan_limit = 111 where reason = 'plan_limit'",
            "available_after_micros = 5 where reason = 'plan_limit'",
            "reason = 'daily_limit' where reason = 'insufficient_credits'",
        ):
            with as_service("damage a row"):
                db.session.execute(text(f"update authorizations set {damage}"))
                said = [each.sentence for each in violations(db.session(), acme.customer_id)]
                db.session.rollback()
            assert any("does not follow" in each for each in said), damage

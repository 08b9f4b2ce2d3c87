"""Usage events, authorizations and events for hosts are proved once, and a change of what was proved is noticed."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app import clock, ids
from app.domain.authorizations import LONGEST, AuthorizationRequest
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.authorizations import expiry, holds
from app.services.ledger import grants
from app.services.verification import proved, series, verify
from app.services.verification.proved import NOTHING, Mark
from app.services.verification.series import EVENTS, HOLDS, OUTBOX, TRANSFERS, Boundary
from app.services.webhooks import fan_out
from tests.services.verification.conftest import Damaged
from tests.support.meters import accept_one, post_all

STEPS = 16
SEED = 24301
LATER = timedelta(days=2)
PREFIXES = {TRANSFERS: "txn", HOLDS: "hold", OUTBOX: "evt"}
DAMAGES = [
    ("update usage_events set properties = '{\"path\":\"/else\"}' where id = 'e1'", "usage_events from 20"),
    ("update usage_events set occurred_at = '2026-01-01 00:00:00' where id = 'e1'", "usage_events from 20"),
    ("update usage_events set micros = micros + 1 where id = 'e1'", "usage_events from 20"),
    ("delete from usage_events where id = 'e1'", "usage_events from 20"),
    ("update usage_days set quantity = quantity + 1, micros = micros + 1", "are not those that were proved"),
    ("update usage_days set events = events + 1", "are not those that were proved"),
    ("delete from usage_days", "are not those that were proved"),
    ("update proved_usage set events = events - 1", "are not those that were proved"),
    ("update authorizations set captured_quantity = 1 where state = 'captured'", "authorizations from the first on"),
    ("update authorizations set state = 'refused', reason = 'closed' where state = 'captured'", "authorizations from"),
    ("delete from authorizations where state = 'captured'", "authorizations from the first on"),
    (
        "update authorizations set state = 'held', ended_at = null where state = 'captured'",
        "authorizations from the first",
    ),
    ("update outbox_events set data = '{}' where sequence = 1", "outbox_events from the first on"),
    ("delete from outbox_events where sequence = 1", "outbox_events from the first on"),
]
"""What is changed of proved rows, and what says so: each past every trigger and right."""
CAPTURED_LATER = """
insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
  micros, properties, authorization_id)
select customer_id, id || ':9', '{at}', '{day}', '{at}', period_number, meter, '', 0, 0, '{{}}', id
from authorizations where state = 'captured'"""


@pytest.fixture
def all_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let be settled whatever was written before now, with all of today."""

    def settled(now: datetime) -> Boundary:
        tomorrow = now.date() + timedelta(days=1)
        by_id = {name: ids.first_of(prefix, timedelta()) for name, prefix in PREFIXES.items()}
        return Boundary(tomorrow, by_id | {EVENTS: series.key_of(datetime.combine(tomorrow, time(), UTC))})

    monkeypatch.setattr(series, "settled", settled)


@pytest.fixture
def used(app: Flask, all_settled: None, ledger_of_acme: Customer) -> Customer:
    """Acme with usage, a hold that was captured whole and one that has expired; its events are fanned out."""
    held = holds.authorize(AuthorizationRequest(ledger_of_acme.customer_id, "requests", 500, key="a"))
    holds.capture(held.id, quantity=500, key="c1")
    post_all(ledger_of_acme.customer_id)
    with clock.at(clock.now() + timedelta(hours=1)):
        expiry.expire_due()
        fan_out.spread_due()
    db.session.remove()
    return ledger_of_acme


@pytest.fixture
def mark(used: Customer) -> Iterator[Mark]:
    """How far all of it is proved, two days later."""
    assert verify.verify_since().violations == []
    with clock.at(clock.now() + LATER):
        yield _mark()


def test_what_was_used_held_and_reported_is_proved_once(app: Flask, mark: Mark, used: Customer) -> None:
    ended = "authorizations where state <> 'refused'"
    assert (mark.usage_events, mark.authorizations) == (_count("usage_events"), _count(ended)) == (3, 3)
    assert mark.outbox_events == _count("outbox_events") > 3
    assert _kept() == _from_the_days()
    accept_one(used.customer_id, id="later", meter="requests", quantity=700)
    db.session.remove()
    assert verify.verify_since() == verify.Verdict([], mark)
    with clock.at(clock.now() + LATER):
        assert _mark().usage_events == 4
    assert _kept() == _from_the_days()


@pytest.mark.both_databases
def test_each_change_of_what_was_proved_is_noticed(app: Flask, mark: Mark, damaged: Damaged) -> None:
    assert damaged("select 1", mark) == []
    missed = [damage for damage, words in DAMAGES if not any(words in each for each in damaged(damage, mark))]
    assert missed == []


def test_an_event_that_names_an_authorization_that_had_ended_is_noticed(
    app: Flask, mark: Mark, damaged: Damaged
) -> None:
    now = clock.now()
    found = damaged(CAPTURED_LATER.format(at=f"{now:%Y-%m-%d %H:%M:%S.%f}", day=now.date()), mark)
    assert any("an event names an authorization that had ended before" in each for each in found)


def test_what_is_open_is_proved_again_until_it_has_ended(
    app: Flask, all_settled: None, ledger_of_acme: Customer
) -> None:
    assert verify.verify_since().violations == []
    with clock.at(clock.now() + LATER):
        assert _mark().authorizations == 0, "two are held"
        assert _mark().outbox_events == 0, "they wait to be fanned out"


def test_a_hold_is_settled_by_its_age_when_nothing_is_captured_of_it_on_days_that_are_proved_again() -> None:
    bounds = series.settled(clock.now())
    since_midnight = clock.now() - datetime.combine(bounds.day, time(), UTC)
    assert bounds.before[HOLDS] <= ids.first_of("hold", since_midnight + timedelta(seconds=LONGEST))
    assert bounds.before[TRANSFERS] >= ids.first_of("txn", since_midnight)


@pytest.mark.both_databases
def test_drawn_days_are_proved_alike_in_steps_and_at_once(
    app: Flask, acme: Customer, globex: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proved, "MOST_OF_A_SEGMENT", 3)
    draw, began, made = random.Random(SEED), clock.now(), list[tuple[datetime, dict[str, str]]]()  # noqa: S311  # likewise

    def settled(now: datetime) -> Boundary:
        day = (now - series.SETTLED).date()
        midnight = datetime.combine(day, time(), UTC)
        before = [by_id for at, by_id in made if at < midnight - timedelta(hours=25)] or [made[0][1]]
        from_then_on = next(by_id[TRANSFERS] for at, by_id in made if at >= midnight)
        return Boundary(day, before[-1] | {TRANSFERS: from_then_on, EVENTS: series.key_of(midnight)})

    monkeypatch.setattr(series, "settled", settled)
    for customer in (acme, globex):
        grants.give(
            customer.customer_id, kind="promotional", credits=Credits(10**9), granted_by="support", reason="Test"
        )
    proofs = 0
    for number in range(STEPS):
        with clock.at(began + number * timedelta(hours=11)):
            made.append((clock.now(), {name: ids.first_of(prefix, timedelta()) for name, prefix in PREFIXES.items()}))
            customer_id = draw.choice((acme, globex)).customer_id
            _one_step(draw, customer_id, number)
            expiry.expire_due()
            fan_out.spread_due()
            db.session.remove()
            if number > STEPS // 2 or draw.random() < 0.3:
                verdict = verify.verify_since()
                assert verdict.violations == verify.verify() == []
                proofs += verdict.before != NOTHING
                assert _kept() == _from_the_days(_mark())
    assert proofs > 3
    with clock.at(began + STEPS * timedelta(hours=11)):
        assert _mark().usage_events > STEPS
        assert _mark().authorizations > 3


def _one_step(draw: random.Random, customer_id: str, number: int) -> None:
    for place in range(draw.randrange(1, 4)):
        accept_one(customer_id, id=f"e{number}-{place}", meter="requests", quantity=draw.randrange(1, 900))
    asked = AuthorizationRequest(customer_id, "requests", draw.randrange(1, 900), key=f"k{number}", ttl_seconds=86_400)
    held = holds.authorize(asked)
    if draw.random() < 0.5:
        holds.capture(held.id, quantity=draw.randrange(1, 900), keep=draw.random() < 0.5)
    if draw.random() < 0.4:
        post_all(customer_id)


def _kept() -> list[tuple[object, ...]]:
    return _rows("select customer_id, period_number, meter, events, quantity, micros from proved_usage")


def _from_the_days(mark: Mark | None = None) -> list[tuple[object, ...]]:
    before = f"where day < '{mark.usage_before}'" if mark else ""
    return _rows(
        f"""select customer_id, period_number, meter, sum(events), sum(quantity), sum(micros) from usage_days {before}
        group by customer_id, period_number, meter"""  # ours
    )


def _rows(sql: str) -> list[tuple[object, ...]]:
    with as_service("look at what is kept"):
        rows = [tuple(each) for each in db.session.execute(sa.text(f"{sql} order by 1, 2, 3"))]
        db.session.rollback()
    return rows


def _count(table: str) -> int:
    with as_service("count"):
        many = db.session.execute(sa.text(f"select count(*) from {table}")).scalar_one()  # ours
        db.session.rollback()
    return int(many)


def _mark() -> Mark:
    with as_service("look at the mark"):
        mark = proved.last(db.session(), verify._digest_of_proofs())  # the very proofs
        db.session.rollback()
    assert mark != NOTHING
    return mark

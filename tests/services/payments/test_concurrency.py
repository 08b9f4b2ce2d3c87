"""Many processes at once on one customer's money: nothing is lost, doubled, refused wrongly or spent below the floor."""

import random
from collections import Counter

import pytest
import sqlalchemy as sa
from flask import Flask

from app import ids
from app.config import Settings
from app.demo.payment_methods import add_test_method
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Account, Transfer
from app.models.payments import Attempt, Payment
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.ledger import grants
from app.services.payments import top_ups
from app.services.usage import recording
from app.services.verification.verify import verify
from tests.support import tiers
from tests.support.databases import Database
from tests.support.outcome import Outcome, faults, outcome
from tests.support.worker_crew import Answer, Work, together

FOREVER = 50


@pytest.fixture
def crew(database: Database) -> int:
    """How many processes: SQLite is for small installations."""
    return tiers.sample_of(5, proof=12) if database.kind == "postgresql" else 4  # fewer never spend all there is


def with_visa(app: Flask, actor: Actor) -> str:
    with app.app_context(), as_customer(actor.customer_id):
        return add_test_method(actor, "pm_card_visa").id


def give(customer_id: str, micros: int) -> None:
    grants.give(customer_id, kind="promotional", credits=Credits(micros), granted_by="support", reason="Welcome")


def nobody_waited_for_each_other(app: Flask, database: Database) -> None:
    """PostgreSQL counts the deadlocks that it broke, also those that a retry would have hidden."""
    if database.kind == "postgresql":
        engine = sa.create_engine(database.superuser_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            broken = connection.scalar(
                sa.text("select deadlocks from pg_stat_database where datname = current_database()")
            )
        assert broken == 0


def plan(number: int, hot: tuple[str, str], cool: tuple[str, str]) -> Work:
    """Return one worker's work: mostly spends of the hot customer, some purchases, another customer, and the jobs."""
    chance = random.Random(number)  # noqa: S311  # the same plan on every run
    work: Work = [["spend", hot[0], f"{number}/{each}", chance.randint(1, 40) * 100_000] for each in range(12)]
    work += [["buy", *hot, ids.new_form_key(), 500] for _ in range(2)]
    work += [["spend", cool[0], f"{number}/{each}", chance.randint(1, 10) * 100_000] for each in range(4)]
    work += [["buy", *cool, ids.new_form_key(), 1000], ["due"], ["due"]]
    chance.shuffle(work)
    return work


@pytest.mark.case("AC-38", "AC-44", "AC-55")
def test_buying_and_spending_at_once_near_the_floor(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, mallory_actor: Actor, crew: int
) -> None:
    hot, cool = alice_actor.customer_id, mallory_actor.customer_id
    methods = {actor.customer_id: with_visa(app, actor) for actor in (alice_actor, mallory_actor)}
    give(hot, 3_000_000)
    give(cool, 20_000_000)

    work = [plan(number, (hot, methods[hot]), (cool, methods[cool])) for number in range(crew)]
    answers = together(settings, work)
    jobs.run_due()

    answered = Counter((what, end) for what, _key, end in answers)
    assert sum(answered.values()) == sum(len(each) for each in work)
    assert set(answered) <= {
        ("spend", "accepted"),
        ("spend", "insufficient_credits"),
        ("buy", "succeeded"),
        ("buy", "too_many_declines"),  # so many that are not known to be paid yet look like cards that are tried
        ("due", "done"),
    }
    assert answered["buy", "succeeded"]
    assert answered["spend", "insufficient_credits"], "never near the floor: the test would show nothing"
    for customer_id in (hot, cool):
        outcome(app, customer_id)
        by_hand(customer_id)
    accepted_is_there(work, answers)
    assert verify() == []
    nobody_waited_for_each_other(app, database)


def by_hand(customer_id: str) -> None:
    """Add the history up without the ledger's own means."""
    with as_service("look at every row"):
        rows = db.session.scalars(
            sa.select(Transfer)
            .where(Transfer.customer_id == customer_id, Transfer.sequence.is_not(None))
            .order_by(Transfer.sequence)
        ).all()
        account = db.session.scalars(
            sa.select(Account).where(Account.customer_id == customer_id, Account.name == "credits")
        ).one()
        running, floor = 0, account.floor
        assert floor is not None
        for number, row in enumerate(rows, 1):
            running += row.change_micros or 0
            assert (row.sequence, row.balance_after_micros) == (number, running)
            assert running >= floor
        assert (account.balance, account.version) == (running, len(rows))


def accepted_is_there(work: list[Work], answers: list[Answer]) -> None:
    """What a worker was answered is what the rows say: each accepted thing once, no refused one."""
    ends = {key: end for what, key, end in answers if what == "buy" and end != "too_many_declines"}
    with as_service("look at every row"):
        paid = {each.id: each.state for each in db.session.scalars(sa.select(Payment))}
        spent = Counter(db.session.scalars(sa.select(Transfer.source_id).where(Transfer.kind == "usage")))
    assert paid == ends
    assert spent == Counter(key for what, key, end in answers if (what, end) == ("spend", "accepted"))
    ordered = Counter(words[1] for each in work for what, *words in each if what == "spend")
    assert spent <= ordered


@pytest.mark.case("AC-1", "AC-2", "AC-16", "AC-44")
@pytest.mark.fault("H1")
def test_the_same_form_sent_by_everybody_at_once_is_one_purchase(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, crew: int
) -> None:
    method, form_key = with_visa(app, alice_actor), ids.new_form_key()
    order = ["buy", alice_actor.customer_id, method, form_key, 2500]
    answers = together(settings, [[order]] * crew)
    assert len({payment_id for _what, payment_id, _end in answers}) == 1
    assert "succeeded" in {end for _what, _id, end in answers}
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    with as_service("count the calls"):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Attempt)) == 1
    nobody_waited_for_each_other(app, database)

    with app.app_context(), as_customer(alice_actor.customer_id), pytest.raises(Refused) as refusal:
        top_ups.buy(
            alice_actor,
            form_key=form_key,
            amount=Money(2600, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )
    assert (refusal.value.status, refusal.value.reason) == (409, "form_already_used")


@pytest.mark.case("AC-19/20", "AC-32/33", "AC-35")
@pytest.mark.fault("W2")
def test_everybody_settles_the_same_charge_and_it_is_credited_once(
    app: Flask, settings: Settings, database: Database, alice_actor: Actor, crew: int
) -> None:
    method = with_visa(app, alice_actor)
    lost = ("confirm_intent", "timeout_after", FOREVER), ("fetch_intent", "reset_before", FOREVER)
    with faults(app, *lost), app.app_context(), as_customer(alice_actor.customer_id):
        payment = top_ups.buy(
            alice_actor,
            form_key=ids.new_form_key(),
            amount=Money(2500, "USD"),
            pack="",
            method_id=method,
            return_url="http://127.0.0.1/{}".format,
        )
        assert payment.state == "confirming"
    answers = together(settings, [[["settle", payment.id], ["due"], ["settle", payment.id]]] * crew)
    assert {end for what, _id, end in answers if what == "settle"} == {"succeeded"}
    assert outcome(app, alice_actor.customer_id) == Outcome([2500], [25_000_000], ["succeeded"])
    nobody_waited_for_each_other(app, database)


@pytest.mark.case("AC-1", "AC-44")
def test_the_same_usage_reported_by_everybody_at_once_counts_once(
    app: Flask, settings: Settings, database: Database, acme: Customer, crew: int
) -> None:
    give(acme.customer_id, 1_000_000)
    answers = together(settings, [[["spend", acme.customer_id, "request-1", 400_000]]] * crew)
    assert {end for _what, _key, end in answers} == {"accepted"}
    by_hand(acme.customer_id)
    accepted = [row for row in _usage(acme) if row.source_id == "request-1"]
    assert [row.amount for row in accepted] == [400_000]
    assert verify() == []
    with pytest.raises(Refused) as refusal:
        recording.record(acme.customer_id, key="request-1", credits=Credits(400_001), description="Requests")
    assert refusal.value.status == 409


@pytest.mark.case("AC-44", "AC-55")
def test_the_last_credit_goes_to_exactly_one(
    app: Flask, settings: Settings, database: Database, acme: Customer, crew: int
) -> None:
    give(acme.customer_id, 5_000_000)
    room = 5_000_000 + acme.overage_protection_micros
    work: list[Work] = [[["spend", acme.customer_id, f"request-{number}", room]] for number in range(crew)]
    answers = together(settings, work)
    answered = Counter(end for _what, _key, end in answers)
    assert answered == {"accepted": 1, "insufficient_credits": crew - 1}
    by_hand(acme.customer_id)
    assert [row.source_id for row in _usage(acme)] == [key for _what, key, end in answers if end == "accepted"]
    assert verify() == []
    nobody_waited_for_each_other(app, database)


def _usage(customer: Customer) -> list[Transfer]:
    with as_service("look at every row"):
        rows = sa.select(Transfer).where(Transfer.customer_id == customer.customer_id, Transfer.kind == "usage")
        return list(db.session.scalars(rows))

"""Whatever is changed after whatever, what is charged or given is what was shown, and no money is made by changing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.domain.people.members import Actor
from app.domain.subscriptions.preview import Preview
from app.models.customers import Customer
from app.models.ledger import Grant
from app.models.scope import as_service
from app.models.subscriptions import PlanChange
from app.services.subscriptions import reads
from app.services.subscriptions.preview import Target
from app.services.transaction import transaction
from app.services.verification.verify import verify
from tests.support import plans
from tests.support.plans import BEGIN, confirms, previews, target
from tests.support.shop import GOOD, add_method

PLANS, INTERVALS = (None, "free", "penny", "personal", "team"), (None, "monthly", "annual")
LAST = BEGIN.replace(day=30)
CHAIN = 8
"""So many changes a customer tries in June."""
SELLERS = list(product(("exclusive", "inclusive"), ("at_purchase", "at_use"), ("period_end", "immediate")))


@dataclass
class Chain:
    """One customer's changes: what was paid so far, and what the seconds at each price have cost."""

    acme: Customer
    alice: Actor
    way: str
    now: datetime = BEGIN
    since: datetime = BEGIN
    paid: int = 0
    lines: int = 0
    exact: Decimal = field(default_factory=lambda: Decimal(0))
    previews: int = 0


def sells(prices: str, credit: str, downgrade: str, number: int) -> str:
    """Apply the catalog of a seller of this kind; return its name.

    Each begins in June with numbers of its own: no invoice is dated before the one with the number before.
    """
    name = f"plans_{prices}_{credit}_{downgrade}_{number}"
    plans.applies(
        ('name = "plans"', f'name = "{name}"'),
        ('prices = "exclusive"', f'prices = "{prices}"'),
        ('credits = "at_purchase"', f'credits = "{credit}"'),
        ('downgrade = "period_end"', f'downgrade = "{downgrade}"'),
    )
    return name


def changes_at_random(seller: str, dice: random.Random) -> int:
    """Let a new customer of the seller change its plan at random in June; return how many changes were previewed."""
    acme = plans.customer_in(seller)
    alice = plans.manager_of(acme)
    chain = Chain(acme, alice, add_method(alice, GOOD).id)
    for _step in range(CHAIN):
        chain.now = min(chain.now + timedelta(minutes=dice.randint(1, 6 * 24 * 60)), LAST)
        wants = target(dice.choice(PLANS), dice.choice((None, None, 3, 4, 25)), dice.choice(INTERVALS))
        change(chain, wants, dice)
    is_conserved(chain)
    assert verify(acme.customer_id) == []
    return chain.previews


def change(chain: Chain, wants: Target, dice: random.Random) -> None:
    """Preview a change and confirm it, now or too late; what is made of it is what was shown."""
    try:
        seen = previews(chain.acme, wants, chain.now)
    except Refused:
        return
    chain.previews += 1
    before = (len(plans.payments(chain.acme)), len(given(chain.acme)), plans.subscription(chain.acme))
    if dice.random() < 0.25 and chain.now < LAST - timedelta(hours=3):  # it is left open for three hours
        chain.now += timedelta(hours=3)
        if previews(chain.acme, wants, chain.now).mark != seen.mark:
            with pytest.raises(Refused) as refused:
                confirms(chain.alice, wants, chain.way, chain.now, seen)
            assert (refused.value.reason, refused.value.status) == ("preview_gone_by", 409)
            after = (len(plans.payments(chain.acme)), len(given(chain.acme)), plans.subscription(chain.acme))
            assert after == before
            seen = previews(chain.acme, wants, chain.now)
            chain.previews += 1
    second, _rest = priced(chain)
    made = confirms(chain.alice, wants, chain.way, chain.now, seen)
    as_shown(chain, seen, made, before[0], before[1])
    if made.state == "applied":
        reckon(chain, seen, second)


def as_shown(chain: Chain, seen: Preview, made: PlanChange, payments: int, grants: int) -> None:
    """What was charged, invoiced, noted and given is what the preview has said, to the cent."""
    assert made.state == ("applied" if seen.quote.is_now else "scheduled")
    charged = sum(amount for _state, amount in plans.payments(chain.acme)[payments:])
    assert charged in {seen.charged.amount_minor, 0}  # too little for a charge is collected with the next invoice
    assert made.total_minor == seen.charged.amount_minor - seen.given.amount_minor
    assert sum(given(chain.acme)[grants:]) == seen.given.amount_minor * 10_000
    if made.total_minor > 0:
        (state, net, total, lines) = plans.invoice(made.document_id or "")
        assert (net, total) == (seen.price.net.amount_minor, seen.charged.amount_minor)
        assert lines == [(line.description, line.net.amount_minor) for line in seen.lines]
        assert sum(minor for _words, minor in lines) == net
        by_credit = sum(each.credit_paid_minor for each in plans.documents(chain.acme) if each.id == made.document_id)
        assert charged or (state, by_credit) in {("open", by_credit), ("paid", total)}  # credit that was given pays it
    elif made.document_id:
        notes = plans.rows_of_notes(chain.acme, made.id)
        assert sum(note.total_minor for note in notes) == seen.given.amount_minor
        assert sum(note.net_minor for note in notes) == -seen.price.net.amount_minor


def priced(chain: Chain) -> tuple[Decimal, Decimal]:
    """Return what the customer's plan costs a second, and what is left of it from now on."""
    with clock.at(chain.now), as_service("look at a plan"), transaction() as session:
        has = reads.current(session, session.get_one(Customer, chain.acme.customer_id), chain.now)
        price, span = Decimal(has.has.price.amount_minor), has.period
    second = price / Decimal((span.ends_at - span.starts_at).total_seconds())
    return second, second * Decimal((span.ends_at - chain.now).total_seconds())


def reckon(chain: Chain, seen: Preview, second: Decimal) -> None:
    """Count what was paid, and what the plan before has cost until now."""
    chain.exact += second * Decimal((chain.now - chain.since).total_seconds())
    chain.since, chain.paid = chain.now, chain.paid + seen.quote.net.amount_minor
    chain.lines += len(seen.lines) or 4  # what comes to nothing was rounded, too


def is_conserved(chain: Chain) -> None:
    """What was paid is what the seconds at each price cost: rounding makes half a minor unit of a line, at most."""
    second, rest = priced(chain)
    held = second * Decimal((chain.now - chain.since).total_seconds())
    assert abs(chain.paid - (chain.exact + held + rest)) <= Decimal("0.5") * chain.lines


def given(acme: Customer) -> list[int]:
    """Return the credit that was given back, in micros, the oldest first."""
    return [each.micros for each in plans.rows(Grant, acme) if each.kind == "proration"]


def chains(seed: int, most: int) -> Iterator[int]:
    """Let customers of all sellers change at random, one after the other, until so many changes were previewed."""
    dice, made, number = random.Random(seed), 0, 0  # noqa: S311  # replayed, not secret
    while made < most:
        number += 1
        many = changes_at_random(sells(*dice.choice(SELLERS), number), dice)
        made += many
        yield many


@pytest.mark.case("AC-46", "AC-50")
@pytest.mark.case("AC-46", "AC-50")
def test_what_is_charged_or_given_is_what_was_shown(app: Flask) -> None:
    assert sum(chains(20270616, 20)) >= 20


@pytest.mark.case("AC-46", "AC-50")
@pytest.mark.proof
@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_changes_are_charged_as_they_were_shown(app: Flask, seed: int) -> None:
    assert sum(chains(seed, 500)) >= 500

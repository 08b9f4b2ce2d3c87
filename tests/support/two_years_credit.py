"""Credit in the story of two years: what is bought, given by a code, and bought and taken back at once."""

from datetime import datetime, timedelta
from random import Random

from app import clock
from app.domain.money import Credits, Money
from app.gateways.sandbox import controls
from app.models.payments import Payment
from app.models.scope import as_customer
from app.services import jobs
from app.services.credit_codes import making, redeeming
from app.services.payments import top_ups
from app.services.reversals import refunds
from tests.support.two_years import Pair, World, key


def buys(pair: Pair, dice: Random, now: datetime) -> tuple[int, Payment | None]:
    """Let the customer buy credit, or a pack of a unit of its own; return for how many cents, and the payment."""
    if pair.paper.card != "good":
        return 0, None
    terms, currency = pair.paper.terms, pair.customer.currency
    pack = dice.choice(list(terms.packs)) if terms.packs else ""
    cents = terms.pack_price(pack) if pack else dice.choice((1000, 2500, 3333, 10_000))
    with clock.at(now), as_customer(pair.customer_id):
        amount = None if pack else Money(cents, currency)
        bought = top_ups.buy(
            pair.actor, form_key=key(), amount=amount, pack=pack, method_id=pair.method, return_url=str
        )
    assert bought.state == "succeeded"
    pair.paper.tops_up(cents, now)
    return cents, bought


def buys_and_is_refunded(pair: Pair, dice: Random, now: datetime) -> None:
    """Let the customer buy credit, and the seller give the money back before anything is used of it."""
    if pair.paper.purse.owed:
        return
    cents, bought = buys(pair, dice, now)
    if bought is not None:
        with clock.at(now):
            refunds.refund(bought.id, reason="Bought by mistake", requested_by="seller")
        pair.paper.is_refunded(cents, now)


def buys_and_disputes(world: World, pair: Pair, dice: Random, now: datetime) -> None:
    """Let the customer buy credit, and its bank take the money back: for good, or until the seller has proved the sale."""
    if pair.paper.purse.owed:
        return
    cents, bought = buys(pair, dice, now)
    if bought is None:
        return
    settings, is_won = world.app.extensions["purser.settings"], dice.random() < 0.5
    with clock.at(now):
        opened = controls.dispute(settings, bought.processor_id or "")
        jobs.run_due(names=("sandbox_events_delivered", "webhooks_worked"))
        controls.close_dispute(settings, opened, won=is_won)
        jobs.run_due(names=("sandbox_events_delivered", "webhooks_worked"))
    pair.paper.is_disputed(cents, now, is_won=is_won)


def redeems(world: World, pair: Pair, dice: Random, now: datetime) -> None:
    """Let the customer redeem a code for credit."""
    if not pair.paper.terms.in_money:
        return
    cents, days = dice.randrange(1, 900), dice.randrange(1, 90)
    with clock.at(now):
        made = making.create(
            catalog=world.catalog, credits=Credits(cents * 10_000), reason="Fair", by="sales", lasts_days=days, most=1
        )
        redeeming.redeem(pair.actor, made.code, address="")
    pair.paper.gets(cents, now, now + timedelta(days=days))

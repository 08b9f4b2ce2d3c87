"""What customers of the demo order for good, each once: auto-recharge, with its sentence accepted, and other plans."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from app import clock
from app.demo.stories import Move, Recharge, Story
from app.domain.catalog import Catalog
from app.domain.money import Money
from app.domain.people.members import Actor
from app.models.auto_recharge import AutoRechargeSettings
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import PaymentMethod
from app.models.scope import as_customer
from app.services.auto_recharge import settings
from app.services.payments import resume_links
from app.services.subscriptions import changes, orders, preview, seats
from app.services.subscriptions.preview import Target

DESK = time(8, 40)  # before the first report of the day


def since(recharge: Recharge, born: date, today: date) -> date:
    """Return the day on which it is switched on: the day after the customer came, at the earliest."""
    return max(born + timedelta(days=1), today - timedelta(days=recharge.on_days_ago))


def switch_on(recharge: Recharge, buyer: Actor, catalog: Catalog, method: PaymentMethod) -> None:
    """Switch it on as the customer does on the page, once."""
    with as_customer(buyer.customer_id):
        if db.session.get(AutoRechargeSettings, buyer.customer_id) is not None:
            return
        terms = settings.current(db.session.get_one(Customer, buyer.customer_id), catalog)
    wanted = replace(
        terms,
        enabled=True,
        threshold=recharge.threshold,
        amount=_money(recharge.amount, catalog),
        pack="",
        period_limit=_money(recharge.limit, catalog),
        method_id=method.id if recharge.card else "",
    )
    accepted = settings.Acceptance(buyer.member_id, "127.0.0.1", settings.sentence(wanted, catalog, method))
    settings.change(buyer.customer_id, wanted, by=buyer.member_id, accepted=accepted, address="127.0.0.1")


def _money(units: int, catalog: Catalog) -> Money:
    return Money(units * 100, catalog.currency)


def change_plan(story: Story, buyer: Actor, day: date, born: date, at: datetime, today: date, form_key: str) -> None:
    """Make the change that the story has on this day, if any, and report how many seats are used."""
    wanted = [each for each in story.moves if day == each.on(born, today)]
    for each in wanted:
        with clock.at(at):
            _order(each, buyer, form_key)
            if each.seats_used is not None:
                seats.report(buyer.customer_id, each.seats_used, by="demo")


def _order(wanted: Move, buyer: Actor, form_key: str) -> None:
    target = Target(wanted.plan, None, wanted.seats)
    with as_customer(buyer.customer_id):
        if orders.of_form(form_key) is not None:
            return
        seen = preview.of(db.session.get_one(Customer, buyer.customer_id, populate_existing=True), target)
    changes.confirm(
        buyer,
        target,
        mark=seen.mark,
        amount=seen.charged,
        form_key=form_key,
        method_id="",
        return_url=resume_links.return_url,
    )

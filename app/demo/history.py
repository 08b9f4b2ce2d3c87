"""One demo customer's days: gifts, purchases and usage, each by the service that does it for real customers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from app import clock
from app.demo import invoices, limits, standing_orders, usage
from app.demo.payment_methods import add_test_method
from app.demo.reversals import reverse
from app.demo.stories import ASKING_CARD, DEBIT, GOOD_CARD, OTHER_CARD, PAYPAL, POOR_CARD, Gift, Story, dice
from app.domain.catalog import Catalog
from app.domain.errors import ensure
from app.domain.ledger import CREDITS, credits_unit
from app.domain.methods import Rail
from app.domain.money import Credits, Money
from app.domain.payments import PaymentState
from app.domain.people.members import Actor
from app.domain.rating import UsageReport
from app.domain.typed_numbers import parse_amount
from app.extensions import settings
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.ledger import Account, Grant
from app.models.payments import Payment
from app.models.scope import as_customer
from app.models.usage import Spending
from app.services.ledger import grants
from app.services.payment_methods import saved, setups
from app.services.payments import resume_links, settlement, top_ups

PURCHASES, GIFTS, TRIAL = time(9, 12), time(10, 30), time(8, 1)
INVOICES, PLANS = time(8, 30), time(9, 20)
JUST_NOW = timedelta(minutes=4)
IN_VAIN = timedelta(hours=3)
USUAL = ("first", "asked", "debit", "paypal", "second")
SMALLEST = 5
DESK = time(15, 20)
LAST_DIGITS = {GOOD_CARD: "4242", OTHER_CARD: "4444", ASKING_CARD: "3184", POOR_CARD: "9995", DEBIT: "3000", PAYPAL: ""}


@dataclass
class History:
    """What happens to one customer, day by day up to `now`."""

    story: Story
    catalog: Catalog
    buyer: Actor
    born: date
    next_day: date
    """The first day that is not written yet."""
    now: datetime
    webhook_url: str = ""
    """Where the host product listens; empty: nobody does."""
    has_lived: bool = False
    """Whether this run wrote any day."""

    def live(self, day: date) -> None:
        """Let the customer live through the day, but for its usage."""
        if day == self.born:
            self._arrive()
        for gift in self.story.gifts:
            if day == self.born + timedelta(days=gift.after_days):
                self._give(gift, day)
        at, key = self._moment(day, INVOICES), _form_key(self.story.slug, day, "invoice")
        invoices.close(self.story, self.buyer, day, at, self.now, key)
        self._recharge(day)
        at, key = self._moment(day, PLANS), _form_key(self.story.slug, day, "plan")
        standing_orders.change_plan(self.story, self.buyer, day, self.born, at, self.now.date(), key)
        self._buy_when_low(day)
        reverse(self.story, self.buyer, (day - self.born).days, self._moment(day, DESK))
        if day == max(self.born, self.now.date() - timedelta(days=limits.SET_DAYS_AGO)):
            with clock.at(self._moment(day, limits.DESK)):
                limits.set_up(self.story, self.buyer, self.webhook_url)

    def reports(self, day: date, at: list[datetime]) -> list[list[UsageReport]]:
        """Return what the customer used on the day, as its host reports it at each time."""
        return usage.reports(self.story, self.catalog, self.buyer.customer_id, day, self.born, at)

    def end(self, day: date) -> None:
        """End the day, in a rush where the story has one: now it is complete."""
        if self.is_rush(day):
            with clock.at(self._moment(day, limits.RUSH)):
                limits.rush(self.story, self.buyer, self.catalog, self.born, day)
        self.next_day, self.has_lived = day + timedelta(days=1), True

    def is_rush(self, day: date) -> bool:
        """Whether the day was so busy that its limit was reached: what is usual was used before."""
        return day == self._rush_day()

    def arrive_at_now(self) -> None:
        """Leave a hold open, and one purchase under way where the story has it and nothing of the kind is open."""
        with clock.at(self.now - JUST_NOW):
            limits.set_up(self.story, self.buyer, self.webhook_url)
            limits.stream(self.story, self.buyer)
        self._try_in_vain()
        if not self.story.leaves_under_way or self._under_way():
            return
        order = self._usual()
        with clock.at(self.now - JUST_NOW):
            if order is not None:
                self._buy(self.now.date(), self.story.leaves_under_way, "waiting", order)

    def _try_in_vain(self) -> None:
        """Let the bank decline a last purchase a few hours ago, where the story has it, once a day."""
        order = self._usual()
        if not self.story.last_card or order is None or self._has_bought(self.now.date(), "in vain"):
            return
        with clock.at(self.now - IN_VAIN):
            self._buy(self.now.date(), self.story.last_card, "in vain", order)

    def _arrive(self) -> None:
        trial = self.catalog.trial_grant
        if self.story.gets_trial and trial is not None and not self._has_grant(trial.description):
            with clock.at(self._moment(self.born, TRIAL)):
                grants.give(
                    self.buyer.customer_id,
                    kind="trial",
                    credits=trial.credits,
                    granted_by="catalog",
                    reason=trial.description,
                    description=trial.description,
                    expires_at=_later(clock.now(), trial.expires_after_days),
                )
        with clock.at(self._moment(self.born, PURCHASES)), as_customer(self.buyer.customer_id):
            kept = {method.last4 for method in saved.saved()}
            for name in self.story.cards:
                if LAST_DIGITS[name] not in kept:
                    self._save(name)

    def _save(self, name: str) -> None:
        """Save a method as the customer does, with a yes at the wallet's page where it asks."""
        if name != PAYPAL:
            add_test_method(self.buyer, name)
            return
        setup = setups.begin(self.buyer, kind=Rail.PAYPAL, test_method=name, address="127.0.0.1", user_agent="the demo")
        ensure(setup.processor_id is not None, "PayPal was not asked")
        controls.answer_challenge(settings(), setup.processor_id or "", approved=True)
        setups.settle(setup.id, returned=True)

    def _recharge(self, day: date) -> None:
        """Switch auto-recharge on, on the day on which the story has it."""
        wanted = self.story.recharge
        if wanted is None or day != standing_orders.since(wanted, self.born, self.now.date()):
            return
        with as_customer(self.buyer.customer_id):
            methods = saved.saved()
        digits = LAST_DIGITS[wanted.card] if wanted.card else ""
        method = next(each for each in methods if (each.last4 == digits if digits else each.is_default))
        with clock.at(self._moment(day, standing_orders.DESK)):
            standing_orders.switch_on(wanted, self.buyer, self.catalog, method)

    def _buys_by_hand(self, day: date) -> bool:
        """Whether the customer adds credits by hand: not once that is done automatically with a card that pays."""
        wanted = self.story.recharge
        return wanted is None or bool(wanted.card) or day < standing_orders.since(wanted, self.born, self.now.date())

    def _give(self, gift: Gift, day: date) -> None:
        if self._has_grant(gift.reason):
            return
        with clock.at(self._moment(day, GIFTS)):
            grants.give(
                self.buyer.customer_id,
                kind=gift.kind,
                credits=gift.credits,
                granted_by=f"support@{self.catalog.name}.example",
                reason=gift.reason,
                description=gift.reason,
                expires_at=_later(clock.now(), gift.lasts_days),
            )

    def _buy_when_low(self, day: date) -> None:
        """Buy what the customer usually buys when credit ran low; now and then the first card does not work."""
        left = self._balance()
        has_enough = left >= self.story.buys_below or not self._buys_by_hand(day)
        if has_enough or self._has_bought(day) or self._under_way():
            return
        order = self._usual(self._foreseen(left, day))
        if order is None:
            return
        with clock.at(self._moment(day, PURCHASES)):
            chance = dice(self.story.slug, "card", day, sides=10)
            if chance == 0 and POOR_CARD in self.story.cards:
                self._buy(day, POOR_CARD, "first", order)
            if chance == 1 and ASKING_CARD in self.story.cards:
                self._confirm(self._buy(day, ASKING_CARD, "asked", order))
                return
            if chance in {2, 3, 4} and DEBIT in self.story.cards:
                self._buy(day, DEBIT, "debit", order)  # the money comes days later
                return
            if chance in {5, 6} and PAYPAL in self.story.cards:
                self._buy(day, PAYPAL, "paypal", order)
                return
            card = OTHER_CARD if chance == 2 and OTHER_CARD in self.story.cards else GOOD_CARD
            paid = self._buy(day, card, "second", order)
            ensure(paid.state == PaymentState.SUCCEEDED.value, f"a good card did not pay: {paid.state} {paid.problem}")

    def _usual(self, foreseen: Credits | None = None) -> Money | str | None:
        """Return the amount or pack to buy; less, or nothing, where the story would end above where it should."""
        if isinstance(self.story.buys, str):
            return self.story.buys
        whole = self.story.buys
        if foreseen is not None and self.story.ends_near is not None:
            missing = int((self.story.ends_near - foreseen).units)
            whole = min(whole, missing // SMALLEST * SMALLEST)
        lowest = self.catalog.top_up.min if self.catalog.top_up else None
        amount = parse_amount(str(max(whole, 0)), self.catalog.currency)
        return amount if lowest is not None and amount >= lowest else None

    def _foreseen(self, left: Credits, day: date) -> Credits:
        """Return what would be left now if nothing were bought from `day` on."""
        if self.story.ends_near is None:
            return left
        last = (self.now - timedelta(hours=1)).date()
        used = usage.cost(self.story, self.catalog, self.born, day, last)
        rush = self._rush_day()
        if rush is not None and day <= rush <= last:
            used += limits.more_than_usual(self.story, self.catalog, self.born, rush)
        return left - used

    def _buy(self, day: date, card: str, which: str, order: Money | str) -> Payment:
        """Buy through the portal's own service. The key comes from the day: written twice it is still one order."""
        pack = order if isinstance(order, str) else ""
        with as_customer(self.buyer.customer_id):
            method = next(each for each in saved.saved() if each.last4 == LAST_DIGITS[card])
            return top_ups.buy(
                self.buyer,
                form_key=_form_key(self.story.slug, day, which),
                amount=order if isinstance(order, Money) else None,
                pack=pack,
                method_id=method.id,
                return_url=resume_links.return_url,
            )

    def _confirm(self, payment: Payment) -> None:
        """Answer the bank's question as the customer does on the bank's page."""
        if payment.state == PaymentState.REQUIRES_ACTION.value and payment.processor_id is not None:
            controls.answer_challenge(settings(), payment.processor_id, approved=True)
            settlement.settle(payment.id)

    def _balance(self) -> Credits:
        """Return the balance as the customer sees it: net of what is used and not posted yet."""
        unit = credits_unit(self.catalog.credit_unit)
        with as_customer(self.buyer.customer_id):
            micros = db.session.scalars(
                select(Account.balance - Spending.unposted_micros)
                .join(Spending, Spending.customer_id == Account.customer_id)
                .where(Account.unit == unit, Account.name == CREDITS)
            ).one()
        return Credits(micros)

    def _rush_day(self) -> date | None:
        own = self.story.own_limits
        return None if own is None else self.now.date() - timedelta(days=own.reached_days_ago)

    def _has_bought(self, day: date, *which: str) -> bool:
        keys = [_form_key(self.story.slug, day, each) for each in which or USUAL]
        with as_customer(self.buyer.customer_id):
            found = db.session.scalars(select(Payment.id).where(Payment.form_key.in_(keys)).limit(1))
            return found.one_or_none() is not None

    def _has_grant(self, reason: str) -> bool:
        with as_customer(self.buyer.customer_id):
            return db.session.scalars(select(Grant.id).where(Grant.reason == reason).limit(1)).one_or_none() is not None

    def _under_way(self) -> bool:
        waiting = [PaymentState.REQUIRES_ACTION.value, PaymentState.PROCESSING.value]
        with as_customer(self.buyer.customer_id):
            asked = select(Payment.id).where(Payment.state.in_(waiting)).limit(1)
            return db.session.scalars(asked).one_or_none() is not None

    def _moment(self, day: date, at: time) -> datetime:
        return min(datetime.combine(day, at, UTC), self.now - JUST_NOW)


def _later(moment: datetime, days: int | None) -> datetime | None:
    return moment + timedelta(days=days) if days else None


def _form_key(*words: object) -> str:
    """Return a form key that is always the same for these words."""
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[dice(*words, number, sides=32)] for number in range(26))

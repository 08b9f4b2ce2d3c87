"""Two years of a seller's customers by the clock, in Purser and on paper: whatever is due or done, day after day."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

from flask import Flask

from app import clock, ids
from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_customer, as_service
from app.services import jobs
from app.services.catalog import versions
from app.services.customers import registration
from app.services.dunning import collecting
from app.services.month_end import price_changes
from app.services.payment_methods import saved
from app.services.verification.verify import verify
from tests.reference.two_years.customer import OnPaper
from tests.reference.two_years.price_list import PriceList
from tests.support import plans, taxed, two_years_compared
from tests.support.shop import BROKE, GOOD, add_method

WORK = (
    "periods_rolled",
    "months_run",
    "interim_invoices_written",
    "grants_posted",
    "usage_posted",
    "grants_expired",
    "sandbox_events_delivered",
    "webhooks_worked",
    "payments_checked",
    "refunds_checked",
    "invoices_collected",
)
"""What the worker does that moves money, credit or plans."""
_numbers = count(1)


@dataclass
class Pair:
    """One customer, in Purser and on paper."""

    customer_id: str
    actor: Actor
    paper: OnPaper
    method: str = ""
    seats_used: int = 0
    change: str = ""
    """The order that is scheduled."""

    @property
    def customer(self) -> Customer:
        """The customer's row as it is now."""
        with as_service("look at a customer"):
            return db.session.get_one(Customer, self.customer_id, populate_existing=True)


@dataclass
class World:
    """A seller, the customers, and the clock."""

    app: Flask
    catalog: str
    text: str
    seed: str
    lists: list[PriceList] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    days: int = 0
    papers: int = 0
    done: list[str] = field(default_factory=list)
    """The last things that were done, for whoever looks at a failure."""

    def sells(self, text: str) -> None:
        """Offer the plans by these prices from now on."""
        made = versions.apply(text)
        self.text = text
        self.lists.append(PriceList(text, made.version))

    def is_born(self, at: datetime, plan: str, country: str, card: str, *, trial: bool) -> Pair:
        """Let a customer come, with its card."""
        with clock.at(at):
            made = registration.create(
                name="Two Years Ltd",
                email="billing@years.example",
                catalog=self.catalog,
                external_id=f"{self.catalog}-{next(_numbers)}",
                created_at=at,
                plan=plan,
                trial=trial,
            )
            pair = Pair(made.customer_id, plans.manager_of(made), OnPaper(self.lists, at, "", plan))
            if trial and self.lists[-1].in_money:
                pair.paper.gets(self.lists[-1].trial_cents, at, at + timedelta(days=self.lists[-1].trial_days))
            if country:
                self.moves(pair, country)
            if card != "none":
                self.changes_card(pair, card, at)
        self.pairs.append(pair)
        self.works(at)
        return pair

    def moves(self, pair: Pair, country: str) -> None:
        """Let the customer live in another country."""
        taxed.lives(pair.customer, country)
        pair.paper.country = country

    def changes_card(self, pair: Pair, card: str, at: datetime) -> None:
        """Let the customer pay with another card from now on, and forget the one before."""
        with clock.at(at), as_customer(pair.customer_id):
            made = add_method(pair.actor, GOOD if card == "good" else BROKE).id
            saved.make_default(pair.actor, made)
            if pair.method and pair.paper.card != card:  # the same card again has taken the place of itself
                saved.remove(pair.actor, pair.method)
        pair.method = made
        pair.paper.changes_card(card)

    def announces(self, at: datetime, day: date, chosen: list[Pair]) -> None:
        """Announce to these customers that they have the newest prices from a day on."""
        newest = self.lists[-1].number
        for pair in chosen:
            if pair.paper.number < newest:
                with clock.at(at):
                    price_changes.announce(pair.customer_id, newest, day, by="seller")
                pair.paper.announced = (pair.paper.choice.plan, newest, day)

    def works(self, at: datetime) -> None:
        """Let the worker do what is due; on paper, too."""
        with clock.at(at):
            jobs.run_due(names=WORK)
        for pair in self.pairs:
            pair.paper.closes(at)
            pair.paper.bills_what_is_too_much(at)
            pair.paper.is_collected(at)
            pair.paper.purse.expire(at)

    def collects(self, at: datetime) -> None:
        """Let what waits for a new card be collected at once."""
        with clock.at(at):
            collecting.collect_due()
        for pair in self.pairs:
            pair.paper.is_collected(at)

    def due(self, after: datetime) -> datetime:
        """Return when something is due next."""
        return min(
            (each for pair in self.pairs for each in pair.paper.moments() if each > after),
            default=datetime.max.replace(tzinfo=UTC),
        )

    def says(self, at: datetime, words: str) -> None:
        """Remember what was done."""
        self.done = [*self.done[-11:], f"{at:%F %T} {words}"]

    def ends_day(self, at: datetime) -> None:
        """Compare everything, and prove the books, at the end of a day."""
        self.days += 1
        with clock.at(at):
            found = [*self._differences(), *(str(each) for each in verify())]
        assert not found, "\n".join(
            [f"{self.catalog}, seed {self.seed!r}, {at:%F %T}:", *found[:12], "after:", *self.done]
        )

    def _differences(self) -> Iterator[str]:
        whole = 0
        for pair in self.pairs:
            yield from two_years_compared.differences(pair.customer_id, pair.paper)
            whole += len(pair.paper.papers)
        self.papers = whole


def key() -> str:
    """Return the key of a new form."""
    return ids.new_form_key()

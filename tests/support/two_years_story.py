"""What the customers of two years do, drawn by a seeded generator: on the days that are hard, and on any other."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from flask import Flask

from app import clock
from app.domain.errors import Refused
from app.services.subscriptions import cancellation, seats, undoing
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.reference.two_years import change
from tests.support import cast, periods, plans
from tests.support import two_years_credit as credit
from tests.support.two_years import Pair, World, key

BEGINS = datetime(2027, 1, 31, 10, 17, 5, tzinfo=UTC)
ENDS = datetime(2029, 3, 2, tzinfo=UTC)
"""The last day of January, the 29th of February 2028 and both ways of the clocks lie within."""
BIRTHS = (
    datetime(2027, 8, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2028, 2, 29, 8, 0, 1, tzinfo=UTC),
)
"""Customers come on the last days of months, too."""
HARD = (
    datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
    datetime(2027, 10, 31, 1, 0, 0, tzinfo=UTC),
    datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2028, 2, 29, 11, 30, 0, tzinfo=UTC),
    datetime(2028, 3, 1, 0, 0, 0, tzinfo=UTC),
)
"""Europe's clocks go forward and back, a year ends, and the leap day."""
COUNTRIES = {
    "analytics": ("", "DE", "AT", "NL", "US"),
    "gateway": ("", "DE", "FR", "GB", "US"),
    "identity": ("", "US", "DE"),
    "platform": ("", "FR", "BE", "US"),
}
QUANTITIES = {
    "enrichments": 200,
    "requests": 25_000,
    "streaming_minutes": 800,
    "egress": 60_000,
    "mau": 60,
    "container_runtime": 1_900,
    "addons": 900,
}
ALLOWED = (("mau = 1000,", "mau = 20,"), ("mau = 10000,", "mau = 60,"), ("mau = 50000,", "mau = 90,"))
"""Few active users are enough to pass what a plan includes."""

SERVED = (('exposure = "200"', 'exposure = "20"'),)
"""And little use is too much to be paid at the end of the month."""


def text_of(catalog: str) -> str:
    """Return the example catalog without its logo, which is a file."""
    text = (cast.EXAMPLES / f"{catalog}.toml").read_text()
    for old, new in {"identity": ALLOWED, "platform": SERVED}.get(catalog, ()):
        assert old in text
        text = text.replace(old, new)
    return "\n".join(line for line in text.splitlines() if not line.startswith("logo = "))


def dearer(text: str, times: int) -> str:
    """Return the catalog with other prices: of plans, seats and usage."""

    def price(found: re.Match[str]) -> str:
        cents = int(found[2].replace(".", "")) * times // 2 + 1
        return f'{found[1]} = "{cents // 100}.{cents % 100:02d}"'

    return re.sub(r'\b(monthly|annual) = "(\d+\.\d\d)"', price, text)


class Story:
    """One seller's two years."""

    def __init__(
        self, app: Flask, catalog: str, seed: str, *, customers: int, begins: datetime = BEGINS, until: datetime = ENDS
    ) -> None:
        self.dice = Random(f"{catalog} {seed}")  # noqa: S311  # replayed, not secret
        self.world = World(app, catalog, text_of(catalog), seed)
        self.begins, self.until, whole = begins, until, until - begins
        hard = [begins, *(each for each in BIRTHS if begins < each < until)]
        others = [begins + whole * self.dice.random() * 0.4 for _ in range(customers)]
        self.births = sorted(each.replace(microsecond=0) for each in [*hard, *others][:customers])
        self.prices = [begins + whole // 5, begins + whole // 2]
        self.notice = whole // 10 + timedelta(days=1)
        self.next = dict[int, datetime]()
        self.acts = 0

    def runs(self) -> World:
        """Let the time pass, from one moment at which something is due to the next."""
        world, now = self.world, self.begins - timedelta(seconds=1)
        world.sells(world.text)
        while True:
            fixed = [each for each in (*self.births, *self.prices, *HARD) if each > now]
            at = min([*fixed, *(each for each in self.next.values() if each > now), world.due(now)])
            if at >= self.until:
                break
            if at.date() != now.date() and world.pairs:
                world.ends_day(now)
            now = at
            world.works(now)
            self._acts(now)
        world.ends_day(now)
        return world

    def _acts(self, now: datetime) -> None:
        world = self.world
        if now in self.prices:
            world.sells(dearer(world.text, 3))
            world.announces(now, (now + self.notice).date(), [each for each in world.pairs if self.dice.random() < 0.7])
        for _birth in range(self.births.count(now)):
            self._is_born(now)
        for place, pair in enumerate(world.pairs):
            if self.next.get(place) == now or now in HARD:
                self.does(pair, now)
                self.next[place] = now + timedelta(seconds=self.dice.randrange(2 * 3600, 9 * 24 * 3600))

    def _is_born(self, now: datetime) -> None:
        dice, newest = self.dice, self.world.lists[-1]
        plan = dice.choice(["", *newest.buyable])
        card = dice.choice(("good", "good", "good", "bad", "none"))
        self.world.is_born(now, plan, dice.choice(COUNTRIES[self.world.catalog]), card, trial=dice.random() < 0.6)
        self.next[len(self.world.pairs) - 1] = now + timedelta(hours=dice.randrange(1, 60))

    def does(self, pair: Pair, now: datetime) -> None:
        """Let the customer do something."""
        ways: list[tuple[int, Callable[[Pair, datetime], None]]] = [
            (8, self._uses),
            (3, self._tops_up),
            (1, self._is_given),
            (1, self._is_refunded),
            (1, self._disputes),
            (1, self._redeems),
            (5, self._changes),
            (1, self._cancels),
            (2, self._keeps),
            (1, self._unschedules),
            (2, self._changes_card),
            (1, self._moves),
            (1, self._uses_seats),
        ]
        weights, what = [weight for weight, _way in ways], [way for _weight, way in ways]
        way = self.dice.choices(what, weights)[0]
        self.acts += 1
        self.world.says(now, f"{pair.customer_id} {way.__name__.strip('_')}")
        way(pair, now)
        pair.paper.pays_open(now)

    def _uses(self, pair: Pair, now: datetime) -> None:
        meter = self.dice.choice(pair.paper.terms.priced_meters)
        quantity = self.dice.randrange(1, QUANTITIES[meter])
        if pair.paper.terms.kind(meter) != "unique":
            periods.reports(pair.customer, meter, quantity, at=now)
            pair.paper.uses(meter, quantity, now)
            return
        named = [f"user-{self.dice.randrange(150)}" for _ in range(quantity)]
        with clock.at(now):
            reports = [UsageReport(key(), pair.customer_id, meter, 1, each) for each in named]
            assert events.accept(reports).accepted == len(reports)
        for each in named:
            pair.paper.uses(meter, 1, now, each)

    def _tops_up(self, pair: Pair, now: datetime) -> None:
        credit.buys(pair, self.dice, now)

    def _is_refunded(self, pair: Pair, now: datetime) -> None:
        credit.buys_and_is_refunded(pair, self.dice, now)

    def _disputes(self, pair: Pair, now: datetime) -> None:
        credit.buys_and_disputes(self.world, pair, self.dice, now)

    def _redeems(self, pair: Pair, now: datetime) -> None:
        credit.redeems(self.world, pair, self.dice, now)

    def _is_given(self, pair: Pair, now: datetime) -> None:
        if not pair.paper.terms.in_money:
            return
        cents, lasts = self.dice.randrange(1, 40), timedelta(seconds=self.dice.randrange(3600, 60 * 24 * 3600))
        with clock.at(now):
            periods.grants.give(
                pair.customer_id, kind="promotional", credits=periods.Credits(cents * 1_000_000),
                granted_by="sales", reason="Welcome", expires_at=now + lasts,
            )  # fmt: skip
        pair.paper.gets(cents * 100, now, now + lasts)

    def _changes(self, pair: Pair, now: datetime) -> None:
        paper, newest, dice = pair.paper, self.world.lists[-1], self.dice
        plan = dice.choice(newest.buyable)
        if plan == paper.choice.plan and dice.random() < 0.5:
            plan = dice.choice(newest.buyable)
        interval = dice.choice(newest.intervals(plan))
        least, most = newest.seats(plan)
        number = dice.randint(least, min(most, least + 8))
        offer = change.offered(paper, plan, interval, number, pair.seats_used, now)
        if paper.card == "none" and offer is not None and offer.is_now and offer.net > 0:
            return
        wants = plans.target(plan, number if most > 1 else None, interval)
        try:
            made, why = plans.confirms(pair.actor, wants, pair.method, at=now), ""
        except Refused as refused:
            made, why = None, refused.reason
        is_declined = why.startswith(("too_many", "declin")) and paper.card == "bad"
        assert is_declined or (made is None) == (offer is None), f"{self._where(pair, now)}: {why} for {offer}"
        if made is None or offer is None:
            return
        before, number = paper.choice, paper.number
        was_billed = not paper.costs or paper.billed > paper.of_plan.starts
        said = change.ordered(paper, offer, now)
        assert made.state == said, f"{self._where(pair, now)}: {made.state} and should be {said}"
        pair.change = made.id if said == "scheduled" else ""
        if said == "applied" and was_billed and number == paper.number and self._is_to_be_given_back(pair, before, now):
            with clock.at(now):
                undoing.undo(pair.customer_id, made.id, by="alice")
            change.seats_given_back(paper, before, now)

    def _is_to_be_given_back(self, pair: Pair, before: object, now: datetime) -> bool:
        last, after = pair.paper.papers[-1:], pair.paper.choice
        is_seats = (getattr(before, "plan", ""), getattr(before, "interval", "")) == (after.plan, after.interval)
        is_paid = bool(last) and last[0].at == now and last[0].is_paid and last[0].kind == "invoice"
        return is_seats and is_paid and pair.paper.terms.waits and self.dice.random() < 0.5

    def _cancels(self, pair: Pair, now: datetime) -> None:
        if not pair.paper.costs or pair.paper.is_canceled:
            return
        with clock.at(now):
            cancellation.cancel(pair.customer_id, by="alice")
        pair.paper.is_canceled, pair.paper.scheduled = True, None

    def _keeps(self, pair: Pair, now: datetime) -> None:
        with clock.at(now):
            cancellation.keep(pair.customer_id, by="alice")
        pair.paper.is_canceled = False

    def _unschedules(self, pair: Pair, now: datetime) -> None:
        if pair.paper.scheduled is not None and pair.change:
            with clock.at(now):
                undoing.undo(pair.customer_id, pair.change, by="alice")
            pair.paper.scheduled = None

    def _changes_card(self, pair: Pair, now: datetime) -> None:
        card = "good" if pair.paper.card != "good" else self.dice.choice(("bad", "good"))
        self.world.changes_card(pair, card, now)
        self.world.collects(now)

    def _moves(self, pair: Pair, now: datetime) -> None:
        with clock.at(now):
            self.world.moves(pair, self.dice.choice(COUNTRIES[self.world.catalog][1:]))

    def _uses_seats(self, pair: Pair, now: datetime) -> None:
        pair.seats_used = self.dice.randrange(8)
        with clock.at(now):
            seats.report(pair.customer_id, pair.seats_used, by="host")

    def _where(self, pair: Pair, now: datetime) -> str:
        return f"{self.world.catalog}, seed {self.world.seed!r}, {now:%F %T}, {pair.customer_id}"

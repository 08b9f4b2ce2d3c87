"""Who the demo's customers are and how they behave: a pure function of the day, the same in every run."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.money import Credits
from app.domain.people.members import Role

PASSWORD = "harbour lights at noon"  # noqa: S105  # printed on purpose: the demo holds nothing of anybody
GOOD_CARD, OTHER_CARD = "pm_card_visa", "pm_card_mastercard"
POOR_CARD, ASKING_CARD = "pm_card_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired"
DEBIT, PAYPAL = "pm_success_de", "paypal"
ALWAYS = 10_000
"""Longer ago, in days, than any history goes back."""


@dataclass(frozen=True)
class Habit:
    """How much of a meter a customer uses: on a weekday at first, on weekends, and how it grows over a year."""

    meter: str
    weekday: int
    weekend_percent: int = 100
    growth_percent: int = 0
    is_level: bool = False
    """A value that is there every day and only grows, such as what is stored."""


@dataclass(frozen=True)
class Alert:
    """A usage alert: so much of a meter, or so many percent of what the plan has of it."""

    meter: str
    threshold: int
    is_percent: bool = False


@dataclass(frozen=True)
class OwnLimits:
    """What the customer set on Spend management, and the days ago on which the daily limit was reached."""

    daily_limit: Credits
    notify_threshold: Credits
    reached_days_ago: int


@dataclass(frozen=True)
class Recharge:
    """What the customer allows to be charged automatically, and since how many days; in whole units."""

    on_days_ago: int
    threshold: Credits
    amount: int
    limit: int
    card: str = ""
    """The method that is charged; empty: the default one, and nothing more is bought by hand."""


@dataclass(frozen=True)
class Move:
    """A change of plan: so many days ago, to a plan with so many seats, of which so many are used."""

    days_ago: int
    plan: str
    seats: int | None = None
    seats_used: int | None = None

    def on(self, born: date, today: date) -> date:
        """Return the day on which it is made: the day on which the customer came, at the earliest."""
        return max(born, today - timedelta(days=self.days_ago))


@dataclass(frozen=True)
class Gift:
    """Credit that the seller gives: so many days after the customer came, lasting so many."""

    after_days: int
    kind: str
    credits: Credits
    reason: str
    lasts_days: int | None = None


@dataclass(frozen=True)
class Reversal:
    """A purchase that goes back: so many days after the customer came, some of the last one is refunded or disputed."""

    after_days: int
    units: int = 0
    """Whole units of the currency to refund; 0: the bank disputes it, and the seller wins."""
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """One customer of the demo."""

    slug: str
    name: str
    catalog: str
    plan: str
    people: tuple[tuple[str, Role], ...]
    habits: tuple[Habit, ...]
    buys_below: Credits
    buys: int | str
    """Whole units of the currency, or the key of a pack."""
    cards: tuple[str, ...] = (GOOD_CARD, POOR_CARD, ASKING_CARD)
    gifts: tuple[Gift, ...] = ()
    ends_near: Credits | None = None
    """The balance that the last purchases steer to; None: wherever habit leads."""
    reversals: tuple[Reversal, ...] = ()
    leaves_under_way: str = ""
    """The method of a last purchase that is still under way when the history ends."""
    own_limits: OwnLimits | None = None
    recharge: Recharge | None = None
    moves: tuple[Move, ...] = ()
    alerts: tuple[Alert, ...] = ()
    shows: str = ""
    """What there is to see, as the list of people says it."""
    came_days_ago: int | None = None
    """When the customer came; None: when the history begins."""
    gets_trial: bool = True
    invited_by: str = ""
    """The slug of the customer whose referral code it came with; that one's story comes before."""
    leaves_due: bool = False
    """Whether the invoice of the last billing period is still to be paid."""
    last_card: str = ""
    """The card that a last purchase was tried with, in vain, a few hours ago."""

    def members(self) -> list[tuple[str, str, Role]]:
        """Return name, e-mail address and role of the customer's people."""
        return [(name, f"{name.split()[0].lower()}@{self.slug}.example", role) for name, role in self.people]

    def quantity(self, habit: Habit, day: date, age: int) -> int:
        """Return how much of the meter is used on the day, `age` days after the customer came."""
        grown = habit.weekday * (100 + habit.growth_percent * min(age, 365) // 365)
        if habit.is_level:
            return grown // 100
        shape = habit.weekend_percent if day.weekday() >= 5 else 100
        return grown * shape * (75 + dice(self.slug, habit.meter, day, sides=51)) // 1_000_000


def dice(*words: object, sides: int) -> int:
    """Return a number from 0 to `sides` - 1 that looks random and is always the same for these words."""
    digest = hashlib.sha256(":".join(str(word) for word in words).encode()).digest()
    return int.from_bytes(digest[:8], "big") % sides


def _units(number: int) -> Credits:
    return Credits(number * 1_000_000)


STORIES = (
    Story(
        slug="northwind",
        name="Northwind Labs GmbH",
        catalog="gateway",
        plan="pay_as_you_go",
        people=(("Nora Winter", Role.OWNER), ("Ben Okafor", Role.BILLING_MANAGER), ("Vera Lindt", Role.VIEWER)),
        habits=(
            Habit("requests", 16_000, 35, 80),
            Habit("streaming_minutes", 150, 0, 60),
            Habit("egress", 9_000, 40, 90),
        ),
        own_limits=OwnLimits(daily_limit=_units(25), notify_threshold=_units(20), reached_days_ago=6),
        alerts=(Alert("requests", 500_000), Alert("egress", 1_000_000)),
        buys_below=_units(90),
        buys=250,
        cards=(GOOD_CARD, OTHER_CARD, POOR_CARD, ASKING_CARD),
        reversals=(Reversal(230, 50, "Bought more than was needed"),),
        gifts=(
            Gift(95, "promotional", _units(25), "Launch week credit", 60),
            Gift(210, "refund", _units(12), "For the outage in the Frankfurt region"),
            Gift(345, "promotional", _units(20), "Thank you for one year with us", 60),
        ),
        shows="A long history, credit to spend, a daily limit that was reached once",
    ),
    Story(
        slug="lumen",
        name="Lumen Analytics S.r.l.",
        catalog="analytics",
        plan="free",
        people=(("Lucia Ferri", Role.OWNER), ("Marco Bianchi", Role.BILLING_MANAGER), ("Giulia Costa", Role.VIEWER)),
        habits=(
            Habit("enrichments", 300, 25, 50),
            Habit("sessions", 3_900, 30, 60),
            Habit("events", 64_000, 30, 90),
            Habit("storage", 40_500, growth_percent=18, is_level=True),
        ),
        alerts=(Alert("events", 80, is_percent=True), Alert("enrichments", 100, is_percent=True)),
        buys_below=_units(1_300_000),
        buys="pro",
        gifts=(
            Gift(60, "promotional", _units(500_000), "Beta programme", 90),
            Gift(350, "promotional", _units(300_000), "Autumn offer", 45),
        ),
        moves=(Move(ALWAYS, "team", seats=5, seats_used=4),),
        leaves_under_way=ASKING_CARD,
        shows="A plan with seats and allowances, credit in tokens, a payment that the bank asks about",
    ),
    Story(
        slug="fernhill",
        name="Fernhill Health Ltd",
        catalog="identity",
        plan="free",
        people=(("Fiona Hart", Role.OWNER), ("Tom Ashby", Role.BILLING_MANAGER), ("Priya Nair", Role.VIEWER)),
        habits=(
            Habit("mau", 44, 45, 40),
            Habit("organizations", 2, is_level=True),
            Habit("authentications", 70, 45, 40),
            Habit("sso_logins", 9, 20, 60),
            Habit("social_logins", 20, 70, 30),
        ),
        alerts=(Alert("mau", 80, is_percent=True), Alert("mau", 100, is_percent=True)),
        buys_below=_units(25),
        buys=40,
        gifts=(Gift(150, "promotional", _units(30), "Conference credit", 45),),
        reversals=(Reversal(95),),
        ends_near=_units(14),
        shows="Many meters near their limits, little credit left",
    ),
    Story(
        slug="brightyard",
        name="Brightyard SARL",
        catalog="platform",
        plan="pay_per_use",
        people=(("Claire Moreau", Role.OWNER), ("Hugo Petit", Role.BILLING_MANAGER), ("Ines Roche", Role.VIEWER)),
        habits=(Habit("container_runtime", 140, 90, 70), Habit("addons", 96, 100, 50)),
        buys_below=_units(40),
        buys=200,
        cards=(GOOD_CARD, DEBIT, PAYPAL, POOR_CARD),
        gifts=(Gift(30, "promotional", _units(50), "Migration credit", 120),),
        leaves_under_way=DEBIT,
        recharge=Recharge(150, threshold=_units(60), amount=50, limit=250),
        moves=(Move(20, "support"), Move(2, "pay_per_use")),
        shows="Auto-recharge; card, debit and PayPal, a debit on its way, a scheduled change, referrals that earn",
    ),
    Story(
        slug="tidewater",
        name="Tidewater Sound ApS",
        catalog="gateway",
        plan="pay_as_you_go",
        people=(("Theo Lund", Role.OWNER), ("Maja Holm", Role.BILLING_MANAGER), ("Emil Krogh", Role.VIEWER)),
        habits=(Habit("requests", 9_000, 60, 300), Habit("egress", 4_000, 60, 300)),
        buys_below=_units(20),
        buys=60,
        cards=(GOOD_CARD, POOR_CARD),
        ends_near=_units(-36),
        came_days_ago=75,
        last_card=POOR_CARD,
        recharge=Recharge(6, threshold=_units(20), amount=60, limit=120, card=POOR_CARD),
        shows="In trouble: below zero, the card was declined, and auto-recharge has stopped",
    ),
    Story(
        slug="marlow",
        name="Marlow Freight Ltd",
        catalog="gateway",
        plan="pay_as_you_go",
        people=(("Martha Lowe", Role.OWNER), ("Owen Pryce", Role.BILLING_MANAGER), ("Gwen Tate", Role.VIEWER)),
        habits=(Habit("requests", 1_200, 60),),
        buys_below=_units(-1_000),
        buys=0,
        cards=(POOR_CARD,),
        came_days_ago=50,
        gets_trial=False,
        leaves_due=True,
        shows="Buys nothing beforehand: its card pays no invoice of what was used below zero",
    ),
    Story(
        slug="seagrass",
        name="Seagrass Studio SARL",
        catalog="platform",
        plan="pay_per_use",
        people=(("Anna Keller", Role.OWNER), ("Luc Favre", Role.BILLING_MANAGER), ("Mina Roux", Role.VIEWER)),
        habits=(Habit("container_runtime", 60, 90, 40),),
        buys_below=_units(15),
        buys=60,
        cards=(GOOD_CARD,),
        came_days_ago=130,
        gets_trial=False,
        invited_by="brightyard",
        shows="Came by the link of Brightyard, which earns a share of what it pays",
    ),
    Story(
        slug="solstice",
        name="Solstice Robotics, Inc.",
        catalog="gateway",
        plan="pay_as_you_go",
        people=(("Sara Quist", Role.OWNER), ("Jonas Weber", Role.BILLING_MANAGER), ("Ida Blom", Role.VIEWER)),
        habits=(),
        buys_below=_units(0),
        buys=0,
        cards=(),
        came_days_ago=0,
        gets_trial=False,
        shows="New today: nothing bought, nothing used",
    ),
)

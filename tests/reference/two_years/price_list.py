"""A seller's prices as its catalog file says them, read by hand: every amount in minor units or in millionths."""

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MILLION = 1_000_000
EUROPE = {"AT", "BE", "DE", "FR", "NL"}
"""The countries of the European Union in which customers of the simulation live."""


def rounded(exact: Fraction) -> int:
    """Return the nearest whole number; half of one is rounded away from zero."""
    size = int(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


def minor(words: str) -> int:
    """Return an amount of euros or dollars in cents."""
    return rounded(Fraction(words) * 100)


@dataclass(frozen=True)
class Choice:
    """A plan, how it is paid for, and with how many seats."""

    plan: str
    interval: str
    seats: int


class PriceList:
    """One version of a catalog file."""

    def __init__(self, text: str, number: int) -> None:
        self.number = number
        self._said: dict[str, Any] = tomllib.loads(text)
        self._plans: dict[str, dict[str, Any]] = {each["key"]: each for each in self._said["plans"]["tiers"]}
        self._meters: dict[str, dict[str, Any]] = {each["key"]: each for each in self._said["meters"]}
        self.packs: dict[str, dict[str, Any]] = {each["key"]: each for each in self._said.get("packs", [])}
        self.default: str = self._said["plans"]["default"]
        self.waits: bool = self._said["plans"]["downgrade"] == "period_end"
        self.by_calendar: bool = self._said["plans"].get("periods") == "calendar_month"
        self.at_use: bool = self._said["tax"]["credits"] == "at_use"
        self.in_money: bool = self._said["credits"]["unit"] == self._said["credits"]["currency"]
        self.together: bool = self._said["credits"].get("burn") == "at_invoice"
        """Whether what was used in a month is one sum, and each meter has its share of it."""
        self.exposure: int = minor(self._said.get("arrears", {}).get("exposure", "0"))
        self.due_days: int = self._said["invoices"]["due_days"]
        self.retry_days: list[int] = self._said["dunning"]["retry_days"]
        self.suspend_after_days: int = self._said["dunning"]["suspend_after_days"]
        self.trial_days: int = self._said["trial"]["expires_after_days"]
        self.trial_cents = minor(self._said["trial"]["credits"])
        self.order = list(self._plans)

    @property
    def buyable(self) -> list[str]:
        """The plans that can be had without asking."""
        return [key for key, plan in self._plans.items() if not plan.get("on_request")]

    @property
    def priced_meters(self) -> list[str]:
        """The meters that cost something."""
        return [key for key, meter in self._meters.items() if "credits" in meter or "tiers" in meter]

    def pack_price(self, key: str) -> int:
        """What a pack costs."""
        return minor(self.packs[key]["price"])

    def kind(self, meter: str) -> str:
        """How the meter counts."""
        return str(self._meters[meter]["kind"])

    def intervals(self, plan: str) -> list[str]:
        """How the plan may be paid for."""
        return [each for each in ("monthly", "annual") if each in self._plans[plan]]

    def seats(self, plan: str) -> tuple[int, int]:
        """How many seats are included, and how many there may be."""
        sold = self._plans[plan].get("seats")
        return (sold["included"], sold["max"]) if sold else (1, 1)

    def has_seats(self, plan: str) -> bool:
        """Whether the plan says how many people may use it: also one that is for one alone (decision 0047)."""
        return "seats" in self._plans[plan]

    def base(self, choice: Choice) -> int:
        """What the plan costs without its seats."""
        return minor(self._plans[choice.plan].get(choice.interval, "0"))

    def seat(self, choice: Choice) -> int:
        """What one more seat costs."""
        return minor(self._plans[choice.plan].get("seats", {}).get(choice.interval, "0"))

    def of_seats(self, choice: Choice) -> int:
        """What the seats beyond the included ones cost."""
        return self.seat(choice) * max(0, choice.seats - self.seats(choice.plan)[0])

    def price(self, choice: Choice) -> int:
        """What all of it costs."""
        return self.base(choice) + self.of_seats(choice)

    def cost(self, plan: str, meter: str, quantity: int) -> int:
        """What a period's quantity costs, in millionths."""
        said, of = self._meters[meter], self._plans[plan]
        left = max(0, quantity - of.get("allowances", {}).get(meter, 0))
        whole, passed = Fraction(0), 0
        own = of.get("rates", {}).get(meter)
        steps = [{"credits": own}] if own else said.get("tiers", [{"credits": said.get("credits", "0")}])
        for step in steps:
            part = left if "up_to" not in step else min(left, step["up_to"] - passed)
            whole += Fraction(step["credits"]) * part
            left, passed = left - part, step.get("up_to", passed)
        return rounded(whole * MILLION / said.get("per", 1))

    def percent(self, country: str) -> Fraction:
        """What tax comes on top in a country; none was said: the seller's own."""
        home = self._said["seller"]["country"]
        rates = {each["country"]: Fraction(each["percent"]) for each in self._said["tax"].get("rates", [])}
        where = country or home
        if where in rates:
            return rates[where]
        return rates.get(home, Fraction(0)) if {where, home} <= EUROPE else Fraction(0)

    def tax(self, net: int, country: str) -> int:
        """What tax comes on top of an amount."""
        return rounded(net * self.percent(country) / 100)

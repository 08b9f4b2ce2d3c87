"""Money and credits: whole numbers with their unit, one way in, one rounding out.

Money is whole minor units of a currency (ISO 4217; cents for USD, yen for JPY). Credits are whole micros (10^-6) of the
customer's credit unit, which is a currency or a named unit such as tokens. The two are different types on purpose.
"""

from dataclasses import dataclass
from decimal import Decimal

from app.domain.currencies import exponent
from app.domain.errors import ensure

MICROS = 1_000_000


@dataclass(frozen=True, order=True)
class Money:
    """An amount in whole minor units of `currency`."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        ensure(type(self.amount_minor) is int, f"money is a whole number, not {self.amount_minor!r}")
        exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        ensure(self.currency == other.currency, f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        ensure(self.currency == other.currency, f"{self.currency} and {other.currency} do not add up")
        return Money(self.amount_minor - other.amount_minor, self.currency)

    @property
    def major(self) -> Decimal:
        """The amount in the currency's whole units, exact: 12.34 for 1234 cents."""
        return Decimal(self.amount_minor).scaleb(-exponent(self.currency))


@dataclass(frozen=True, order=True)
class Credits:
    """An amount of the customer's credit unit in whole micros."""

    micros: int

    def __post_init__(self) -> None:
        ensure(type(self.micros) is int, f"credits are whole micros, not {self.micros!r}")

    def __add__(self, other: "Credits") -> "Credits":
        return Credits(self.micros + other.micros)

    def __sub__(self, other: "Credits") -> "Credits":
        return Credits(self.micros - other.micros)

    def __neg__(self) -> "Credits":
        return Credits(-self.micros)

    @property
    def units(self) -> Decimal:
        """The amount in whole credit units, exact."""
        return Decimal(self.micros).scaleb(-6)


def six_decimals(micros: int) -> str:
    """Return the units that the micros are, as files write them: `-0.001000`. Exact, and without a Decimal."""
    if micros < 0:
        return f"-{six_decimals(-micros)}"
    return f"{micros // MICROS}.{micros % MICROS:06d}"


def in_major(minor: int, currency: str) -> str:
    """Return the amount in whole units of the currency, as files write it: `-0.05`. Exact, and without a Decimal."""
    decimals = exponent(currency)
    if not decimals:
        return f"{minor}"
    if minor < 0:
        return f"-{in_major(-minor, currency)}"
    step = 10**decimals
    return f"{minor // step}.{minor % step:0{decimals}d}"


def divided(numerator: int, denominator: int) -> int:
    """Return numerator / denominator rounded half away from zero. The one rounding of the product."""
    ensure(denominator != 0, "a division by zero")
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    whole, rest = divmod(abs(numerator), abs(denominator))
    return sign * (whole + (2 * rest >= abs(denominator)))


def split(total: int, weights: list[int]) -> list[int]:
    """Share `total` by `weights` so that the parts add up to it exactly; earlier parts get the odd units."""
    ensure(weights and all(weight >= 0 for weight in weights) and sum(weights) > 0, "weights that share nothing")
    parts, given, seen, whole = [], 0, 0, sum(weights)
    for weight in weights:
        seen += weight
        share = divided(total * seen, whole) - given
        parts.append(share)
        given += share
    return parts


def credits_from_money(money: Money) -> Credits:
    """Return the credits that the money is, where the credit unit is the currency itself. Exact, never rounded."""
    return Credits(money.amount_minor * 10 ** (6 - exponent(money.currency)))


def money_from_credits(value: Credits, currency: str) -> Money:
    """Return the money that the credits were, where they are those of `credits_from_money`."""
    minor, rest = divmod(value.micros, 10 ** (6 - exponent(currency)))
    ensure(rest == 0, f"{value.units} are no amount of {currency}")
    return Money(minor, currency)

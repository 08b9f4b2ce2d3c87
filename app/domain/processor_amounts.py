"""How Stripe counts money, and which amounts it takes: refused by us before it refuses them, with the nearest it takes.

From https://docs.stripe.com/currencies (presentment currencies, zero-decimal, special cases, minimum and maximum charge
amounts), 2026-11.
"""

from app.domain.amounts import money_words
from app.domain.currencies import exponent, why_not_money
from app.domain.errors import Refused, ensure
from app.domain.language import _
from app.domain.money import Money

_PRESENTMENT = """
    USD AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP
    CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR
    MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK
    SGD SHP SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER
    ZAR ZMW
"""
_TAKEN = frozenset(_PRESENTMENT.split())
# Zero-decimal currencies; those of three decimals, whose last digit must be 0; all others are counted in hundredths.
_ZERO_DECIMAL = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_NONE = frozenset(_ZERO_DECIMAL.split())
_THREE = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
# "Zero-decimal, but passed with two decimals for backwards compatibility": whole, and counted in hundredths.
_WHOLE_IN_HUNDREDTHS = frozenset({"ISK", "UGX"})
# Minimum charges, as Stripe counts. They hold where an account settles in the same currency; elsewhere the minimum is
# that of the account's own currency at the day's rate, which nobody knows beforehand.
LEAST = {
    **dict.fromkeys(["USD", "AUD", "BRL", "CAD", "CHF", "EUR", "INR", "NZD", "SGD"], 50),
    "AED": 200,
    "CZK": 1_500,
    "DKK": 250,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17_500,
    "JPY": 50,
    "MXN": 1_000,
    "MYR": 200,
    "NOK": 300,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "THB": 1_000,
}
_MOST = {"IDR": 999_999_999_999}
_EIGHT_DIGITS = 99_999_999


def why_not_taken(currency: str) -> str:
    """Return why the processor charges nothing in the currency, or nothing."""
    why = why_not_money(currency)
    if why or currency in _TAKEN:
        return why
    return _("the payment processor does not charge in {currency}", currency=currency)


def is_taken(amount: Money) -> bool:
    """Say whether the processor charges and refunds this amount as it is, whatever its size."""
    return amount.amount_minor % step(amount.currency) == 0


def is_charged(amount: Money) -> bool:
    """Say whether the processor charges this amount, by its currency, its size and its step."""
    lowest, highest = bounds(amount.currency)
    return not why_not_taken(amount.currency) and is_taken(amount) and lowest <= amount <= highest


def step(currency: str) -> int:
    """Return of how many of our minor units the processor's amounts are multiples: 10 of a dinar's thousandths."""
    if currency in _THREE:
        return 10
    return 100 if currency in _NONE and exponent(currency) == 2 else 1


def bounds(currency: str) -> tuple[Money, Money]:
    """Return the least and the most that the processor charges at once."""
    least, most = LEAST.get(currency, 1), _MOST.get(currency, _EIGHT_DIGITS)
    factor, whole = _ours(currency)
    unit = step(currency)
    lowest, highest = -(-least * factor // whole), most * factor // whole
    return Money(max(unit, -(-lowest // unit) * unit), currency), Money(highest // unit * unit, currency)


def check(amount: Money, *, field: str = "amount") -> None:
    """Refuse (422) an amount that the processor would not charge, with the nearest that it takes."""
    why = why_not_taken(amount.currency)
    if why:
        raise Refused(_("This cannot be paid: {why}.", why=why), "currency_not_taken", 422, field)
    lowest, highest = bounds(amount.currency)
    if amount < lowest:
        words = _("Enter at least {amount}: our payment processor charges no less.", amount=money_words(lowest))
        raise Refused(words, "amount_too_small", 422, field)
    if amount > highest:
        words = _("Enter at most {amount}: our payment processor charges no more at once.", amount=money_words(highest))
        raise Refused(words, "amount_too_large", 422, field)
    check_step(amount, field=field)


def check_step(amount: Money, *, field: str = "amount") -> None:
    """Refuse (422) an amount finer than the processor counts, with the nearest that it takes."""
    if is_taken(amount):
        return
    near, asked = [money_words(each) for each in nearest(amount)], money_words(amount)
    words = _("Enter {amount}: our payment processor cannot charge {asked} exactly.", amount=near[-1], asked=asked)
    if len(near) > 1:
        words = _(
            "Enter {less} or {more}: our payment processor cannot charge {asked} exactly.",
            less=near[0],
            more=near[-1],
            asked=asked,
        )
    raise Refused(words, "amount_not_taken", 422, field)


def nearest(amount: Money) -> list[Money]:
    """Return the next lower amount above zero and the next higher one that the processor takes."""
    unit = step(amount.currency)
    below = amount.amount_minor // unit * unit
    return [Money(each, amount.currency) for each in (below, below + unit) if each > 0]


def taken_of(amount: Money) -> Money:
    """Return the most of an amount that the processor takes: the same, unless a part finer than it counts is gone."""
    unit = step(amount.currency)
    return Money(amount.amount_minor // unit * unit, amount.currency)


def to_processor_minor(money: Money) -> int:
    """Return the amount as Stripe counts it."""
    ensure(is_taken(money), f"the processor takes no {money}")
    factor, whole = _ours(money.currency)
    return money.amount_minor * whole // factor


def from_processor_minor(amount: int, currency: str) -> Money:
    """Return what Stripe counted as our money, exactly."""
    code = currency.upper()
    factor, whole = _ours(code)
    ensure(amount * factor % whole == 0, f"{amount} {code} is not a whole amount at the processor")
    return Money(amount * factor // whole, code)


def _ours(currency: str) -> tuple[int, int]:
    """Return two factors: so many of our minor units are so many of the processor's."""
    ours, theirs = exponent(currency), _decimals(currency)
    return 10 ** max(0, ours - theirs), 10 ** max(0, theirs - ours)


def _decimals(currency: str) -> int:
    if currency in _WHOLE_IN_HUNDREDTHS:
        return 2
    return 0 if currency in _NONE else 3 if currency in _THREE else exponent(currency)

"""Currencies: which there are, how many decimals the ledger counts in, and how many are shown.

How many decimals the processor counts in is another table (`processor_amounts`). None of the three is Babel's, which
drops the decimals of forints and pesos though both are charged in hundredths.
"""

import re

from app.domain.errors import ensure
from app.domain.language import _

# ISO 4217, list one as published 2026-01-01 (https://www.six-group.com/en/products-services/financial-information/
# data-standards.html): the minor units of each currency. Metals, test codes and the like have none and are no money.
_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG
    YER ZAR ZMW ZWG
"""
_OTHER = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
ISO_4217 = {
    **dict.fromkeys(_TWO.split(), 2),
    **{code: decimals for decimals, codes in _OTHER.items() for code in codes.split()},
}
"""Every currency of the list that has minor units, and how many decimals they are."""
FUNDS = frozenset(["BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"])
"""Units of account of the list that nobody pays in."""
# Withdrawn from ISO 4217 by 2026-01-01, from its list three: what was kept in them is still read and written as it was.
_WITHDRAWN = "ANG BGN CUC HRK LTL LVL EEK MRO SKK SLL STD TMM VEF ZMK ZWL"
WITHDRAWN = {
    **dict.fromkeys(_WITHDRAWN.split(), 2),
    "BYR": 0,
}
# Shown with other decimals than they are counted in. ISO 4217 gives the ariary two, but it has no hundredths: its
# one part is a fifth, no longer coined. Stripe takes whole ones (https://docs.stripe.com/currencies, 2026-11).
_SHOWN = {"MGA": 0}
_CODE = re.compile(r"[A-Z]{3}")


def exponent(currency: str) -> int:
    """Return how many decimals the currency is counted in: 2 for USD, 0 for JPY, 3 for KWD.

    What is no currency of the list counts in two: no catalog is sold in it, but a ledger may have been opened so.
    """
    ensure(_CODE.fullmatch(currency), f"not a currency code: {currency!r}")
    return ISO_4217.get(currency, WITHDRAWN.get(currency, 2))


def shown_decimals(currency: str) -> int:
    """Return how many decimals an amount is shown with at least; every digit that counts is shown anyway."""
    return _SHOWN.get(currency, exponent(currency))


def why_not_money(currency: str) -> str:
    """Return why nothing is sold in the currency whatever the processor takes, or nothing."""
    if currency in WITHDRAWN:
        return _("{currency} was withdrawn and is no currency any more", currency=currency)
    if currency in FUNDS:
        return _("{currency} is a unit of account that nobody pays in", currency=currency)
    return "" if currency in ISO_4217 else _("{currency} is no currency of ISO 4217", currency=currency)

"""Which amounts the sandbox charges and sends back: Stripe's own rules and sentences, by its list of currencies.

Kept apart from what Purser itself expects (`domain/processor_amounts.py`), so that the two are held against each other.
From https://docs.stripe.com/currencies, 2026-11.
"""

from app.gateways.sandbox.errors import Refusal, wrong_parameter

_PRESENTMENT = """
    usd aed afn all amd aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
    inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr
    mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek
    sgd shp sle sos srd szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer
    zar zmw
"""
_KNOWN = frozenset(_PRESENTMENT.split())
_LEAST = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip
_MOST = {"idr": 999_999_999_999}
# The last digit of dinars' thousandths is 0; krónur and Uganda's shillings are whole, though counted in hundredths.
_STEPS = {**dict.fromkeys(("isk", "ugx"), 100), **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 10)}


def check_charge(amount: int, currency: str) -> None:
    """Refuse what Stripe would not charge."""
    if currency not in _KNOWN:
        raise wrong_parameter(f"Invalid currency: {currency}. Stripe does not support this currency.", "currency")
    _check_step(amount, currency)
    least, most = _LEAST.get(currency, 1), _MOST.get(currency, 99_999_999)
    if amount < least:
        raise wrong_parameter(f"Amount must be at least {least} {currency}", "amount", "amount_too_small")
    if amount > most:
        raise wrong_parameter(f"Amount must be no more than {most} {currency}", "amount", "amount_too_large")


def check_refund(amount: int, currency: str, left: int) -> None:
    """Refuse what Stripe would not send back of a charge of which so much is left."""
    _check_step(amount, currency)
    if amount > left:
        words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise Refusal(400, words, param="amount")


def _check_step(amount: int, currency: str) -> None:
    if amount < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", "amount", "parameter_invalid_integer")
    step = _STEPS.get(currency, 1)
    if amount % step:
        words = f"Amounts in {currency} must be divisible by {step}"
        raise wrong_parameter(words, "amount", "parameter_invalid_integer")

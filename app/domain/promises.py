"""What a customer was promised for a payment, in a few words that travel with the payment at the processor.

Should our own row ever be lost, as after restoring an older backup, the money still becomes what was promised for it.
"""

import json
from dataclasses import asdict, dataclass

from app.domain.payments import Purpose

KEY = "promise"
"""Where the processor's metadata carries it."""


@dataclass(frozen=True)
class Promise:
    """The credit for exactly the amount that is charged, and what it was bought as."""

    purpose: str
    credits_micros: int
    pack: str = ""
    expires_after_days: int | None = None
    budget_period: int | None = None
    """The billing period in whose limit an automatic payment counts; None: somebody ordered it."""
    document: str | None = None
    """The invoice that it pays; None: it buys credit."""
    net_minor: int | None = None
    """What of the amount is the price before tax; None: it pays an invoice, or is older than tax."""


def written(promise: Promise) -> str:
    """Return the promise as text; the same promise is always the same text, as a repeated request must be."""
    said = asdict(promise)
    for later in ("budget_period", "document", "net_minor"):  # a repeated request must be as before they were added
        if said[later] is None:
            del said[later]
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def read(text: str) -> Promise | None:
    """Return the promise that the text holds; None when it holds none that can be kept."""
    try:
        found = json.loads(text)
        promise = Promise(**found)
    except (ValueError, TypeError, RecursionError):
        return None
    if promise.purpose == Purpose.PLAN_CHANGE:
        return promise if promise.credits_micros == 0 and promise.document is None else None
    pays = promise.purpose == Purpose.INVOICE and isinstance(promise.document, str) and len(promise.document) <= 40
    buys = promise.purpose == Purpose.TOP_UP and promise.document is None
    whole = type(promise.credits_micros) is int and 0 < promise.credits_micros + pays < 2**63
    words = isinstance(promise.purpose, str) and isinstance(promise.pack, str) and len(promise.pack) <= 60
    days = promise.expires_after_days
    lasts = days is None or (type(days) is int and 0 < days < 100_000)
    period = promise.budget_period
    counts = period is None or (type(period) is int and 0 < period < 100_000)
    net = promise.net_minor
    priced = net is None or (type(net) is int and 0 < net < 2**63)
    return promise if whole and words and lasts and counts and priced and (pays or buys) else None

"""The sentence by which a customer allows automatic charges: kept word for word, with who accepted it and when.

It is said, and so kept, in the language in which it was read.
"""

from app.domain.amounts import CreditUnit, credit_words, money_words
from app.domain.auto_recharge.terms import Terms, purchase
from app.domain.catalog import Catalog
from app.domain.language import _
from app.domain.tax.prices import UNTAXED

WORDING = "2026-11"
"""Which wording it is. A new one gets a new name, and the old consents keep theirs."""


def sentence(terms: Terms, catalog: Catalog, method: str) -> str:
    """Return what the customer accepts with these terms; `method` names the way to pay, as pages do."""
    unit = CreditUnit(catalog.credit_unit, catalog.credit_unit_label)
    one = purchase(terms, catalog, UNTAXED)
    pack = catalog.pack(one.pack)
    bought = f"{money_words(one.listed)} ({pack.title})" if pack else money_words(one.listed)
    if catalog.adds_tax:
        bought = _("{amount} plus any tax", amount=bought)
    allowed = _(
        "I allow {seller} to charge {method} automatically with {amount}, or a multiple of it, whenever my credit "
        "falls below {threshold}: as much as it takes to reach it again, and at most {limit} in each billing period.",
        seller=catalog.seller_name,
        method=method,
        amount=bought,
        threshold=credit_words(terms.threshold, unit),
        limit=money_words(terms.period_limit),
    )
    other = _("If it cannot be charged, another saved method may be.") if terms.other_methods else ""
    return " ".join(each for each in (allowed, other, _("I can switch this off at any time.")) if each)

"""The sentence by which a customer allows automatic charges: kept word for word, with who accepted it and when."""

from app.domain.amounts import CreditUnit, money_words
from app.domain.auto_recharge.terms import Terms, credit_words, purchase
from app.domain.catalog import Catalog
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
        bought = f"{bought} plus any tax"
    other = " If it cannot be charged, another saved method may be." if terms.other_methods else ""
    return (
        f"I allow {catalog.seller_name} to charge {method} automatically with {bought}, or a multiple of it, "
        f"whenever my credit falls below {credit_words(terms.threshold, unit)}: as much as it takes to reach it again, "
        f"and at most {money_words(terms.period_limit)} in each billing period.{other} "
        "I can switch this off at any time."
    )

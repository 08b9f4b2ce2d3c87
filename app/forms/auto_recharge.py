"""The form of Auto-recharge: the whole set as it is typed, and the sentence that is accepted with it."""

from collections.abc import Callable
from typing import TypeVar

from wtforms import BooleanField, HiddenField, StringField

from app import locale
from app.domain.amounts import decimals_of, digits, is_currency
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.currencies import shown_decimals
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.typed_numbers import Field, missing, signs
from app.forms import amounts
from app.forms.spend_management import VersionedForm
from app.web.access import current_catalog, current_unit

Value = TypeVar("Value")
ANOTHER = ""
"""The pack that stands for another amount."""


class TermsForm(VersionedForm):
    """The terms: they are kept or refused as one (AC-7)."""

    enabled = BooleanField("Auto-recharge")
    threshold = StringField("When credit falls below")
    amount = StringField("Add")
    pack = StringField("Credit pack")
    period_limit = StringField("Limit per billing period")
    method = StringField("Payment method")
    other_methods = BooleanField("Charge another saved method if this one cannot be charged")
    consent = BooleanField("I accept")
    sentence = HiddenField()
    """The sentence as the page showed it."""

    def wanted(self) -> Terms | None:
        """Return what was typed; None, with each refusal beside its field, when it cannot be read."""
        terms, refusals = self._read()
        for refusal in refusals:
            self.refuse(refusal)
        return terms

    def to_try(self) -> Terms | None:
        """Return what was typed, where it can be read; nothing is said of what cannot."""
        return self._read()[0]

    def _read(self) -> tuple[Terms | None, list[Refused]]:
        catalog, refusals = current_catalog(), list[Refused]()

        def tried(read: Callable[[], Value]) -> Value | None:
            try:
                return read()
            except Refused as refusal:
                refusals.append(refusal)
                return None

        pack = self.pack.data or ""
        amount = None
        if not pack and catalog.top_up is not None:
            amount = tried(lambda: amounts.money(self.amount.data or "", catalog.currency))
        threshold = tried(lambda: _threshold(self.threshold.data or ""))
        limit = tried(lambda: amounts.money(self.period_limit.data or "", catalog.currency, "period_limit"))
        if refusals or threshold is None or limit is None:
            return None, refusals
        return Terms(
            enabled=bool(self.enabled.data),
            threshold=threshold,
            period_limit=limit,
            amount=amount,
            pack=pack,
            method_id=(self.method.data or "")[:40],
            other_methods=bool(self.other_methods.data),
            version=self.made_from,
        ), refusals


def filled(terms: Terms, catalog: Catalog) -> dict[str, object]:
    """Return what the fields show of the terms."""
    unit = catalog.credit_unit
    decimals = shown_decimals(unit) if is_currency(unit) else 0
    return {
        "enabled": terms.enabled,
        "threshold": digits(terms.threshold.units, decimals).replace(",", ""),
        "amount": _plain(terms.amount) if terms.amount else "",
        "pack": terms.pack,
        "period_limit": _plain(terms.period_limit),
        "method": terms.method_id,
        "other_methods": terms.other_methods,
        "version": str(terms.version),
    }


def _plain(amount: Money) -> str:
    return digits(amount.major, shown_decimals(amount.currency)).replace(",", "")


def _threshold(text: str) -> Credits:
    """Return the threshold that was typed, also below zero; its bounds are the rule's."""
    unit = current_unit()
    field = Field("threshold", 6, signs(unit), example_decimals=decimals_of(unit))
    value = locale.read(text, field)
    if value is None:
        raise missing(field)
    return Credits(int(value.scaleb(6)))

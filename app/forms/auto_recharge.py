"""The form of Auto-recharge: the whole set as it is typed, and the sentence that is accepted with it."""

import re
from collections.abc import Callable
from typing import TypeVar

from wtforms import BooleanField, HiddenField, StringField

from app import locale
from app.domain.amounts import decimals_of, is_currency
from app.domain.auto_recharge.caution import Brake, Caution
from app.domain.auto_recharge.terms import Terms
from app.domain.catalog import Catalog
from app.domain.currencies import shown_decimals
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Credits
from app.domain.typed_numbers import Field, missing, signs
from app.forms import amounts
from app.forms.spend_management import VersionedForm
from app.web.access import current_catalog, current_unit

Value = TypeVar("Value")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::00)?", re.ASCII)


class TermsForm(VersionedForm):
    """The terms: they are kept or refused as one (AC-7)."""

    enabled = BooleanField(marked("Auto-recharge"))
    threshold = StringField(marked("When credit falls below"))
    amount = StringField(marked("Add"))
    pack = StringField(marked("Credit pack"))
    period_limit = StringField(marked("Limit per billing period"))
    method = StringField(marked("Payment method"))
    other_methods = BooleanField(marked("Charge another saved method if this one cannot be charged"))
    brake = StringField(marked("When a day’s use is far above the usual"))
    ask_above = StringField(marked("Ask me before a charge above"))
    quiet_from = StringField(marked("Quiet hours from"))
    quiet_until = StringField(marked("until"))
    time_zone = StringField(marked("Time zone"))
    consent = BooleanField(marked("I accept"))
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
        wanted = tried(self._caution)
        if refusals or threshold is None or limit is None or wanted is None:
            return None, refusals
        return Terms(
            enabled=bool(self.enabled.data),
            threshold=threshold,
            period_limit=limit,
            amount=amount,
            pack=pack,
            method_id=(self.method.data or "")[:40],
            other_methods=bool(self.other_methods.data),
            caution=wanted,
            version=self.made_from,
        ), refusals

    def _caution(self) -> Caution:
        text, brake = self.ask_above.data or "", self.brake.data or ""
        return Caution(
            brake=Brake(brake) if brake in set(Brake) else Brake.WIDE,
            ask_above=amounts.money(text, current_catalog().currency, "ask_above") if text.strip() else None,
            quiet_from=_minutes(self.quiet_from.data or "", "quiet_from"),
            quiet_until=_minutes(self.quiet_until.data or "", "quiet_until"),
            zone=(self.time_zone.data or "").strip() or "UTC",
        )


def filled(terms: Terms, catalog: Catalog) -> dict[str, object]:
    """Return what the fields show of the terms."""
    unit = catalog.credit_unit
    decimals = shown_decimals(unit) if is_currency(unit) else 0
    return {
        "enabled": terms.enabled,
        "threshold": amounts.number(terms.threshold.units, decimals),
        "amount": amounts.typed(terms.amount) if terms.amount else "",
        "pack": terms.pack,
        "period_limit": amounts.typed(terms.period_limit),
        "method": terms.method_id,
        "other_methods": terms.other_methods,
        "brake": terms.caution.brake.value,
        "ask_above": amounts.typed(terms.caution.ask_above) if terms.caution.ask_above else "",
        "quiet_from": _time(terms.caution.quiet_from),
        "quiet_until": _time(terms.caution.quiet_until),
        "time_zone": terms.caution.zone,
        "version": str(terms.version),
    }


def _minutes(text: str, name: str) -> int | None:
    """Return the time of day that was typed, in minutes; None for nothing."""
    typed = text.strip()
    if not typed:
        return None
    found = _TIME.fullmatch(typed)
    if not found:
        raise Refused(_("Enter a time such as 22:00, or leave it empty."), "time_malformed", 422, name)
    return int(found[1]) * 60 + int(found[2])


def _time(minutes: int | None) -> str:
    return "" if minutes is None else f"{minutes // 60:02}:{minutes % 60:02}"


def _threshold(text: str) -> Credits:
    """Return the threshold that was typed, also below zero; its bounds are the rule's."""
    unit = current_unit()
    field = Field("threshold", 6, signs(unit), example_decimals=decimals_of(unit))
    value = locale.read(text, field)
    if value is None:
        raise missing(field)
    return Credits(int(value.scaleb(6)))

"""The forms of Spend management: the limits, and the webhook's address, as they are typed."""

import re

from wtforms import BooleanField, HiddenField, StringField

from app.domain.amounts import digits, is_currency
from app.domain.currencies import shown_decimals
from app.domain.errors import Refused
from app.domain.money import Credits
from app.domain.spend_management import Limits
from app.forms import amounts
from app.web.access import current_customer, current_unit
from app.web.fields import PageForm

_VERSION = re.compile(r"[0-9]{1,9}", re.ASCII)


class VersionedForm(PageForm):
    """A form that is made from a version of what is saved, and refused where that is gone by."""

    version = HiddenField()

    def point_at_first_error(self) -> None:
        """Let the first field that is wrong have the focus: whoever cannot see the page change is taken there."""
        wrong = next((each for each in self if each.errors), None)
        if wrong is not None:
            self._mark(wrong.name, autofocus=True)

    @property
    def made_from(self) -> int:
        """The version that the page showed."""
        version = self.version.data or ""
        return int(version) if _VERSION.fullmatch(version) else 0

    def _mark(self, name: str, **attributes: object) -> None:
        self[name].render_kw = (self[name].render_kw or {}) | attributes


class LimitsForm(VersionedForm):
    """The limits: they are kept or refused as one (AC-7)."""

    enabled = BooleanField("Spend management")
    daily_limit = StringField("Daily limit")
    notify_threshold = StringField("E-mail threshold")

    def wanted(self) -> Limits | None:
        """Return what was typed; None, with each refusal beside its field, when it cannot be read."""
        read, refusals = self._read()
        for refusal in refusals:
            self.refuse(refusal)
        return None if refusals else Limits(bool(self.enabled.data), *read, self.made_from)

    def to_try(self) -> Limits | None:
        """Return what can be tried of it, whether or not it could be saved; None where it cannot be read."""
        read, refusals = self._read()
        return None if refusals else Limits(True, *read)

    def compare_with(self, saved: Limits, chart: str) -> None:
        """Let each field know what is saved, and which line of the chart follows it."""
        for name, value, line in (
            ("daily_limit", saved.daily_limit, "limit"),
            ("notify_threshold", saved.notify_threshold, "threshold"),
        ):
            known = {"data-saved": editable(value), "data-chart": chart, "data-chart-mark": line}
            self._mark(name, inputmode="decimal", autocomplete="off", **known)

    def differs_from(self, saved: Limits) -> bool:
        """Say whether what stands in the form is something else than what is saved."""
        read, refusals = self._read()
        same = (saved.daily_limit, saved.notify_threshold) == read and saved.enabled == bool(self.enabled.data)
        return bool(refusals) or not same

    def _read(self) -> tuple[tuple[Credits | None, Credits | None], list[Refused]]:
        read: dict[str, Credits | None] = {"daily_limit": None, "notify_threshold": None}
        refusals = []
        for name in read:
            try:
                read[name] = amounts.credits(self[name].data or "", name, current_unit())
            except Refused as refusal:
                refusals.append(refusal)
        return (read["daily_limit"], read["notify_threshold"]), refusals


class AddressForm(VersionedForm):
    """Where the events go. Another address is another version of the whole set."""

    webhook_url = StringField("Webhook URL")

    def compare_with(self, saved: str) -> None:
        """Let the field know what is saved."""
        self._mark("webhook_url", autocomplete="off", spellcheck="false", **{"data-saved": saved})


def editable(value: Credits | None) -> str:
    """Return the credits as the form's fields take them: every digit, and no marks between thousands."""
    if value is None:
        return ""
    unit = current_customer().credit_unit
    return digits(value.units, shown_decimals(unit) if is_currency(unit) else 0).replace(",", "")

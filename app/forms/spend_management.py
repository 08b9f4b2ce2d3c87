"""The form of Spend management: the whole set of limits, as it is typed."""

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


class LimitsForm(PageForm):
    """The whole set: it is kept or refused as one (AC-7). `version` is the set that the page showed."""

    enabled = BooleanField("Spend management")
    daily_limit = StringField("Daily limit")
    notify_threshold = StringField("E-mail threshold")
    webhook_url = StringField("Webhook URL")
    version = HiddenField()

    def point_at_first_error(self) -> None:
        """Let the first field that is wrong have the focus: whoever cannot see the page change is taken there."""
        wrong = next((each for each in self if each.errors), None)
        if wrong is not None:
            wrong.render_kw = (wrong.render_kw or {}) | {"autofocus": True}

    def wanted(self) -> Limits | None:
        """Return what was typed; None, with each refusal beside its field, when it cannot be read."""
        read, refusals = self._read()
        for refusal in refusals:
            self.refuse(refusal)
        version = self.version.data or ""
        number = int(version) if _VERSION.fullmatch(version) else 0
        return None if refusals else Limits(bool(self.enabled.data), *read, number)

    def to_try(self) -> Limits | None:
        """Return what can be tried of it, whether or not it could be saved; None where there is nothing to try."""
        (limit, threshold), refusals = self._read()
        return None if refusals or not (limit or threshold) else Limits(True, limit, threshold)

    def _read(self) -> tuple[tuple[Credits | None, Credits | None], list[Refused]]:
        read: dict[str, Credits | None] = {"daily_limit": None, "notify_threshold": None}
        refusals = []
        for name in read:
            try:
                read[name] = amounts.credits(self[name].data or "", name, current_unit())
            except Refused as refusal:
                refusals.append(refusal)
        return (read["daily_limit"], read["notify_threshold"]), refusals


def editable(value: Credits | None) -> str:
    """Return the credits as the form's fields take them: every digit, and no marks between thousands."""
    if value is None:
        return ""
    unit = current_customer().credit_unit
    return digits(value.units, shown_decimals(unit) if is_currency(unit) else 0).replace(",", "")

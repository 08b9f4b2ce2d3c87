"""What the statement of account asks: the first and the last of its UTC days, and where in its entries to go on."""

from datetime import date
from typing import Any

from flask import request
from wtforms.validators import Optional

from app import clock
from app.domain.errors import NotFound, Refused
from app.domain.invoices import statement as rule
from app.domain.invoices.statement import Span
from app.domain.language import marked
from app.forms import log_places
from app.forms.balance_history import DayField
from app.services.invoices.entries import Place
from app.web.fields import PageForm


class SpanForm(PageForm):
    """Which days; they stand in the page's address."""

    class Meta:
        """It changes nothing, so it needs no token: the address can be kept and sent on."""

        csrf = False

    from_day = DayField(marked("From (UTC)"), [Optional()], name="from")
    to_day = DayField(marked("To (UTC)"), [Optional()], name="to")

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuse days in the wrong order, and days that no statement has."""
        if not super().validate(extra_validators):
            return False
        try:
            self._chosen(clock.now().date())
        except Refused as refusal:
            self.to_day.errors = [refusal.sentence]
        return not self.errors

    def span(self, today: date) -> Span:
        """Return the days that were asked for: this month where none were, and up to today where no last one was."""
        return self._chosen(today) or rule.presets(today)[rule.THIS_MONTH]

    def _chosen(self, today: date) -> Span | None:
        first: date | None = self.from_day.data or self.to_day.data
        last: date | None = self.to_day.data or (max(first, today) if first else None)
        return rule.span(first, last) if first and last else None


def place() -> Place | None:
    """Return the entry that the page begins behind; None where none is named; else `NotFound`."""
    found = log_places.place_of_notice(request.args.get("after", ""))
    if found is None:
        return None
    at, order, name = found
    if not order.isascii() or not order.isdigit() or len(order) > 1:
        raise NotFound("place in the list")
    return at, int(order), name

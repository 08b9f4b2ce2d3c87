"""The forms of the Usage page: what the history shows, a new usage alert, a new address."""

import re

from wtforms import EmailField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, ValidationError

from app.domain.usage_alerts import Threshold
from app.services.usage.meters import Usage
from app.web.fields import PageForm

STRETCHES = {"30": "Last 30 days", "90": "Last 90 days"}
MEASURES = {"percent": "% of the plan", "quantity": "counted"}
_WHOLE = re.compile(r"[0-9]{1,16}", re.ASCII)


class HistoryForm(PageForm):
    """Which meter the history shows, and how many days; it stands in the page's address."""

    class Meta:
        """It changes nothing, so it needs no token: the address can be kept and sent on."""

        csrf = False

    meter = SelectField("Meter", id="usage-history_meter", validate_choice=False)
    offered: frozenset[str] = frozenset()
    days = SelectField(
        "Days",
        id="usage-history_days",
        choices=[SelectChoice(value, words) for value, words in STRETCHES.items()],
        default="30",
        validate_choice=False,
    )

    def validate_meter(self, field: Field) -> None:
        """Refuse a meter that there is not."""
        if field.data and field.data not in self.offered:
            raise ValidationError("There is no such meter. Choose one from the list.")

    def validate_days(self, field: Field) -> None:
        """Refuse a number of days that is not offered."""
        if field.data and field.data not in STRETCHES:
            raise ValidationError("Choose one from the list.")


class _TypedForm(PageForm):
    """A form that the reader goes on in when it is refused."""

    def point_at_first_error(self) -> None:
        """Put the focus on the first field that is wrong."""
        wrong = next((field for field in self if field.errors), None)
        if wrong is not None:
            wrong.render_kw = (wrong.render_kw or {}) | {"autofocus": True}


class AlertForm(_TypedForm):
    """A new usage alert."""

    meter = SelectField("Meter", id="usage-alert_meter", validate_choice=False)
    threshold = StringField(
        "Alert at",
        [InputRequired("Enter a number, such as 80.")],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 16},
    )
    measure = SelectField("Measured as", default="percent", validate_choice=False)

    def validate_threshold(self, field: Field) -> None:
        """Refuse what is no whole number."""
        if not _WHOLE.fullmatch((field.data or "").strip()):
            raise ValidationError("Enter a whole number in digits, such as 80.")

    def validate_measure(self, field: Field) -> None:
        """Refuse a measure that there is not."""
        if field.data not in MEASURES:
            raise ValidationError("Choose one from the list.")

    def wanted(self) -> Threshold:
        """Return the alert. For a form that is valid."""
        return Threshold(self.meter.data, int((self.threshold.data or "").strip()), self.measure.data == "percent")


class AddressForm(_TypedForm):
    """An address that alerts go to."""

    email = EmailField(
        "E-mail address",
        [InputRequired("Enter an e-mail address, such as name@example.com.")],
        render_kw={"maxlength": 254, "autocomplete": "off", "spellcheck": "false"},
    )


def new_alert(usage: Usage, meter: str = "") -> AlertForm:
    """Return an empty form for an alert, on the meter that was chosen last, if there is such a meter."""
    measure = "percent" if _has_basis(usage) else "quantity"
    return AlertForm(formdata=None, meter=meter if usage.of(meter) else None, measure=measure)


def offer(usage: Usage, *forms: HistoryForm | AlertForm) -> None:
    """Give the forms the meters to choose from, and percentages where a meter has something to take them of."""
    meters = [SelectChoice(each.meter.key, each.meter.title) for each in usage.meters]
    for form in forms:
        form.meter.choices = meters
        if isinstance(form, HistoryForm):
            form.offered = frozenset(each.meter.key for each in usage.meters)
        else:
            form.measure.choices = [
                SelectChoice(value, words)
                for value, words in MEASURES.items()
                if value != "percent" or _has_basis(usage)
            ]


def _has_basis(usage: Usage) -> bool:
    return any(each.tariff.limit or each.tariff.allowance for each in usage.meters)

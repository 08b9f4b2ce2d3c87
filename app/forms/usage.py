"""The forms of the Usage page: what the history shows, a new usage alert, a new address."""

from collections.abc import Mapping

from wtforms import EmailField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, ValidationError

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.usage_alerts import Threshold
from app.forms import amounts
from app.services.usage.meters import Usage
from app.services.usage.stretches import PERIOD
from app.web.fields import PageForm

STRETCHES = {PERIOD: marked("This period"), "30": marked("Last 30 days"), "90": marked("Last 90 days")}
ALL = marked("All meters")
MEASURES = {"percent": marked("% of the plan"), "quantity": marked("counted")}


class HistoryForm(PageForm):
    """Which meter the history shows, and how many days; it stands in the page's address."""

    class Meta:
        """It changes nothing, so it needs no token: the address can be kept and sent on."""

        csrf = False

    meter = SelectField(marked("Show"), id="usage-history_meter", validate_choice=False)
    offered: frozenset[str] = frozenset()
    days = SelectField(
        marked("Days"),
        id="usage-history_days",
        choices=[],
        default=PERIOD,
        validate_choice=False,
    )

    def validate_meter(self, field: Field) -> None:
        """Refuse a meter that there is not."""
        if field.data and field.data not in self.offered:
            raise ValidationError(marked("There is no such meter. Choose one from the list."))

    def validate_days(self, field: Field) -> None:
        """Refuse a number of days that is not offered."""
        if field.data and field.data not in STRETCHES:
            raise ValidationError(marked("Choose one from the list."))


class AlertForm(PageForm):
    """A new usage alert."""

    meter = SelectField(marked("Meter"), id="usage-alert_meter", validate_choice=False)
    threshold = StringField(
        marked("Alert at"),
        [InputRequired(marked("Enter a whole number."))],
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": 40},
    )
    measure = SelectField(marked("Measured as"), default="percent", validate_choice=False)
    units: Mapping[str, str] = {}
    """What each meter counts."""

    def validate_threshold(self, field: Field) -> None:
        """Refuse what is no whole number."""
        try:
            amounts.whole(field.data or "", "threshold", self._unit())
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from None

    def validate_measure(self, field: Field) -> None:
        """Refuse a measure that there is not."""
        if field.data not in MEASURES:
            raise ValidationError(marked("Choose one from the list."))

    def wanted(self) -> Threshold:
        """Return the alert. For a form that is valid."""
        wanted = amounts.whole(self.threshold.data or "", "threshold", self._unit())
        return Threshold(self.meter.data, wanted or 0, self.measure.data == "percent")

    def _unit(self) -> str:
        """Return what may stand beside the number: the sign of a percentage, or the meter's unit."""
        return "%" if self.measure.data == "percent" else self.units.get(self.meter.data, "")


class AddressForm(PageForm):
    """An address that alerts go to."""

    email = EmailField(
        marked("E-mail address"),
        [InputRequired(marked("Enter an e-mail address, such as name@example.com."))],
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
            form.meter.choices = [SelectChoice("", _(ALL)), *meters]
            form.days.choices = [SelectChoice(value, _(words)) for value, words in STRETCHES.items()]
            form.offered = frozenset(each.meter.key for each in usage.meters)
        else:
            form.units = {each.meter.key: each.meter.unit for each in usage.meters}
            form.measure.choices = [
                SelectChoice(value, _(words))
                for value, words in MEASURES.items()
                if value != "percent" or _has_basis(usage)
            ]


def _has_basis(usage: Usage) -> bool:
    return any(each.tariff.limit or each.tariff.allowance for each in usage.meters)

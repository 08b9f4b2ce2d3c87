"""Usage alerts: when a threshold of a meter is crossed, and which alerts a customer may have."""

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.catalog import Catalog, Plan
from app.domain.errors import Refused
from app.domain.language import ENGLISH, _, current

MOST_ALERTS = 20
MOST_PERCENT = 1_000
MOST_QUANTITY = 10**15


@dataclass(frozen=True, order=True)
class Threshold:
    """So much of a meter in a billing period: a quantity, or whole percents of what the plan has of it."""

    meter: str
    threshold: int
    is_percent: bool = False


def basis(plan: Plan, meter: str) -> int | None:
    """Return what percentages of the meter are reckoned from: the plan's limit, else what it includes, else None."""
    return plan.limit(meter) or plan.allowance(meter) or None


def crossed(wanted: Threshold, quantity: int, basis: int | None) -> bool:
    """Say whether the meter's quantity has reached the threshold. Equality has; a percentage of nothing has not."""
    if not wanted.is_percent:
        return quantity >= wanted.threshold
    return basis is not None and quantity * 100 >= basis * wanted.threshold


def check(wanted: Threshold, catalog: Catalog, plan: Plan) -> None:
    """Refuse an alert that can never be given, beside the field that is wrong."""
    meter = catalog.meter(wanted.meter)
    if meter is None:
        raise Refused(_("There is no such meter. Choose one from the list."), "meter_unknown", 422, "meter")
    if wanted.is_percent and basis(plan, wanted.meter) is None:
        raise Refused(
            _(
                "Your plan has no limit for {meter} and includes none of it, so there is nothing to take a percentage "
                "of. Enter a number of {unit} instead.",
                meter=meter.title,
                unit=meter.unit,
            ),
            "percentage_of_nothing",
            422,
            "threshold",
        )
    if wanted.is_percent and not 1 <= wanted.threshold <= MOST_PERCENT:
        words = _("Enter a percentage from 1 to {most}.", most=_bound(MOST_PERCENT))
        raise Refused(words, "threshold_out_of_range", 422, "threshold")
    if not 1 <= wanted.threshold <= MOST_QUANTITY:
        words = _("Enter a whole number from 1 to {most}.", most=_bound(MOST_QUANTITY))
        raise Refused(words, "threshold_out_of_range", 422, "threshold")


def _bound(most: int) -> str:
    """Return a bound as it may be typed: a comma between thousands is a decimal comma in other languages."""
    return f"{most:,}" if current() == ENGLISH else f"{most}"


def check_all(wanted: Collection[Threshold], emails: Collection[str], catalog: Catalog) -> None:
    """Refuse a set that is too large or says the same twice."""
    if len(set(wanted)) < len(wanted):
        raise Refused(_("This alert exists already."), "alert_twice", 422, "threshold")
    if len(wanted) > MOST_ALERTS:
        raise Refused(
            _("There may be {n} usage alerts. Remove one to add another.", n=MOST_ALERTS),
            "too_many_alerts",
            422,
            "threshold",
        )
    if len(set(emails)) < len(emails):
        raise Refused(_("This address is in the list already."), "email_twice", 422, "email")
    if len(emails) > catalog.usage.alert_emails:
        raise Refused(
            _("Usage alerts go to at most {n} addresses. Remove one to add another.", n=catalog.usage.alert_emails),
            "too_many_emails",
            422,
            "email",
        )

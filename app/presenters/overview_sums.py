"""How the figures of the Overview add up, in words, and what stands for its charts."""

from datetime import date

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.dunning.arrears import PayLater
from app.domain.language import _, pgettext
from app.domain.money import Credits
from app.domain.numbers import Numbers, owed
from app.presenters.charts import day_label
from app.services.balance.overview import Overview


def parts(now: Overview) -> list[tuple[str, Credits, dict[str, str], str]]:
    """Return how the total became what remains: the words, the amount with its sign, its rows, and a note."""
    numbers, parts = now.numbers, now.parts
    before = parts.used != numbers.usage_this_period + numbers.corrected_this_period
    lines = [
        (
            _("Used so far"),
            -parts.used,
            {"figure": "all_usage"},
            _("In this period and before it") if before else "",
        ),
        (_("Corrections"), parts.corrected, {"kind": "correction"}, _("Usage that was wrong, returned to you")),
        (pgettext("credits", "Expired"), -parts.expired, {"kind": "expired"}, ""),
        (_("Used from withdrawn credits"), parts.voided, {"kind": "voided"}, _("No longer part of the total")),
        (
            _("Sent back or held"),
            -parts.back,
            {"figure": "sent_back"},
            _("Credit of payments that were refunded or are disputed"),
        ),
        (_("On invoices"), parts.invoiced, {"kind": "overage_invoiced"}, _("Used below zero, and invoiced")),
        (_("Invoices paid from credit"), parts.applied, {"kind": "credit_applied"}, _("Open ones, and tax")),
    ]
    return [line for line in lines if line[1].micros]


def could_use(numbers: Numbers) -> Credits:
    """Return what remains with the protection, less what is held: the most before any daily limit."""
    return numbers.remaining_credits + numbers.overage_protection - numbers.held


def taken_by_held(numbers: Numbers, unit: CreditUnit) -> str:
    """Say that calls under way hold all that is left; nothing where they do not, or where more is owed anyway."""
    if owed(numbers).micros or not numbers.held.micros or could_use(numbers).micros > 0:
        return ""
    return _(
        "Calls in progress hold all of it, so nothing can be used now. Without them, {amount} would be left.",
        amount=locale.balance(could_use(numbers) + numbers.held, unit),
    )


def overage(numbers: Numbers, later: PayLater | None, unit: CreditUnit) -> str:
    """Say what the overage protection does, and how much of it is left."""
    if numbers.invoiced_overage.micros:
        return _("Comes back in full when the invoices of what was used below zero are paid.")
    if not numbers.overage_protection.micros:
        return _("Calls that ask for permission are refused at zero. Usage that is only reported can go below it.")
    protection = later.protection if later else numbers.overage_protection  # it is used last
    if numbers.overage_left < protection:
        left = locale.balance(numbers.overage_left, unit)
        return _("{amount} of it is left below zero; billed on your next invoice.", amount=left)
    return _("Lets you go below zero; billed on your next invoice.")


def balance_chart(now: Overview, unit: CreditUnit, forecast: str) -> str:
    """Return the sentences that stand for the chart of the balance."""
    name = _(
        "Balance at the end of each day from {day} to today: from {first} to {last}.",
        day=day_label(now.days[0].day),
        first=locale.balance(now.days[0].closing, unit),
        last=locale.balance(now.days[-1].closing, unit),
    )
    return f"{name} {forecast}."


def used_chart(now: Overview, unit: CreditUnit, since: date | None) -> str:
    """Return the sentences that stand for the chart of what was used; `since` is when the limit was set."""
    top, limit = max(now.days, key=lambda each: each.used), now.numbers.daily_limit
    name = _(
        "Credits used each day from {first} to today. Most on {day}: {amount}.",
        first=day_label(now.days[0].day),
        day=day_label(top.day),
        amount=locale.amount(top.used, unit),
    )
    if limit is None:
        return name
    reached = sum(day.used >= limit for day in now.days if since is None or since <= day.day)
    at_or_over = _("Days at or over the daily limit of {limit}: {n}.", limit=locale.exact(limit, unit), n=reached)
    if since and since > now.days[0].day:  # a day before then is not judged by it
        at_or_over = _(
            "Days at or over the daily limit of {limit}, which holds since {day}: {n}.",
            limit=locale.exact(limit, unit),
            day=day_label(since),
            n=reached,
        )
    return f"{name} {at_or_over}"

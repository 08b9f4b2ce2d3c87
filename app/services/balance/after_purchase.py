"""What a purchase would leave: the new balance, and how long it lasts at the last days' pace."""

from dataclasses import dataclass
from datetime import timedelta

from app.domain.forecast.paces import Batch
from app.domain.forecast.run_out import Forecast, run_out, with_more
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.domain.top_ups import TopUp
from app.services.balance.status_rows import Around


@dataclass(frozen=True)
class AfterPurchase:
    """Where the customer would stand right after the purchase."""

    balance: Credits
    forecast: Forecast | None
    """When the credit is used up, or below zero the overage protection; None: nobody can say, or in ten years."""
    has_pace: bool
    """Whether anything was used on the days that the forecast looks at."""


def after(numbers: Numbers, found: Around, left: list[Batch], bought: TopUp) -> AfterPurchase:
    """Return where the customer would stand after buying that now; `left` is what `status_facts.remaining` returns."""
    balance = numbers.remaining_credits + bought.credits
    today = found.now.date()
    limit = numbers.daily_limit.micros if numbers.daily_limit else None
    forecast = run_out(_batches(numbers, found, left, bought, balance), found.pace, today, limit)
    return AfterPurchase(balance, forecast, found.pace.is_any)


def _batches(numbers: Numbers, found: Around, left: list[Batch], bought: TopUp, balance: Credits) -> list[Batch]:
    """Return what could be used, in the order in which it would be: what is owed is covered first."""
    lasts = bought.expires_after_days
    ends = found.now.date() + timedelta(days=lasts) if lasts else None
    if balance.micros <= 0:
        return [Batch(max(0, (balance + numbers.overage_protection).micros))]
    if numbers.remaining_credits.micros <= 0:
        return [Batch(balance.micros, ends)]
    return with_more(left, Batch(bought.credits.micros, ends))

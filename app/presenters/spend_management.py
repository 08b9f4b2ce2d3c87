"""What each limit stops, in one sentence with the customer's own numbers (AC-58)."""

import json
from datetime import datetime
from functools import partial

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import MeterKind
from app.domain.errors import Refused
from app.domain.language import _, marked, pgettext
from app.domain.money import Credits
from app.domain.numbers import SERVED, Numbers, owed
from app.domain.spend_management import Limits, day_of, reached_at
from app.models.limits import Notice
from app.presenters import pay_later
from app.presenters.blocks import standing
from app.services.spend_management.blocked_calls import PlanLimit
from app.services.spend_management.limits import CHANGED_MEANWHILE
from app.services.webhooks.endpoints import Endpoint


def daily_limit(limits: Limits, numbers: Numbers, unit: CreditUnit) -> str:
    """Say what the daily limit stops."""
    limit, used = limits.daily_limit, locale.amount(numbers.daily_used, unit)
    if limit is None:
        return _("No daily limit: {used} is used today, and no calls are refused for it.", used=used)
    if not limits.enabled:
        return _("Saved as off: no calls are refused. {used} is used today.", used=used)
    held, bound = locale.amount(numbers.held, unit), locale.exact(limit, unit)
    left = Credits(limit.micros - numbers.daily_used.micros - numbers.held.micros)
    if left.micros <= 0:
        if not numbers.held.micros:
            return _("Stops calls until 00:00 UTC: {used} of {limit} is used today.", used=used, limit=bound)
        return _(
            "Stops calls until 00:00 UTC: {used} of {limit} is used today and {held} is held.",
            used=used,
            limit=bound,
            held=held,
        )
    rest = locale.balance(left, unit)
    if not numbers.held.micros:
        return _(
            "Stops calls that ask for more than what is left of it: {used} is used today, so {left} is left.",
            used=used,
            left=rest,
        )
    return _(
        "Stops calls that ask for more than what is left of it: {used} is used today and {held} is held, so "
        "{left} is left.",
        used=used,
        held=held,
        left=rest,
    )


def threshold(limits: Limits, numbers: Numbers, email: str, unit: CreditUnit, given: Notice | None = None) -> str:
    """Say what the e-mail threshold does, and that it stops nothing. `given` is today's notice."""
    bound = limits.notify_threshold
    if bound is None:
        return _("No threshold: no e-mail is sent.")
    if not limits.enabled:
        return _("Saved as off: no e-mail is sent to {email}.", email=email)
    if given is not None:
        reached = locale.exact(Credits(int(json.loads(given.data)["threshold_micros"])), unit)
        return _(
            "Stops nothing: one e-mail a day to {email}; today’s, for {amount}, is queued or sent, and there is no "
            "other today.",
            email=email,
            amount=reached,
        )
    if numbers.daily_used >= bound:
        return _("Stops nothing: one e-mail a day to {email}; today’s is queued or sent.", email=email)
    return _(
        "Stops nothing: one e-mail a day to {email}; {used} is used today, so none is sent yet.",
        email=email,
        used=locale.amount(numbers.daily_used, unit),
    )


def saved(moved: Credits | None, unit: CreditUnit) -> str:
    """Say that it is saved; `moved` is the threshold that followed a lower limit."""
    if moved is None:
        return _("Spend management is saved.")
    return _(
        "Spend management is saved. The e-mail threshold keeps its share of the limit: {amount}.",
        amount=locale.exact(moved, unit),
    )


def balance(numbers: Numbers, unit: CreditUnit) -> str:
    """Say what the balance and the overage protection stop."""
    written = partial(locale.exact, unit=unit)
    if numbers.standing not in SERVED:
        return _(
            "Stops every call: your account is {standing}. {amount} remains.",
            standing=standing(numbers.standing),
            amount=written(numbers.remaining_credits),
        )
    if owed(numbers).micros:
        return _(
            "Stops every call: {amount} is owed, and nothing can be used until a top-up covers it.",
            amount=written(owed(numbers)),
        )
    left, beyond = written(could_use(numbers)), _beyond(numbers, unit)
    words = _stops_below(numbers) if numbers.remaining_credits.micros < 0 else _stops_above(numbers)
    said = _(words, **_figures(numbers, unit), left=left)
    return f"{said} {beyond}" if beyond else said


def _figures(numbers: Numbers, unit: CreditUnit) -> dict[str, str]:
    """Return the amounts that the sentences of the balance may name."""
    written = partial(locale.exact, unit=unit)
    below = numbers.remaining_credits.micros < 0
    return {
        "credit": pay_later.some(numbers, written(numbers.overage_protection if below else numbers.overage_left)),
        "used": written(-numbers.remaining_credits),
        "amount": written(numbers.remaining_credits),
        "held": written(numbers.held),
    }


def _stops_below(numbers: Numbers) -> str:
    if numbers.held.micros:
        return marked(
            "Stops calls that ask for more than what is left of your {credit}: {used} of it is used and {held} is held "
            "for calls in progress, so that is {left} now."
        )
    return marked(
        "Stops calls that ask for more than what is left of your {credit}: {used} of it is used, so that is {left} now."
    )


def _stops_above(numbers: Numbers) -> str:
    if numbers.overage_protection.micros and numbers.held.micros:
        return marked(
            "Stops calls that ask for more than your remaining {amount} and {credit}, less {held} held for calls in "
            "progress: that is {left} now."
        )
    if numbers.overage_protection.micros:
        return marked("Stops calls that ask for more than your remaining {amount} and {credit}: that is {left} now.")
    if numbers.held.micros:
        return marked(
            "Stops calls that ask for more than your remaining {amount}, less {held} held for calls in progress: that "
            "is {left} now."
        )
    return marked("Stops calls that ask for more than your remaining {amount}: that is {left} now.")


def _beyond(numbers: Numbers, unit: CreditUnit) -> str:
    """Say by how much more is held than is left; nothing where it is not: usage was reported, or credit went."""
    over = -(max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros - numbers.held.micros)
    if over <= 0:
        return ""
    return _("Calls in progress may use {amount} more than is left.", amount=locale.exact(Credits(over), unit))


def title(numbers: Numbers) -> str:
    """Name the balance, and what lets it go below zero."""
    if not numbers.exposure.micros:
        return _("Balance and overage protection")
    if pay_later.agreed(numbers).micros > 0:
        return _("Balance and what you may pay later and overage protection")
    return _("Balance and what you may pay later")


def changed_meanwhile(limits: Limits, endpoint: Endpoint | None, unit: CreditUnit) -> Refused:
    """Say what is saved by now, where a form was made from what was saved before."""
    limit, threshold = limits.daily_limit, limits.notify_threshold
    parts = [
        pgettext("Spend management is", "on") if limits.enabled else pgettext("Spend management is", "off"),
        _("daily limit {amount}", amount=locale.exact(limit, unit)) if limit else _("no daily limit"),
        _("e-mail threshold {amount}", amount=locale.exact(threshold, unit)) if threshold else _("no e-mail threshold"),
        _("webhook URL {url}", url=endpoint.url) if endpoint else _("no webhook URL"),
    ]
    words = _(
        "Spend management was changed while this page was open. It is now: {values}. Nothing of yours was saved; save "
        "again to replace it.",
        values=", ".join(parts),
    )
    return Refused(words, CHANGED_MEANWHILE)


def could_use(numbers: Numbers) -> Credits:
    """Return what the balance and the overage protection leave, before any daily limit."""
    if numbers.standing not in SERVED:
        return Credits(0)
    whole = max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros
    return Credits(max(0, whole - numbers.held.micros))


def plan_limit(limit: PlanLimit, plan: str) -> str:
    """Say what a limit of the plan stops, or that it only notifies."""
    most, used = locale.counted(limit.limit, limit.unit), locale.whole(limit.used)
    if not limit.is_stopping:
        if limit.kind is MeterKind.LAST:
            words = marked(
                "Stops nothing: the {plan} plan allows {limit}; {used} is the latest value. Usage alerts can notify "
                "you."
            )
        else:
            words = marked(
                "Stops nothing: the {plan} plan allows {limit}; {used} used so far in this billing period. Usage "
                "alerts can notify you."
            )
        return _(words, plan=plan, limit=most, used=used)
    words = marked(
        "Stops calls for more than {limit} a billing period on the {plan} plan: {used} used, so {left} left."
    )
    if limit.held:
        words = marked(
            "Stops calls for more than {limit} a billing period on the {plan} plan: {used} used and {held} held, so "
            "{left} left."
        )
    return _(words, plan=plan, limit=most, used=used, held=locale.whole(limit.held), left=locale.whole(limit.left))


def pace(limits: Limits, numbers: Numbers, now: datetime) -> str:
    """Say when today's pace reaches the limit; the limit resets at 00:00 UTC (AC-54)."""
    limit = limits.in_force
    if limit is None or not numbers.daily_used.micros:
        return ""
    at = reached_at(limit, Credits(numbers.daily_used.micros + numbers.held.micros), now)
    if at is None:
        return _("At today’s pace the limit is not reached before it resets at 00:00 UTC.")
    if at <= now:
        return _("The limit is reached; it resets at {moment}.", moment=locale.moment(day_of(now).ends))
    return _("At today’s pace the limit is reached at about {time}, and resets at 00:00 UTC.", time=locale.time(at))

"""The status line in words: what is so, what follows, and the one thing to do about it.

A member who may not manage gets the same fact, and whom to ask, instead of a button that would lead nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.methods import Expiry as CardExpiry
from app.domain.methods import expiry as card_expiry
from app.domain.money import Credits
from app.domain.numbers import owed
from app.domain.payments import decline_sentence, method_name
from app.domain.spend_management import day_of
from app.domain.status_line import Kind, Status, day_percent
from app.domain.units import quantity
from app.presenters import forecast, pay_later, recharge_line
from app.presenters.charts import day_label

WENT_BACK = "a payment was refunded or disputed after its credit was used"
ASK = "Ask {} to {}."
OF_RECHARGE = {
    Kind.RECHARGE_STOPPED: ("See auto-recharge", "set auto-recharge right"),
    Kind.RECHARGE_ASKS: ("Answer", "answer"),
    Kind.RECHARGE_OFF: ("See auto-recharge", "switch it on again"),
}
"""The button, and what it does, for whom to ask."""


@dataclass(frozen=True)
class Link:
    """A button: its words and the page that it opens."""

    words: str
    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Where it leads out of the portal; then there is no page."""


@dataclass(frozen=True)
class Amounts:
    """How amounts are written in the customer's unit."""

    unit: CreditUnit

    def of(self, value: Credits) -> str:
        """Return the amount, by the one rounding rule."""
        return locale.amount(value, self.unit)

    def balance(self, value: Credits) -> str:
        """Return what is left, rounded down."""
        return locale.balance(value, self.unit)


@dataclass(frozen=True)
class StatusWords:
    """The line as a page writes it."""

    kind: str
    is_bad: bool
    fact: str | Markup
    follows: str | Markup
    link: Link | None
    ask: str
    """Whom to ask, for who may not do it."""


def words(status: Status | None, catalog: Catalog, unit: CreditUnit, *, ask: str) -> StatusWords | None:
    """Return the line in words; None where there is nothing to say. `ask`: whom, for a member who may not manage."""
    if status is None:
        return None
    fact, follows = _SAID[status.kind](status, Amounts(unit))
    due = status.facts.unpaid if status.kind in {Kind.NO_CREDIT, Kind.FAILED} else None
    to_pay = Link("Pay the invoice", "invoice_payment.page", {"document_id": due.id}) if due else None
    link, asked = (to_pay, "pay it") if to_pay else _next(status, catalog)
    is_open = link is not None and (not ask or link.endpoint.startswith("usage."))
    words = ASK.format(ask, asked) if link is not None and not is_open else asked if link is None else ""
    return StatusWords(status.kind.value, status.is_bad, fact, follows, link if is_open else None, words)


def _next(status: Status, catalog: Catalog) -> tuple[Link | None, str]:
    """Return the button and what it does, for whom to ask; without a button, the whole sentence."""
    match status.kind:
        case Kind.NOT_SERVED if status.facts.numbers.standing == "suspended":
            return Link("Pay what is overdue", "invoices.page"), "pay what is overdue"
        case Kind.NOT_SERVED:
            return None, f"Ask {catalog.seller_name} about it."
        case Kind.WAITING if status.facts.waiting is not None:
            paid = status.facts.waiting
            return Link("Continue", "add_credits.payment", {"payment_id": paid.id}, paid.action_url), "confirm it"
        case Kind.HELD | Kind.EXPIRING:
            return None, ""
        case Kind.DAY_LIMIT | Kind.DAY_NEAR:
            if not catalog.spend_management.offered:
                return None, f"{catalog.seller_name} has set this limit."
            return Link("Raise the limit", "spend_management.page"), "raise the limit"
        case Kind.PLAN_LIMIT | Kind.PLAN_NEAR:
            return Link("See usage", "usage.meter", {"meter": status.bars[0].tariff.meter.key}), ""
        case Kind.RECHARGE_STOPPED | Kind.RECHARGE_ASKS | Kind.RECHARGE_OFF:
            button, asked = OF_RECHARGE[status.kind]
            return Link(button, "auto_recharge.page"), asked
        case Kind.CARD:
            return Link("Add the new card", "payment_methods.page"), "add the new card"
        case _:
            return Link("Add credits", "add_credits.page"), "add credits"


def _calls(status: Status) -> str:
    """Say which calls: all of them, or not those that the plan includes."""
    return "Calls beyond what your plan includes are refused" if status.is_partly else "Calls are refused"


def _not_served(status: Status, _amounts: Amounts) -> tuple[str, str]:
    return f"Calls are refused: your account is {status.facts.numbers.standing}.", ""


def _failed(status: Status, _amounts: Amounts) -> tuple[str, str]:
    paid = status.facts.failed
    if paid is None:
        return "", ""
    amount = locale.amount(paid.amount)
    why = decline_sentence(paid.problem, paid.rail)
    return f"Your payment of {amount} failed on {day_label(paid.at.date())}.", f"{why} Nothing was charged."


def _waiting(status: Status, _amounts: Amounts) -> tuple[str, str]:
    if (paid := status.facts.waiting) is None:
        return "", ""
    amount, way = locale.amount(paid.amount), "checkout" if paid.at_checkout else paid.rail
    asks = {
        "checkout": f"Pay {amount} on our payment processor’s page.",
        "crypto": f"{amount} is waiting for your payment from your wallet.",
        "paypal": f"PayPal asks you to approve {amount}.",
    }
    return asks.get(way, f"Your bank asks you to confirm {amount}."), "Nothing is charged until you do."


def _no_credit(status: Status, amounts: Amounts) -> tuple[str, str]:
    facts, calls = status.facts, _calls(status)
    numbers, debt = facts.numbers, facts.debt
    if facts.unpaid is not None:
        return f"{calls}: {pay_later.used(numbers, amounts.unit)}.", pay_later.is_due(facts.unpaid)
    if not numbers.remaining_credits.micros:
        return f"{calls}: {'no credit is left' if numbers.total_credits.micros else 'there is no credit yet'}.", ""
    why = f"{calls}: your balance is {amounts.balance(numbers.remaining_credits)}."
    if debt.clawed_back.micros and not debt.overrun.micros:
        return why, f"{WENT_BACK.capitalize()}. {_missing(status, amounts)}"
    if debt.clawed_back.micros:
        back = amounts.of(debt.clawed_back)
        return why, f"For {back} of it, {WENT_BACK}; the rest was used. {_missing(status, amounts)}"
    return why, pay_later.used_up(numbers, amounts.unit, _missing(status, amounts))


def _missing(status: Status, amounts: Amounts) -> str:
    missing = owed(status.facts.numbers)
    return f"The next {amounts.of(missing)} you add cover what is owed first." if missing.micros else ""


def _held(status: Status, amounts: Amounts) -> tuple[str, str]:
    numbers = status.facts.numbers
    left = Credits(max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros)
    return (
        f"{_calls(status)}: calls in progress hold all that is left.",
        f"Without them, {amounts.balance(left)} would be left.",
    )


def _day_limit(status: Status, amounts: Amounts) -> tuple[Markup, str]:
    numbers = status.facts.numbers
    held = f" and {amounts.of(numbers.held)} held" if numbers.held.micros else ""
    limit = amounts.of(numbers.daily_limit) if numbers.daily_limit is not None else ""
    used = f"{amounts.of(numbers.daily_used)} of today’s limit of {limit} is used{held}."
    return Markup("{} until {}.").format(_calls(status), _midnight(status)), used


def _midnight(status: Status) -> Markup:
    """Return the end of the UTC day; the script adds the reader's own time."""
    ends = day_of(status.facts.now).ends
    return Markup('<time datetime="{}" data-time="both">00:00 UTC</time>').format(f"{ends:%Y-%m-%dT%H:%M:%SZ}")


def _plan_limit(status: Status, _amounts: Amounts) -> tuple[str, str]:
    first, *others = status.bars
    title, meter = first.tariff.meter.title, first.tariff.meter
    ends = f" until {locale.day(status.facts.resets_at.date())}, 00:00 UTC" if status.facts.resets_at else ""
    more = f" and {len(others)} more {'meters' if len(others) > 1 else 'meter'}" if others else ""
    held = f" and {quantity(first.held)} held" if first.held else ""
    of = quantity(first.tariff.limit or 0, meter.unit)
    return f"Calls for {title}{more} are refused{ends}.", f"{quantity(first.used)} of your plan’s {of} used{held}."


def _recharge(status: Status, amounts: Amounts) -> tuple[str, str]:
    stop, left = status.facts.recharge, status.facts.numbers.remaining_credits
    return recharge_line.said(stop, left, amounts.unit) if stop is not None else ("", "")


def _below_zero(status: Status, amounts: Amounts) -> tuple[str, str]:
    numbers, debt = status.facts.numbers, status.facts.debt
    why = "more was used than you had credit for"
    if debt.clawed_back.micros and debt.overrun.micros:
        back, over = amounts.of(debt.clawed_back), amounts.of(debt.overrun)
        why = f"for {back} of it {WENT_BACK}; {over} was used beyond your credit"
    elif debt.clawed_back.micros:
        why = WENT_BACK
    elif numbers.exposure.micros:
        why = "your payment method is charged with the next invoice"
    left = f"{amounts.balance(numbers.overage_left)} {pay_later.below(numbers)} is left"
    return f"Your balance is {amounts.balance(numbers.remaining_credits)}: {why}.", f"{left}{_lasts(status)}."


def _lasts(status: Status) -> str:
    """Say how long it lasts, where a pace is known."""
    found, today = status.facts.forecast, status.facts.today
    last = found.expected if found is not None else None  # by itself: no charge to come is part of what is left
    if last is None:
        return ""
    days = (last - today).days
    if days <= 0:
        return ", about enough for today"
    return f", enough for about {days} {'day' if days == 1 else 'days'}"


def _day_near(status: Status, amounts: Amounts) -> tuple[str, Markup]:
    numbers = status.facts.numbers
    held = " or held" if numbers.held.micros else ""
    limit = amounts.of(numbers.daily_limit) if numbers.daily_limit is not None else ""
    fact = f"{day_percent(numbers)} % of today’s limit of {limit} is used{held}."
    return fact, Markup("At the limit, calls are refused until {}.").format(_midnight(status))


def _plan_near(status: Status, _amounts: Amounts) -> tuple[str, str]:
    first = status.bars[0]
    meter, percent = first.tariff.meter, locale.whole(first.percent or 0)
    of = quantity(first.tariff.limit or 0, meter.unit)
    fact = f"{meter.title}: {percent} % of your plan’s {of} used{' or held' if first.held else ''}."
    if not meter.kind.can_be_held:
        return fact, "No calls are refused for it."
    ends = f" until {locale.day(status.facts.resets_at.date())}" if status.facts.resets_at else ""
    return fact, f"Beyond it, calls are refused{ends}."


def _runs_out(status: Status, amounts: Amounts) -> tuple[str, str]:
    facts = status.facts
    last, more = facts.runs_out, facts.recharged
    if last is None:
        return "", ""
    when = "today" if last <= facts.today else f"about {locale.day(last)}"
    overage = facts.numbers.overage_protection
    what = pay_later.below(facts.numbers)
    then = f"Then {amounts.of(overage)} {what} is used." if overage.micros else "Then calls are refused."
    if more is not None and more.is_counted:
        return f"At the last days’ pace your credit lasts until {when}, with what auto-recharge buys.", then
    why = f" {forecast.why_not(more)}." if more is not None else ""
    return f"At the last days’ pace your credit lasts until {when}.", f"{then}{why}"


def _expiring(status: Status, amounts: Amounts) -> tuple[str, str]:
    expiry = status.facts.expiry
    if expiry is None:
        return "", ""
    fact = f"{amounts.of(Credits(expiry.left))} expires on {locale.day(expiry.day)}."
    if expiry.unused >= expiry.left:
        return fact, ""
    return fact, "At the last days’ pace a part of it is not used by then."


def _card(status: Status, _amounts: Amounts) -> tuple[str, str]:
    card = status.facts.card
    if card is None:
        return "", ""
    name, until = method_name(card.brand, card.last4), f"{card.month or 0:02d}/{card.year}"
    if card_expiry(card.month, card.year, status.facts.today) is CardExpiry.OVER:
        return f"{name} expired at the end of {until}.", "It is the method that is charged by default."
    return f"{name} expires at the end of {until}.", "It is the method that is charged by default."


_SAID = {
    Kind.NOT_SERVED: _not_served,
    Kind.FAILED: _failed,
    Kind.WAITING: _waiting,
    Kind.NO_CREDIT: _no_credit,
    Kind.HELD: _held,
    Kind.DAY_LIMIT: _day_limit,
    Kind.PLAN_LIMIT: _plan_limit,
    Kind.RECHARGE_STOPPED: _recharge,
    Kind.RECHARGE_ASKS: _recharge,
    Kind.RECHARGE_OFF: _recharge,
    Kind.BELOW_ZERO: _below_zero,
    Kind.DAY_NEAR: _day_near,
    Kind.PLAN_NEAR: _plan_near,
    Kind.RUNS_OUT: _runs_out,
    Kind.EXPIRING: _expiring,
    Kind.CARD: _card,
}
